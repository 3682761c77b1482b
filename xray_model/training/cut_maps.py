"""Maps at the cut between the frozen part of a backbone and the part that learns, computed once for each view.

They are kept as they are, as float32: rounded to halves they would save half the room, but a run would no longer end
with the weights of one that computes them in every step. They lie in a file without a name, in the run's folder: they
are too large for the memory of a small host, the system keeps what it can of them at hand, and with the process they
are gone, however it ends.
"""

from __future__ import annotations

import math
import shutil
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from xray_model.datasets.labelled_images import LabelledImages
from xray_model.explanation.lung_pooling import lung_shares
from xray_model.recipes.config import TrainingConfig
from xray_model.recipes.costs import MOST_CUT_BYTES
from xray_model.training.batches import AugmentedBatches
from xray_model.training.early_features import CHUNK, Advance, unwatched
from xray_model.training.setup import LUNGS
from xray_model.training.views import Views

LowerPass = Callable[[NDArray[Any]], NDArray[np.float32]]  # at most CHUNK images (n, s, s) -> maps (n, h, w, c)


def lower_pass(lower: keras.Model) -> LowerPass:
    """Images through the frozen part, filled up to `CHUNK`: every other length would cost a second to trace."""

    def run(grey: NDArray[Any]) -> NDArray[np.float32]:
        full = np.zeros((CHUNK, *grey.shape[1:]), np.float32)
        full[: len(grey)] = grey
        return np.asarray(lower.predict_on_batch(full))[: len(grey)]

    return run


def room_refusal(folder: Path, shape: tuple[int, ...], count: int) -> str | None:
    """Why `count` maps are not kept, in words; None where they find room in the folder."""
    size, free = 4 * count * math.prod(shape), shutil.disk_usage(folder).free
    if size <= min(MOST_CUT_BYTES, free / 2):
        return None
    room = f"{MOST_CUT_BYTES / 1e9:.0f} GB are kept" if size > MOST_CUT_BYTES else f"{free / 1e9:.1f} GB are free"
    return (
        f"What the frozen layers say would take {size / 1e9:.1f} GB, and {room}: it is computed anew in every step, "
        "which is slower. Fewer images or views, or unfreezing fewer blocks, would be faster."
    )


class MapFile:
    """float32 maps (n, h, w, c) in a nameless file, read by index; safe between threads."""

    def __init__(self, folder: Path, shape: tuple[int, ...]) -> None:
        """folder: on whose disk it lies. shape: of one map, (h, w, c)."""
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - closed with the last reference
        self._shape, self._lock, self._count = shape, threading.Lock(), 0

    def __len__(self) -> int:
        return self._count

    def append(self, maps: NDArray[np.float32]) -> None:
        """Write maps (m, h, w, c) behind the last one; `OSError` on a full disk."""
        with self._lock:
            self._file.seek(0, 2)
            self._file.write(np.ascontiguousarray(maps, np.float32).tobytes())
            self._file.flush()
            self._count += len(maps)

    def __getitem__(self, chosen: slice | NDArray[np.intp]) -> NDArray[np.float32]:
        """The maps at these places, in their order."""
        places = np.arange(self._count)[chosen]
        found = np.empty((len(places), *self._shape), np.float32)
        with self._lock:
            for one, place in zip(found, places, strict=True):
                self._file.seek(int(place) * one.nbytes)
                self._file.readinto(memoryview(one).cast("B"))
        return found


class CutMaps:
    """The maps of a set of images by view, and the shares of the lungs where the settings pool over them."""

    def __init__(
        self, lower: LowerPass, views: Views, folder: Path, shape: tuple[int, ...], cells: tuple[int, int] | None
    ) -> None:
        """shape: of a map at the cut. cells: (h, w) of the network's last map, None where it does not ask for lungs."""
        self._lower, self._views, self._cells = lower, views, cells
        self._maps = MapFile(folder, shape)
        self._shares: list[NDArray[np.float32]] = []  # a few hundred bytes an image
        self._done = 0  # views

    def prepare(self, there: int, advance: Advance = unwatched) -> None:
        """Compute what is missing of the first `there` views; `OSError` on a full disk."""
        total = len(self._views.images)
        for index in range(self._done, there):
            for start in range(0, total, CHUNK):
                part = slice(start, min(total, start + CHUNK))
                grey, fields = self._views.pictures(index, part)
                self._maps.append(self._lower(grey))
                if self._cells and fields is not None:
                    self._shares.append(lung_shares(fields, *self._cells))
                advance(part.stop, total)
            self._done = index + 1

    def inputs(self, places: NDArray[np.intp]) -> Any:
        """What the upper part takes: maps, by name beside the shares where it asks for these.

        places: view * images + image.
        """
        maps = self._maps[places]
        return {"cut": maps, LUNGS: np.concatenate(self._shares)[places]} if self._cells else maps

    def first_view(self) -> Any:
        """The inputs of all images as they are, the maps still in their file: to be taken a slice at a time."""
        return {"cut": self._maps, LUNGS: np.concatenate(self._shares)} if self._cells else self._maps


class CutBatches(AugmentedBatches):
    """The batches of `AugmentedBatches`, order and labels alike, of maps at the cut instead of images."""

    def __init__(
        self, images: LabelledImages, config: TrainingConfig, maps: CutMaps, views: NDArray[np.intp], epoch: int = 0
    ) -> None:
        """views: the index of the view that the epoch sees of each image."""
        super().__init__(images, config, epoch)
        self._maps, self._places = maps, views * len(images) + np.arange(len(images))

    def _inputs(self, chosen: NDArray[np.intp], rng: np.random.Generator) -> Any:  # noqa: ARG002
        return self._maps.inputs(self._places[chosen])
