"""The lung finder as the web process runs it: one LiteRT pass that says where the lungs are."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from xray_model.bundles.finder_card import FINDER, LITERT, FinderCard
from xray_model.bundles.litert import open_signature
from xray_model.explanation.lungs import Lungs
from xray_model.imaging.resize import input_grey

OUTPUTS = ("lungs", "features", "kind")


class LungFinder:
    """Safe to share between threads: one image at a time goes through."""

    def __init__(self, card: FinderCard, path: Path, threads: int | None = None) -> None:
        """path: an exported lung finder, else `InvalidBundle`. threads: without a number the cores, at most 8."""
        self.card = card
        self._path = path
        self._runner = open_signature(path, threads, OUTPUTS)
        self._lock = threading.Lock()

    def find(self, pixels: NDArray[np.uint8]) -> Lungs:
        """The lungs of an image, uint8 (height, width), of any size."""
        grey = input_grey(pixels, self.card.input_size).astype(np.float32)[None]
        with self._lock:
            out = self._runner(grey=grey)
        return Lungs.from_scores(*(out[name][0] for name in OUTPUTS))

    def sibling(self, threads: int = 1) -> LungFinder:
        """The same finder around a network of its own, which no other thread waits for."""
        return LungFinder(self.card, self._path, threads)


def load_lung_finder(folder: Path = FINDER, threads: int | None = None) -> LungFinder:
    """Verify and open the lung finder; raises `InvalidBundle` with what is missing or damaged."""
    return LungFinder(FinderCard.from_folder(folder), folder / LITERT, threads)
