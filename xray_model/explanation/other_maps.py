"""Maps to compare Grad-CAM with: two that only ask the network, and three that know nothing of it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from xray_model.explanation import hiding
from xray_model.explanation.lung_pooling import cell_shares
from xray_model.explanation.proof import ACROSS, IN_LUNGS, WINDOW, Probabilities, log_odds

Picture = NDArray[np.float32]

MASKS, GRID, KEPT = 200, 7, 0.5  # RISE: random masks, cells in a row, share of the picture that is kept
MIDDLE = 0.2  # of the side: standard deviation of the blob


def occlusion(grey: Picture, inside: NDArray[np.bool_], ask: Probabilities) -> Picture:
    """By how much the log odds fall with the lungs around a cell hidden, (size, size); Zeiler & Fergus, ECCV 2014."""
    size = len(grey)
    veil, asked = hiding.blurred_lungs(grey, inside), cell_shares(inside, ACROSS, ACROSS) >= IN_LUNGS
    parts = hiding.windows(size, ACROSS, WINDOW)[asked.ravel()] & inside
    answers = log_odds(ask(np.stack([grey, *(hiding.hide(grey, veil, part) for part in parts)])))
    cells = np.zeros((ACROSS, ACROSS), np.float32)
    cells[asked] = np.maximum(answers[0] - answers[1:], 0)
    return np.asarray(cv2.resize(cells, (size, size), interpolation=cv2.INTER_CUBIC), np.float32)


def rise(grey: Picture, inside: NDArray[np.bool_], ask: Probabilities, rng: np.random.Generator) -> Picture:
    """RISE (Petsiuk et al., BMVC 2018): which random masks keep the log odds high, (size, size)."""
    size = len(grey)
    veil, cell = hiding.blurred_lungs(grey, inside), size // GRID + 1
    masks = np.empty((MASKS, size, size), np.float32)
    for mask in masks:
        coarse = (rng.random((GRID + 1, GRID + 1)) < KEPT).astype(np.float32)
        fine = cv2.resize(coarse, ((GRID + 1) * cell, (GRID + 1) * cell), interpolation=cv2.INTER_LINEAR)
        row, column = rng.integers(0, cell, 2)
        mask[:] = fine[row : row + size, column : column + size]
    answers = log_odds(ask(veil + (grey - veil) * masks))
    weights = (answers - answers.mean()).astype(np.float32)
    return np.asarray(np.tensordot(weights, masks, axes=1) / MASKS, np.float32)


def middle_blob(size: int) -> Picture:
    """A round blob in the middle of the picture, (size, size)."""
    at = (np.arange(size) + 0.5) / size - 0.5
    return np.exp(-(at[:, None] ** 2 + at[None] ** 2) / (2 * MIDDLE**2)).astype(np.float32)
