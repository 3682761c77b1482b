"""Logit to probability, fitted on validation data (Platt, Advances in Large Margin Classifiers, 1999)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xray_model.errors import InvalidConfig

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
        return sigmoid(self.log_odds(logit))

    def log_odds(self, logit: ArrayLike) -> NDArray[np.float64]:
        """The same before the sigmoid: calibrated log odds of PNEUMONIA."""
        return self.scale * np.asarray(logit, dtype=np.float64) + self.bias

    def then(self, correction: Calibration) -> Calibration:
        """This calibration followed by another, which was fitted on log odds such as this one gives."""
        return Calibration(correction.scale * self.scale, correction.scale * self.bias + correction.bias)


def fit_calibration(logits: ArrayLike, labels: ArrayLike, weights: ArrayLike | None = None) -> Calibration:
    """Platt scaling with his smoothed targets, by damped Newton steps.

    logits: (n,) any range. labels: (n,) 0 or 1. weights: (n,) positive, of each image; without them all weigh the same,
    and the probability holds for the share of PNEUMONIA among these images. With both labels weighing the same it holds
    where both are equally common.
    Raises `InvalidConfig` when lengths differ, a number is not finite, or there is nothing to fit.
    """
    x, y = (np.asarray(numbers, np.float64).ravel() for numbers in (logits, labels))
    w = np.ones_like(y) if weights is None else np.asarray(weights, np.float64).ravel()
    if not x.size or not x.size == y.size == w.size or not np.isfinite([x, y, w]).all():
        raise InvalidConfig(f"Got {x.size} logits and {y.size} labels; expected as many finite numbers.")
    centre, spread = float(x.mean()), float(x.std()) or 1.0  # a step is then of one size for any range of logits
    positives, negatives = float(y.sum()), float((1 - y).sum())
    targets = np.where(y > 0, (positives + 1) / (positives + 2), 1 / (negatives + 2))
    slope, offset = _newton((x - centre) / spread, targets, w)
    return Calibration(scale=slope / spread, bias=offset - slope * centre / spread)


def _newton(x: NDArray[np.float64], target: NDArray[np.float64], weights: NDArray[np.float64]) -> tuple[float, float]:
    """(slope, offset) of the weighted logistic regression of `target` on `x`."""
    design = np.stack([x, np.ones_like(x)], axis=1)
    theta = np.array([1.0, 0.0])
    for _ in range(NEWTON_STEPS):
        p = sigmoid(design @ theta)
        gradient = design.T @ (weights * (p - target))
        hessian = (design * (weights * p * (1 - p))[:, None]).T @ design + RIDGE * np.eye(2)
        step = np.linalg.solve(hessian, gradient)
        theta = theta - step / max(1.0, float(np.abs(step).max()))  # at most one unit a step: never overshoots
        if float(np.abs(step).max()) < 1e-9:
            break
    return float(theta[0]), float(theta[1])
