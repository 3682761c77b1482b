"""The resize operator, which is part of the model: Pillow's antialiased bilinear reduction, squeezed to a square.

The training images are stored at 224 pixels, so a network with a smaller input saw them reduced twice; every other
image takes the same two steps.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SIDE = 224  # pixels of a side at which the training images are stored
GAP = 2.0  # a picture over 4 times too large is block-averaged first: half the time, 0.2 grey levels of difference


def input_grey(pixels: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """The input of a network that takes `size` pixels: uint8 (height, width) to uint8 (size, size)."""
    return resize_grey(resize_grey(pixels, max(size, SIDE)), size)


def resize_grey(pixels: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """uint8 (height, width) to uint8 (size, size) with Pillow's antialiased bilinear filter; unchanged if it fits."""
    if pixels.shape == (size, size):
        return pixels
    small = Image.fromarray(pixels).resize((size, size), Image.Resampling.BILINEAR, reducing_gap=GAP)
    return np.asarray(small)
