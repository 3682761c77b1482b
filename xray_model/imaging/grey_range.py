"""Which stored levels are drawn black and white when the file does not say: judged from the picture itself.

Defects and borders are ignored. A bit depth is believed if the picture fills it; otherwise the picture is stretched to
its own range, as viewers do.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

# Share of a depth's levels that a picture must reach to fill it, when the file states the depth and when it does not
# (the darkest of 300 training films, which have 8 bits, reaches 0.67)
STATED_FILL, GUESSED_FILL = 0.66, 0.85
PEDESTAL = 0.25  # of the brightest level: a picture that starts above does not start at 0 (training films: up to 0.20)
STANDS_OUT = 0.15  # of the range: a pixel or line this far from its neighbours is a detector defect
BORDER = 0.5  # share of an edge that a border covers
GAP, ALIKE = 0.25, 0.01  # of the range: least distance of border and picture; most variation within the border
ENOUGH = 4_000_000  # pixels that are examined; a larger picture is subsampled
RING = np.ones((7, 7), np.uint8)  # resampling smears a border's edge by a few pixels


class GreyRange(NamedTuple):
    """The levels drawn black and white. own: True for the picture's own extremes, False for a whole bit depth."""

    low: int
    high: int
    own: bool

    @property
    def span(self) -> int:
        """Levels from black to white, at least 1."""
        return max(1, self.high - self.low)

    @property
    def depth(self) -> int:
        """Bits needed for the range, at least 8."""
        return max(8, self.span.bit_length())

    @property
    def window(self) -> tuple[float, float] | None:
        """Centre and width of the range in levels above `low`; None if it fills `depth` bits."""
        return None if self.span == 2**self.depth - 1 else (self.span / 2, float(self.span))

    @property
    def notes(self) -> tuple[str, ...]:
        """A sentence for the reader if only part of the depth is in use."""
        if not self.own:
            return ()
        return (f"Only the levels {self.low:,} to {self.high:,} are in use: they are shown from black to white.",)

    def above_black(self, levels: NDArray[Any], inverted: bool) -> NDArray[Any]:
        """The same levels, clipped and shifted to 0 (black) to `span` (white). inverted: low levels are bright."""
        within = np.clip(levels, self.low, self.high)
        return self.high - within if inverted else within - self.low


def find_range(levels: NDArray[Any], bits: int | None = None, zero: int = 0) -> GreyRange:
    """The range of uint8 or uint16 levels, (height, width); that of a blank picture has one level.

    bits: the depth that the file states, if any. zero: the level that stands for 0 (above 0 for signed values).
    """
    low, high = _extremes(levels)
    if low < zero:  # signed values below 0
        zero = 0 if low <= PEDESTAL * high else low
    top = high - zero
    if bits is not None and zero == 0 and top >= STATED_FILL * (2**bits - 1) and low <= top / 2:
        return GreyRange(0, 2**bits - 1, own=False)
    if zero == low > 0 or low - zero > PEDESTAL * top or high <= zero:
        return GreyRange(low, high, own=True)
    full = full_scale(top)
    return GreyRange(zero, zero + full, own=full & (full + 1) != 0)


def full_scale(highest: int) -> int:
    """The largest level of the bit depth, 8 to 16, that `highest` nearly fills; `highest` itself if it fills none."""
    full = int(max(2**8, 2 ** int(highest).bit_length())) - 1
    return full if highest >= GUESSED_FILL * full else int(highest)


def stretch_8_bits(levels: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], tuple[str, ...]]:
    """(levels, notes): an 8-bit picture, stretched to its own range if it uses only a small part of 0-255."""
    counts = cv2.calcHist([levels], [0], None, [256], [0, 256]).ravel().cumsum() / levels.size
    first, last = np.searchsorted(counts, (0.001, 0.999))
    if last >= STATED_FILL * 255 and first <= last / 2:
        return levels, ()
    found = find_range(levels, 8)
    if not found.own or found.high == found.low:
        return levels, ()
    shares = found.above_black(np.arange(256), inverted=False) / found.span
    return np.rint(shares * 255).astype(np.uint8)[levels], found.notes


def _extremes(levels: NDArray[Any]) -> tuple[int, int]:
    """The lowest and highest level, ignoring defects and uniform borders."""
    step = int(np.ceil(np.sqrt(levels.size / ENOUGH)))
    levels = np.ascontiguousarray(levels[::step, ::step])
    calm = cv2.medianBlur(levels, 3)  # removes everything one pixel wide
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
    """Mask of a uniform frame along the edges, far from all other levels; None if there is no such frame."""
    edges = (calm[0], calm[-1], calm[:, 0], calm[:, -1])
    if max(_alike(edge, level, ALIKE * span).mean() for edge in edges) < BORDER:
        return None
    wide = cv2.dilate(_alike(calm, level, ALIKE * span).astype(np.uint8), RING) > 0
    inside = calm[~wide]
    return None if not inside.size or _alike(inside, level, GAP * span).any() else wide


def _alike(levels: NDArray[Any], level: int, distance: float) -> NDArray[np.bool_]:
    return (levels >= max(0, level - distance)) & (levels <= level + distance)
