"""Which stored levels are black and white when the file does not say it: the picture tells, defects and borders do not.

A depth is believed where the picture fills it; else the picture is brought to its own range, as viewers do.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

SAID, UNSAID = 0.66, 0.85  # share of a depth's levels that a picture reaches, where the file says its depth or not
# (of 300 training films, which are 8 bits deep, the darkest reaches 0.67)
PEDESTAL = 0.25  # of the brightest level: what begins above does not begin at zero (training films: at most 0.20)
STANDS_OUT = 0.15  # of the range: a pixel or a line that far from its neighbours is a defect of the detector
BORDER = 0.5  # share of an edge that a border takes
GAP, ALIKE = 0.25, 0.01  # of the range: between a border and the picture, and within the border
ENOUGH = 4_000_000  # pixels: of a larger picture every second row and column is looked at, or fewer
RING = np.ones((7, 7), np.uint8)  # a border's edge is smeared by resampling


class GreyRange(NamedTuple):
    """The levels drawn black and white. own: whether they are the picture's own, and not those of a whole depth."""

    low: int
    high: int
    own: bool

    @property
    def span(self) -> int:
        """The largest level above black, at least 1."""
        return max(1, self.high - self.low)

    @property
    def depth(self) -> int:
        """The bits that hold the range, at least 8."""
        return max(8, self.span.bit_length())

    @property
    def window(self) -> tuple[float, float] | None:
        """Centre and width of the range in levels above `low`; None if it is all that `depth` bits hold."""
        return None if self.span == 2**self.depth - 1 else (self.span / 2, float(self.span))

    @property
    def notes(self) -> tuple[str, ...]:
        """What the reader is told: nothing of a whole depth."""
        if not self.own:
            return ()
        return (f"Only the levels {self.low:,} to {self.high:,} are in use: they are shown from black to white.",)

    def above_black(self, levels: NDArray[Any], inverted: bool) -> NDArray[Any]:
        """The same levels from black, 0, to white, `span`. inverted: the lowest ones are white."""
        within = np.clip(levels, self.low, self.high)
        return self.high - within if inverted else within - self.low


def find_range(levels: NDArray[Any], bits: int | None = None, zero: int = 0) -> GreyRange:
    """Judge uint8 or uint16 levels, (height, width); a blank picture has a range of one level.

    bits: the depth that the file says, or None. zero: the level that stands for 0 (above it where values are signed).
    """
    low, high = _extremes(levels)
    if low < zero:  # signed values below 0
        zero = 0 if low <= PEDESTAL * high else low
    top = high - zero
    if bits is not None and zero == 0 and top >= SAID * (2**bits - 1) and low <= top / 2:
        return GreyRange(0, 2**bits - 1, own=False)
    if zero == low > 0 or low - zero > PEDESTAL * top or high <= zero:
        return GreyRange(low, high, own=True)
    full = full_scale(top)
    return GreyRange(zero, zero + full, own=full & (full + 1) != 0)


def full_scale(highest: int) -> int:
    """The largest level of the depth, 8 to 16 bits, that `highest` nearly fills; else `highest` itself."""
    full = int(max(2**8, 2 ** int(highest).bit_length())) - 1
    return full if highest >= UNSAID * full else int(highest)


def stretch_8_bits(levels: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], tuple[str, ...]]:
    """(levels, notes): an 8-bit picture as it is, or brought to its own range where it uses a small part of 0-255."""
    counts = cv2.calcHist([levels], [0], None, [256], [0, 256]).ravel().cumsum() / levels.size
    first, last = np.searchsorted(counts, (0.001, 0.999))
    if last >= SAID * 255 and first <= last / 2:
        return levels, ()
    found = find_range(levels, 8)
    if not found.own or found.high == found.low:
        return levels, ()
    shares = found.above_black(np.arange(256), inverted=False) / found.span
    return np.rint(shares * 255).astype(np.uint8)[levels], found.notes


def _extremes(levels: NDArray[Any]) -> tuple[int, int]:
    """The least and the largest level, aside from defects and from borders that are all of one level."""
    step = int(np.ceil(np.sqrt(levels.size / ENOUGH)))
    levels = np.ascontiguousarray(levels[::step, ::step])
    calm = cv2.medianBlur(levels, 3)  # nothing of a pixel's width is left
    ends = int(calm.min()), int(calm.max())
    borders = [border for end in ends if (border := _border(calm, end, ends[1] - ends[0])) is not None]
    if borders:
        rest = ~np.logical_or.reduce(borders)
        levels, calm = (levels[rest], calm[rest]) if rest.any() else (levels, calm)
    low, high = int(calm.min()), int(calm.max())
    margin = STANDS_OUT * (high - low)
    least, most = int(levels.min()), int(levels.max())
    return least if low - least <= margin else low, most if most - high <= margin else high


def _border(calm: NDArray[Any], level: int, span: int) -> NDArray[np.bool_] | None:
    """Where a frame of one level lies along an edge, far from all other levels; None if there is no such frame."""
    edges = (calm[0], calm[-1], calm[:, 0], calm[:, -1])
    if max(_alike(edge, level, ALIKE * span).mean() for edge in edges) < BORDER:
        return None
    wide = cv2.dilate(_alike(calm, level, ALIKE * span).astype(np.uint8), RING) > 0
    inside = calm[~wide]
    return None if not inside.size or _alike(inside, level, GAP * span).any() else wide


def _alike(levels: NDArray[Any], level: int, distance: float) -> NDArray[np.bool_]:
    return (levels >= max(0, level - distance)) & (levels <= level + distance)
