"""The population check: a warning that an image looks unlike those the classifier learned from; never a refusal."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xray_model.evaluation.calibration import sigmoid

ALARM = 0.03  # share of the children themselves that may be flagged
STEPS, STEP, PENALTY = 3000, 0.1, 3e-3  # of the gradient descent, on standardised features


@dataclass(frozen=True)
class PopulationCheck:
    """A linear score of the lung finder's features, low for the population and high for people outside of it.

    quantiles: 101 scores that the population's own held-out images stay below, from 0 to 100 % of them.
    threshold: from this score on an image is flagged.
    """

    weights: tuple[float, ...]
    bias: float
    threshold: float
    quantiles: tuple[float, ...]

    def score(self, features: ArrayLike) -> NDArray[np.float64]:
        """Scores (n,) of features (n, c)."""
        return np.asarray(features, np.float64) @ np.asarray(self.weights) + self.bias

    def is_outside(self, features: NDArray[np.float32]) -> bool:
        """True when one image's features (c,) look unlike the population's."""
        return bool(self.score(features) >= self.threshold)

    def rank(self, features: NDArray[np.float32]) -> float:
        """Share in [0, 1] of the population's held-out images that look less unusual than this one (c,)."""
        return float(np.interp(self.score(features), self.quantiles, np.linspace(0, 1, len(self.quantiles))))


def fit_population_check(inside: ArrayLike, outside: ArrayLike, held_out: ArrayLike) -> PopulationCheck:
    """Logistic regression of population against outsiders, both weighing the same, thresholded on held-out insiders.

    inside, outside, held_out: features (n, c) of the population, of others, and of the population again.
    """
    a, b = np.asarray(inside, np.float64), np.asarray(outside, np.float64)
    both, labels = np.concatenate([a, b]), np.r_[np.zeros(len(a)), np.ones(len(b))]
    centre, spread = both.mean(axis=0), both.std(axis=0) + 1e-3
    share = np.where(labels > 0, 0.5 / len(b), 0.5 / len(a))
    weights, bias = _descend((both - centre) / spread, labels, share)
    scaled = weights / spread
    check = PopulationCheck(tuple(scaled.tolist()), float(bias - scaled @ centre), 0.0, ())
    scores = check.score(held_out)
    return PopulationCheck(
        check.weights,
        check.bias,
        float(np.quantile(scores, 1 - ALARM)),
        tuple(np.quantile(scores, np.linspace(0, 1, 101)).tolist()),
    )


def _descend(
    x: NDArray[np.float64], labels: NDArray[np.float64], share: NDArray[np.float64]
) -> tuple[NDArray[np.float64], float]:
    weights, bias = np.zeros(x.shape[1]), 0.0
    for _ in range(STEPS):
        error = (sigmoid(x @ weights + bias) - labels) * share
        weights -= STEP * (x.T @ error + PENALTY * weights)
        bias -= STEP * float(error.sum())
    return weights, bias
