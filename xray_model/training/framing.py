"""Pictures framed or evened out before a network sees them: uint8 (n, s, s) in and out. Tried, and measured, only."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

CENTRAL = 0.82  # share of the side that is kept


def central(grey: NDArray[np.uint8], share: float = CENTRAL) -> NDArray[np.uint8]:
    """The middle of each picture enlarged to the whole; with a share above 1 black is added around."""
    half = share / 2
    return np.stack([cut(image, (0.5 - half, 0.5 - half, 0.5 + half, 0.5 + half)) for image in grey])


def equalised(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Each picture with every grey level as frequent as any other."""
    return np.stack([np.asarray(cv2.equalizeHist(image), np.uint8) for image in grey])


def cut(image: NDArray[np.uint8], box: tuple[float, float, float, float]) -> NDArray[np.uint8]:
    """The part of a picture (s, s) inside `box` (left, top, right, bottom, shares of the side), enlarged to (s, s)."""
    side = len(image)
    left, top, right, bottom = box
    step_x, step_y = right - left, bottom - top
    matrix = np.array([[step_x, 0, left * side + step_x / 2 - 0.5], [0, step_y, top * side + step_y / 2 - 0.5]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(image, matrix, (side, side), flags=flags), np.uint8)
