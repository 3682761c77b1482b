"""How well a map finds something whose place is known: hit, IoU, average precision; and how alike two maps are."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray


def hit(values: NDArray[np.float32], mask: NDArray[np.bool_]) -> float:
    """1 if the strongest pixel of a map (h, w) lies in the mask, else 0; of several equal ones the share that do."""
    return float(mask[values == values.max()].mean())


def iou_at_otsu(values: NDArray[np.float32], mask: NDArray[np.bool_]) -> float:
    """Intersection over union of the mask and the part of a map above its own threshold (Otsu, 1979)."""
    span = float(np.ptp(values))
    if span <= 0:
        return 0.0
    levels = np.rint((values - values.min()) / span * 255).astype(np.uint8)
    threshold, _ = cv2.threshold(levels, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    part = levels > threshold
    return float((part & mask).sum() / max(1, (part | mask).sum()))


def average_precision(values: NDArray[np.float32], mask: NDArray[np.bool_]) -> float:
    """Area under precision and recall of a map's pixels against the mask, in [0, 1]; equal pixels count together."""
    order = np.argsort(-values.ravel(), kind="stable")
    ranked, hits = values.ravel()[order], np.cumsum(mask.ravel()[order])
    if not hits[-1]:
        return 0.0
    last = np.flatnonzero(np.append(np.diff(ranked) != 0, True))  # of each run of equal values
    precision, recall = hits[last] / (last + 1), hits[last] / hits[-1]
    return float(np.sum(np.diff(recall, prepend=0.0) * precision))


def rank_correlation(a: NDArray[np.floating], b: NDArray[np.floating]) -> float:
    """Spearman's rank correlation of two arrays of one size; 0 where one of them is flat."""
    if a.size < 3 or not (np.ptp(a) > 0 and np.ptp(b) > 0):
        return 0.0
    return float(np.corrcoef(_ranks(a), _ranks(b))[0, 1])


def _ranks(values: NDArray[np.floating]) -> NDArray[np.float64]:
    """Ranks, those of equal values at their middle."""
    order = np.unique(values.ravel(), return_inverse=True)[1]
    counts = np.bincount(order)
    return np.asarray((np.cumsum(counts) - (counts - 1) / 2)[order], np.float64)
