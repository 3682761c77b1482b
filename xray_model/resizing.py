"""The resize operator, which is part of the model: Pillow 13's antialiased bilinear filter, bit for bit, twice as fast.

Pillow reduces along the rows, rounds to 8 bits, and reduces along the columns, with weights in units of 2**-22. Here
the same weights stand in small matrices and are multiplied in float64, which holds every sum exactly: in whatever order
a processor adds, the result is Pillow's.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

UNIT = 2.0**22  # of a weight: Pillow keeps 8 bits of its 32 for the pixel and 2 for filters that overshoot
BLOCK = 8  # results in one product: fewer make more products, more make larger ones that are mostly zeros
ROWS = 256  # widened to float64 at a time: they stay in the processor's cache

Wide = NDArray[np.float64]


def resize_grey(pixels: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """Squeeze (height, width) to (size, size); unchanged if it fits."""
    height, width = pixels.shape
    if height == width == size:
        return pixels
    if height - size > 2 * max(0, width - size):  # Pillow takes the columns of very tall pictures first
        return np.ascontiguousarray(_squeeze(np.ascontiguousarray(pixels.T), size).T)
    return _squeeze(pixels, size)


@dataclass(frozen=True, eq=False)
class _Block:
    """Neighbouring results, where they go, and the pixels that they are made of.

    weights: (results, pixels), and `turned` as (pixels, results), each in the order in which it is read.
    """

    given: slice
    taken: slice
    weights: Wide
    turned: Wide


def _squeeze(pixels: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    height, width = pixels.shape
    narrow, small = np.empty((height, size)), np.empty((size, size))
    for top in range(0, height, ROWS):
        rows = pixels[top : top + ROWS].astype(np.float64)
        for block in _blocks(width, size):
            np.matmul(rows[:, block.taken], block.turned, out=narrow[top : top + ROWS, block.given])
    np.floor(np.add(narrow, 0.5, out=narrow), out=narrow)
    for block in _blocks(height, size):
        np.matmul(block.weights, narrow[block.taken], out=small[block.given])
    return np.add(small, 0.5, out=small).astype(np.uint8)


@lru_cache(maxsize=32)
def _blocks(length: int, size: int) -> tuple[_Block, ...]:
    """How `length` pixels become `size`."""
    first, weights = _weights(length, size)
    return tuple(_block(first, weights, start, length) for start in range(0, size, BLOCK))


def _block(first: NDArray[np.intp], weights: Wide, start: int, length: int) -> _Block:
    given = slice(start, min(start + BLOCK, len(first)))
    places = first[given, None] + np.arange(weights.shape[1])
    left, right = int(places.min()), int(places.max()) + 1
    matrix = np.zeros((given.stop - start, right - left))
    np.put_along_axis(matrix, places - left, weights[given], axis=1)
    matrix = matrix[:, : length - left]  # beyond the edge all weights are 0
    return _Block(given, slice(left, min(right, length)), np.ascontiguousarray(matrix), np.ascontiguousarray(matrix.T))


def _weights(length: int, size: int) -> tuple[NDArray[np.intp], Wide]:
    """The first pixel of each result, (size,), and the weights from there on, (size, taps), those beyond an edge 0."""
    scale = length / size
    reach = max(scale, 1.0)
    centers = (np.arange(size) + 0.5) * scale
    first = np.maximum((centers - reach + 0.5).astype(np.intp), 0)
    last = np.minimum((centers + reach + 0.5).astype(np.intp), length)
    places = first[:, None] + np.arange((last - first).max())
    triangle = np.maximum(1 - np.abs((places - centers[:, None] + 0.5) * (1 / reach)), 0)
    triangle[places >= last[:, None]] = 0
    triangle /= np.cumsum(triangle, axis=1)[:, -1:]  # one after the other, as Pillow adds them
    return first, np.floor(triangle * UNIT + 0.5) / UNIT
