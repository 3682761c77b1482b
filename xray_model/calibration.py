"""Logit to probability, fitted on validation data (Platt, Advances in Large Margin Classifiers, 1999)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

NEWTON_STEPS = 100
RIDGE = 1e-6  # keeps the Hessian invertible when the classes separate perfectly


def sigmoid(logit: ArrayLike) -> NDArray[np.float64]:
    """Logistic function, any shape, exact for large magnitudes of either sign."""
    return 0.5 * (1.0 + np.tanh(0.5 * np.asarray(logit, dtype=np.float64)))


@dataclass(frozen=True)
class Calibration:
    """`probability = sigmoid(scale * logit + bias)`; `Calibration(1, 0)` changes nothing."""

    scale: float
    bias: float

    def probability(self, logit: ArrayLike) -> NDArray[np.float64]:
        """Calibrated probability of PNEUMONIA in [0, 1], in the logit's shape."""
        return sigmoid(self.scale * np.asarray(logit, dtype=np.float64) + self.bias)


def fit_calibration(logits: ArrayLike, labels: ArrayLike, weights: ArrayLike | None = None) -> Calibration:
    """Platt scaling with his smoothed targets, by damped Newton steps.

    logits: (n,) any range. labels: (n,) 0 or 1. weights: (n,) non-negative, all 1 when left out.
    """
    x = np.asarray(logits, dtype=np.float64).ravel()
    y = np.asarray(labels, dtype=np.float64).ravel()
    w = np.ones_like(x) if weights is None else np.asarray(weights, dtype=np.float64).ravel()
    positives, negatives = float((w * y).sum()), float((w * (1 - y)).sum())
    target = np.where(y > 0, (positives + 1) / (positives + 2), 1 / (negatives + 2))
    design = np.stack([x, np.ones_like(x)], axis=1)
    theta = np.array([1.0, 0.0])
    for _ in range(NEWTON_STEPS):
        p = sigmoid(design @ theta)
        gradient = design.T @ (w * (p - target))
        hessian = (design * (w * p * (1 - p))[:, None]).T @ design + RIDGE * np.eye(2)
        step = np.linalg.solve(hessian, gradient)
        theta = theta - step / max(1.0, float(np.abs(step).max()))  # at most one unit a step: never overshoots
        if float(np.abs(step).max()) < 1e-9:
            break
    return Calibration(scale=float(theta[0]), bias=float(theta[1]))
