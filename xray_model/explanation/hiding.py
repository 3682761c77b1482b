"""Hiding parts of a picture: what is hidden turns into blurred lung, so that no new edge speaks in its place."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.float32]  # grey levels 0-255, (size, size)

BLUR = 1 / 6  # of the side, standard deviation of the blur: wider than an opacity, so that its haze goes too
SOFT = 1 / 64  # of the side, standard deviation of a hidden part's edge
CLUMP = 1 / 24  # of the side: the size of random parts, about that of the parts of a map


def blurred_lungs(grey: Picture, inside: NDArray[np.bool_]) -> Picture:
    """The film blurred by its lungs' own grey levels alone. inside: bool (size, size), where the lungs lie."""
    sigma, weight = BLUR * len(grey), inside.astype(np.float32)
    total = cv2.GaussianBlur(grey * weight, (0, 0), sigma)
    return np.asarray(total / np.maximum(cv2.GaussianBlur(weight, (0, 0), sigma), 1e-3), np.float32)


def soft(part: NDArray[np.bool_]) -> Picture:
    """A part of the picture as weights in [0, 1] with a soft edge, float32 (size, size)."""
    return np.asarray(cv2.GaussianBlur(part.astype(np.float32), (0, 0), SOFT * len(part)), np.float32)


def hide(grey: Picture, veil: Picture, part: NDArray[np.bool_]) -> Picture:
    """The film with one part replaced by `veil`, such as `blurred_lungs`."""
    return np.asarray(grey + (veil - grey) * soft(part), np.float32)


def parts_by(order: Picture, areas: list[int]) -> NDArray[np.bool_]:
    """Growing parts (n, size, size): the `areas[i]` pixels with the highest values of `order` (size, size)."""
    ranks = np.empty(order.size, np.int64)
    ranks[np.argsort(-order.ravel(), kind="stable")] = np.arange(order.size)
    return ranks.reshape(order.shape)[None] < np.asarray(areas)[:, None, None]


def clumps(size: int, rng: np.random.Generator) -> Picture:
    """A random order whose parts are clumps, float32 (size, size), about standard normal."""
    noise = cv2.GaussianBlur(rng.standard_normal((size, size)).astype(np.float32), (0, 0), CLUMP * size)
    return np.asarray(noise / noise.std(), np.float32)


def windows(size: int, across: int, width: float) -> NDArray[np.bool_]:
    """A square around each cell of a grid, row by row: bool (across * across, size, size). width: in cells."""
    middles = (np.arange(across) + 0.5) * size / across
    near = np.abs(np.arange(size) + 0.5 - middles[:, None]) < width * size / across / 2
    return (near[:, None, :, None] & near[None, :, None, :]).reshape(across * across, size, size)
