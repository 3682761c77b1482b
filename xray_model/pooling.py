"""Evidence pooled over the lungs alone: what the network sees anywhere else has no say in the answer.

With global average pooling and a linear head the logit is the sum of the map's cells and a bias. Giving each cell the
share of it that lies in the lungs, and the shares the mean 1, keeps that sum exact: answer and map are one thing.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

LEAST_FIELD = 0.02  # mean share of a cell: a field that is almost nothing would blow a few cells up


def cell_shares(field: NDArray[Any], height: int, width: int) -> NDArray[np.float32]:
    """Share of each map cell that lies in the lungs, float32 (height, width). field: 0 to 1, (h, w), finer."""
    return np.asarray(cv2.resize(field.astype(np.float32), (width, height), interpolation=cv2.INTER_AREA), np.float32)


def cell_weights(shares: NDArray[np.float32]) -> NDArray[np.float32]:
    """Shares (..., h, w) brought to the mean 1: a map times these has the mean over the lungs for its mean."""
    return np.asarray(shares / np.maximum(shares.mean(axis=(-2, -1), keepdims=True), np.float32(LEAST_FIELD)))


def pool_over_lungs(
    evidence: NDArray[np.float32], logit: float, field: NDArray[np.bool_]
) -> tuple[float, NDArray[np.float32]]:
    """(logit, evidence) of one image with the lungs as its only voice.

    evidence: signed, (h, w), logits per cell, of the whole picture. logit: its sum plus the head's bias. field: where
    the lungs lie, bool, at any finer resolution; an empty one changes nothing.
    """
    if not field.any():
        return logit, evidence
    pooled = evidence * cell_weights(cell_shares(field, *evidence.shape))
    return float(logit - evidence.sum() + pooled.sum()), pooled
