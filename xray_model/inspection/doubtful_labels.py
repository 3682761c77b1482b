"""Labels that the other images contradict: confident learning (Northcutt, Jiang, Chuang, JAIR 70, 2021).

Each image is judged by a logistic regression that learned from the others, on what the bundled network's last map says
of them. It is doubted if its probability of the other label reaches the mean of those that have that label.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xray_model.evaluation.calibration import sigmoid
from xray_model.evaluation.metrics import roc_auc

FOLDS = 5
RIDGE = 30.0  # on standardised features: strong, as there are about as many features as images
MOST_AXES = 96  # principal ones that are kept: a tenth of the time
STEPS, CLOSE = 25, 1e-4  # Newton's
LEAST_AUC = 0.8  # below it the regression knows too little to contradict anybody
LEAST_DOUBT = 0.75  # probability of the other label that is needed at least, where labels are hard to tell apart
Advance = Callable[[int, int], None]


@dataclass(frozen=True, eq=False)
class LabelDoubts:
    """suspects: indices, the most suspicious first. other: of every image, the probability of the label that it does
    not have, in [0, 1]. auc: of the regression, by its out-of-fold answers."""

    suspects: tuple[int, ...]
    other: NDArray[np.float64]
    auc: float

    @property
    def is_able(self) -> bool:
        """True when the regression tells the labels apart well enough to doubt one."""
        return self.auc >= LEAST_AUC


def doubt_labels(
    features: NDArray[np.float32], labels: NDArray[np.int8], families: Sequence[str], seed: int = 0
) -> LabelDoubts:
    """features: (n, c). families: those of one family are judged together, by a regression that saw none of them."""
    ill = labels > 0
    probability = out_of_fold(features, ill, families, seed)
    other = np.where(ill, 1 - probability, probability)
    auc = roc_auc(probability, ill)
    thresholds = [max(LEAST_DOUBT, float(np.mean(1 - other[ill == label]))) for label in (True, False)]
    limit = np.where(ill, thresholds[1], thresholds[0])  # of the other label
    found = np.flatnonzero(other >= limit) if auc >= LEAST_AUC else np.array([], int)
    return LabelDoubts(tuple(found[np.argsort(-other[found], kind="stable")].tolist()), other, auc)


def out_of_fold(
    features: NDArray[np.float32], ill: NDArray[np.bool_], families: Sequence[str], seed: int
) -> NDArray[np.float64]:
    """Probability of PNEUMONIA of each image, (n,), by a regression on the other folds."""
    folds, on_axes = _folds(ill, families, seed), _principal(features)
    found = np.full(len(ill), float(ill.mean()))
    for fold in range(FOLDS):
        learns, judged = folds != fold, folds == fold
        if judged.any() and 0 < ill[learns].sum() < learns.sum():
            found[judged] = sigmoid(_with_one(on_axes[judged]) @ _fit(on_axes[learns], ill[learns]))
    return found


def _principal(features: NDArray[np.float32]) -> NDArray[np.float64]:
    """Standardised features on their main axes, (n, at most `MOST_AXES`); no label has a say in these."""
    scaled = (features - features.mean(axis=0)) / (features.std(axis=0) + 1e-6)
    _, axes = np.linalg.eigh(scaled.T.astype(np.float64) @ scaled)
    return np.asarray(scaled @ axes[:, -MOST_AXES:], np.float64)


def _folds(ill: NDArray[np.bool_], families: Sequence[str], seed: int) -> NDArray[np.intp]:
    """A fold for each image: families whole, labels in proportion."""
    rng = np.random.default_rng(seed)
    names, family = np.unique(np.asarray(families), return_inverse=True)
    share = np.bincount(family, ill) / np.bincount(family)
    order = np.lexsort((rng.random(len(names)), share))
    fold = np.empty(len(names), np.intp)
    fold[order] = np.arange(len(names)) % FOLDS
    return fold[family]


def _fit(features: NDArray[np.float64], ill: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Weights of a logistic regression with a ridge, the intercept last and free; by Newton's method."""
    x, y = _with_one(features).astype(np.float64), ill.astype(np.float64)
    ridge = np.append(np.full(x.shape[1] - 1, RIDGE), 1e-6)
    weights = np.zeros(x.shape[1])
    for _ in range(STEPS):
        p = sigmoid(x @ weights)
        curve = (x * (p * (1 - p))[:, None]).T @ x + np.diag(ridge)
        step = np.linalg.solve(curve, x.T @ (y - p) - ridge * weights)
        weights += step
        if np.abs(step).max() < CLOSE:
            break
    return weights


def _with_one(features: NDArray) -> NDArray:
    return np.hstack([features, np.ones((len(features), 1), features.dtype)])
