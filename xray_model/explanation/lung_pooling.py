"""Pooling of evidence over the lungs alone: what the network sees elsewhere has no say in the answer.

With global average pooling and a linear head the logit is the sum of the map's cells and a bias. Giving each cell the
share of it that lies in the lungs, and the shares the mean 1, keeps that sum exact: answer and map are one thing.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

LEAST_FIELD = 0.02  # mean share of a cell: a field that is almost nothing would blow a few cells up


def cell_shares(field: NDArray[Any], height: int, width: int) -> NDArray[np.float32]:
    """Share of each map cell that lies in the lungs, float32 (height, width). field: 0 to 1, (h, w), finer.

    `cv2.resize` with `INTER_AREA` as two sums of products, in less time: it is part of every answer. Not by `@`: BLAS
    takes a thread a core for it, which wait for each other for milliseconds on a machine with other work.
    """
    rows, columns = _averages(field.shape[0], height), _averages(field.shape[1], width)
    rows_of_cells = np.einsum("ik,kl->il", rows, field.astype(np.float32))
    return np.einsum("il,jl->ij", rows_of_cells, columns)


@lru_cache(maxsize=16)
def _averages(fine: int, coarse: int) -> NDArray[np.float32]:
    """What each of `fine` pixels in a row adds to each cell's mean, (coarse, fine): its overlap with the cell."""
    starts = np.arange(coarse)[:, None] * fine / coarse
    pixels = np.arange(fine)
    overlap = np.minimum(starts + fine / coarse, pixels + 1) - np.maximum(starts, pixels)
    return np.asarray(np.maximum(overlap, 0) * coarse / fine, np.float32)


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


def lung_shares(fields: NDArray[Any], height: int, width: int) -> NDArray[np.float32]:
    """Share of each map cell in the lungs, float32 (n, height, width). fields: 0 to 1, (n, s, s)."""
    return np.stack([cell_shares(field, height, width) for field in fields])


def over_lungs(feature_map: NDArray[np.float32], fields: NDArray[Any]) -> NDArray[np.float32]:
    """Feature maps (n, h, w, c) whose means are those over the lungs. fields: where these lie, (n, s, s)."""
    return feature_map * cell_weights(lung_shares(fields, *feature_map.shape[1:3]))[..., None]
