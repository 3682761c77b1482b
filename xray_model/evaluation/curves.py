"""Curves over answered films: ROC, reliability, decision curve, and accuracy by coverage."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xray_model.evaluation.operating_points import wilson_interval

BINS = 10  # of a reliability diagram, equally wide

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class ReliabilityBin:
    """Films whose probabilities lie in one bin. mean: of their probabilities. share: of them that are ill, with
    Wilson's 95 % interval."""

    mean: float
    share: float
    interval: tuple[float, float]
    n: int


def roc_curve(probabilities: ArrayLike, labels: ArrayLike) -> tuple[Floats, Floats]:
    """(1 - specificity, sensitivity), each rising from 0 to 1, one point for each distinct probability.

    probabilities: (n,) any range. labels: (n,) 0 or 1; a share of an absent label is 0.
    """
    p, y = np.asarray(probabilities, np.float64).ravel(), np.asarray(labels).ravel() > 0
    order = np.argsort(-p, kind="stable")
    positive, last = y[order], np.append(np.diff(p[order]) != 0, True)
    hits, alarms = np.cumsum(positive)[last], np.cumsum(~positive)[last]  # equal probabilities are one step
    return np.append(0, alarms / max(1, alarms[-1])), np.append(0, hits / max(1, hits[-1]))


def corners(across: Floats, up: Floats) -> NDArray[np.bool_]:
    """Which points (n,) of a curve of level and upright steps are needed to draw it; the others lie on its lines."""
    inside = (np.diff(across)[:-1] > 0) & (np.diff(across)[1:] > 0) & (np.diff(up)[:-1] == 0) & (np.diff(up)[1:] == 0)
    inside |= (np.diff(up)[:-1] > 0) & (np.diff(up)[1:] > 0) & (np.diff(across)[:-1] == 0) & (np.diff(across)[1:] == 0)
    return np.concatenate([[True], ~inside, [True]])


def reliability(probabilities: ArrayLike, labels: ArrayLike, bins: int = BINS) -> list[ReliabilityBin]:
    """The bins of [0, 1] that hold any of the (n,) probabilities, from the lowest up; labels: (n,) 0 or 1."""
    p, y = np.asarray(probabilities, np.float64).ravel(), np.asarray(labels).ravel() > 0
    where = np.minimum((p * bins).astype(int), bins - 1)
    found = []
    for number in np.unique(where).tolist():
        members = where == number
        n, ill = int(members.sum()), int(y[members].sum())
        found.append(ReliabilityBin(float(p[members].mean()), ill / n, wilson_interval(ill, n), n))
    return found


def net_benefit(sensitivity: ArrayLike, false_alarms: ArrayLike, prevalence: float, thresholds: ArrayLike) -> Floats:
    """Net benefit, per person, of treating those called ill (Vickers & Elkin, Medical Decision Making 2006).

    False alarms (1 - specificity) weigh as the odds of the threshold: whoever treats from 20 % on takes four treated in
    vain for one found. Treating all is `net_benefit(1, 1, ...)`, treating none is 0. thresholds: in [0, 1).
    """
    at = np.asarray(thresholds, np.float64)
    odds = at / (1 - at)
    hits, alarms = np.asarray(sensitivity, np.float64), np.asarray(false_alarms, np.float64)
    return np.asarray(prevalence * hits - (1 - prevalence) * alarms * odds)


def decision_curve(probabilities: ArrayLike, labels: ArrayLike, prevalence: float, thresholds: ArrayLike) -> Floats:
    """Net benefit of treating from each threshold on, (k,), where `prevalence` are ill.

    probabilities: (n,), told for that prevalence. labels: (n,) 0 or 1, both present; how many of each does not matter.
    """
    p, y = np.asarray(probabilities, np.float64).ravel(), np.asarray(labels).ravel() > 0
    at = np.asarray(thresholds, np.float64)
    hits = 1 - np.searchsorted(np.sort(p[y]), at) / y.sum()
    alarms = 1 - np.searchsorted(np.sort(p[~y]), at) / (~y).sum()
    return net_benefit(hits, alarms, prevalence, at)


def surest_first(probabilities: ArrayLike, threshold: float) -> NDArray[np.intp]:
    """Order of the (n,) films by distance from the threshold in log odds, furthest first (El-Yaniv & Wiener, 2010)."""

    def log_odds(p: ArrayLike) -> Floats:
        safe = np.clip(np.asarray(p, np.float64), 1e-12, 1 - 1e-12)
        return np.asarray(np.log(safe / (1 - safe)))

    return np.argsort(-np.abs(log_odds(probabilities) - log_odds(threshold)), kind="stable")


def accuracy_by_coverage(probabilities: ArrayLike, labels: ArrayLike, threshold: float) -> tuple[Floats, Floats]:
    """(share of films answered, accuracy on them), both (n,), from the single surest answer to all of them."""
    p, y = np.asarray(probabilities, np.float64).ravel(), np.asarray(labels).ravel() > 0
    right = ((p >= threshold) == y)[surest_first(p, threshold)]
    answered = np.arange(1, p.size + 1)
    return answered / p.size, np.cumsum(right) / answered
