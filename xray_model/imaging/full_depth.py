"""Full-depth grey levels, for windowing on the screen: they change what the eye sees, never what the model gets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

DISPLAY_PIXELS = 4_000_000  # more than a screen has; at 2 bytes each a radiograph costs at most 8 MB
ROWS = 256  # converted at a time

Number = TypeVar("Number", bound=np.generic)


@dataclass(frozen=True, eq=False)
class Levels:
    """Grey levels with more than 8 bits, reduced to at most `DISPLAY_PIXELS`, and the window that they start with.

    values: uint16 (height, width), 0 to 2**bit_depth - 1, bright is dense, read-only. center, width: the window that
    draws the picture as the model sees it, in the same levels.
    """

    values: NDArray[np.uint16]
    bit_depth: int
    center: float
    width: float

    @classmethod
    def of(cls, values: NDArray[Any], bit_depth: int, window: tuple[float, float] | None = None) -> Levels:
        """Copy (height, width) levels, at most `DISPLAY_PIXELS` of them; without a window the whole range is shown."""
        highest = 2**bit_depth - 1
        center, width = window or (highest / 2, highest)
        kept = _reduced(values)
        kept.setflags(write=False)
        return cls(kept, bit_depth, float(np.clip(center, 0, highest)), float(np.clip(width, 1, 2 * highest)))

    def windowed(self, center: float, width: float) -> NDArray[np.uint8]:
        """uint8 (height, width): `center - width / 2` and below is black, `center + width / 2` and above is white."""
        if not width > 0:
            raise ValueError(f"Got a window width of {width}; expected more than 0.")
        shares = (np.arange(2**self.bit_depth) - center) / width + 0.5
        return look_up(np.rint(np.clip(shares, 0, 1) * 255).astype(np.uint8), self.values)


def look_up(table: NDArray[Number], levels: NDArray[Any]) -> NDArray[Number]:
    """`table[level]` for every level, rounded, (height, width); always a new array."""
    found = np.empty(levels.shape, table.dtype)
    for start in range(0, len(levels), ROWS):  # NumPy widens the indices to 8 bytes a pixel
        rows = levels[start : start + ROWS]
        found[start : start + ROWS] = table[np.rint(rows).astype(np.uint16)]
    return found


def _reduced(values: NDArray[Any]) -> NDArray[np.uint16]:
    """A copy, or block means of step x step pixels for a picture above `DISPLAY_PIXELS`."""
    step = int(np.ceil(np.sqrt(values.size / DISPLAY_PIXELS)))
    if step <= 1:
        return values.astype(np.uint16)
    height, width = (side // step * step for side in values.shape)
    total = np.zeros((height // step, width // step), np.uint32)
    for row in range(step):
        for column in range(step):
            total += values[row:height:step, column:width:step].astype(np.uint32)
    return (total // step**2).astype(np.uint16)
