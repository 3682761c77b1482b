"""A radiograph in little memory, kept by a session instead of the file, whose metadata may name a person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from xray_model.imaging.full_depth import Levels
from xray_model.imaging.metadata import Source
from xray_model.imaging.radiograph import Radiograph

LONGEST = 2048  # pixels, the longer side of the largest overlay: more is never drawn


@dataclass(frozen=True, eq=False)
class PackedRadiograph:
    """A radiograph as compressed PNG, reduced to the size of the largest overlay.

    For drawing, not for another analysis: the reduction may change the third decimal of a probability.
    """

    source: Source
    pixels: bytes
    levels: bytes | None = None
    bit_depth: int = 8
    center: float = 0.0
    width: float = 0.0

    @classmethod
    def of(cls, radiograph: Radiograph) -> PackedRadiograph:
        """Compress a radiograph. Its file's metadata cannot come along: a `Radiograph` does not hold it."""
        pixels, deep = _png(_fitted(radiograph.pixels)), radiograph.levels
        if deep is None:
            return cls(radiograph.source, pixels)
        return cls(radiograph.source, pixels, _png(deep.values), deep.bit_depth, deep.center, deep.width)

    @property
    def size(self) -> int:
        """Bytes of memory."""
        return len(self.pixels) + len(self.levels or b"")

    def radiograph(self) -> Radiograph:
        """The unpacked radiograph."""
        deep = None
        if self.levels is not None:
            deep = Levels(_picture(self.levels), self.bit_depth, self.center, self.width)
        return Radiograph(_picture(self.pixels), self.source, deep)


def _fitted(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    scale = LONGEST / max(pixels.shape)
    if scale >= 1:
        return pixels
    height, width = (max(1, round(side * scale)) for side in pixels.shape)
    return np.asarray(cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def _png(levels: NDArray[Any]) -> bytes:
    return cv2.imencode(".png", levels)[1].tobytes()


def _picture(png: bytes) -> NDArray[Any]:
    """Decode what `_png` made; OpenCV's decoders must not see anybody else's files."""
    levels = np.asarray(cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_UNCHANGED))
    levels.setflags(write=False)
    return levels
