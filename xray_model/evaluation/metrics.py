"""Measures of how good probabilities are, each with a bootstrap interval that resamples whole patients."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xray_model.errors import InvalidDataset
from xray_model.evaluation.conformal import NotSureBand
from xray_model.evaluation.curves import surest_first
from xray_model.evaluation.operating_points import OperatingPoint
from xray_model.evaluation.prevalence import EQUAL, at_prevalence

BOOTSTRAP_ROUNDS = 1000
COVERAGES = (1.0, 0.95, 0.9, 0.8, 0.7, 0.5)  # shares of the images that are answered
ECE_BINS = 15  # Guo et al., ICML 2017

Statistic = Callable[[NDArray[np.float64], NDArray[np.bool_]], float]


def roc_auc(scores: ArrayLike, labels: ArrayLike) -> float:
    """Area under the ROC curve by ranks, ties counted half (Hanley & McNeil, Radiology 1982); NaN with one label only.

    scores: (n,) any range. labels: (n,) 0 or 1.
    """
    s, y = np.asarray(scores, np.float64).ravel(), np.asarray(labels).ravel() > 0
    positives, negatives = int(y.sum()), int((~y).sum())
    if not positives or not negatives:
        return float("nan")
    _, inverse, counts = np.unique(s, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    return float((ranks[y].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def expected_calibration_error(probabilities: ArrayLike, labels: ArrayLike, bins: int = ECE_BINS) -> float:
    """Mean gap between probability and frequency over equal-width bins, weighted by their size; in [0, 1]."""
    p, y = np.asarray(probabilities, np.float64).ravel(), np.asarray(labels).ravel() > 0
    where = np.minimum((p * bins).astype(int), bins - 1)
    size = np.bincount(where, minlength=bins)
    gap = np.abs(np.bincount(where, p, bins) - np.bincount(where, y, bins))
    return float(gap.sum() / max(1, size.sum()))


def brier_score(probabilities: ArrayLike, labels: ArrayLike) -> float:
    """Mean squared distance of probability and label, in [0, 1] (Brier, Monthly Weather Review 1950)."""
    p, y = np.asarray(probabilities, np.float64).ravel(), np.asarray(labels).ravel() > 0
    return float(np.mean((p - y) ** 2))


def bootstrap_interval(
    statistic: Statistic, values: ArrayLike, labels: ArrayLike, groups: Sequence[str], seed: int = 0
) -> tuple[float, float]:
    """95 % percentile interval of `statistic(values, labels)`, whole groups (patients) drawn with replacement.

    Moved by the bootstrap's estimate of its own bias (Efron & Tibshirani 1993, chapter 10) and kept within [0, 1]:
    resampling inflates a calibration error, so that the plain interval may miss the value itself.
    """
    [interval] = _bootstrap_intervals([(statistic, np.asarray(values, np.float64).ravel())], labels, groups, seed)
    return interval


def _bootstrap_intervals(
    asked: Sequence[tuple[Statistic, NDArray[np.float64]]], labels: ArrayLike, groups: Sequence[str], seed: int = 0
) -> list[tuple[float, float]]:
    """An interval for each statistic of its values; drawing patients takes longer than most, so all share the draws."""
    y = np.asarray(labels).ravel() > 0
    _, group = np.unique(np.asarray(groups), return_inverse=True)
    order = np.argsort(group, kind="stable")
    members = np.split(order, np.cumsum(np.bincount(group))[:-1])
    rng = np.random.default_rng(seed)
    drawn = np.empty((len(asked), BOOTSTRAP_ROUNDS))
    for column in drawn.T:
        chosen = np.concatenate([members[i] for i in rng.integers(len(members), size=len(members))])
        column[:] = [statistic(values[chosen], y[chosen]) for statistic, values in asked]
    bias = np.nanmean(drawn, axis=1) - [statistic(values, y) for statistic, values in asked]
    ends = np.clip(np.nanpercentile(drawn, [2.5, 97.5], axis=1) - bias, 0.0, 1.0)
    return [(float(low), float(high)) for low, high in ends.T]


def evaluate_probabilities(
    probabilities: ArrayLike,
    labels: ArrayLike,
    groups: Sequence[str],
    points: Sequence[OperatingPoint],
    default: str,
    band: NotSureBand | None = None,
    prevalence: float | None = None,
    calibrated_at: float = EQUAL,
) -> dict[str, Any]:
    """All figures of a labelled set, as plain values for JSON; shares in [0, 1], each with its 95 % interval.

    probabilities: (n,) in [0, 1], where a share `calibrated_at` has pneumonia, as points and band are. labels: (n,) 0
    or 1, both present, else `InvalidDataset`. groups: (n) patients. band: the card's "not sure" band, None without one.
    prevalence: ECE, Brier score and predictive values are those of the probabilities at this one; None is the share
    among these images, which alone can be compared with what they show.
    """
    p, y = np.asarray(probabilities, np.float64).ravel(), np.asarray(labels).ravel() > 0
    if y.all() or not y.any():
        raise InvalidDataset("Got images of one label only; expected both NORMAL and PNEUMONIA.")

    asked: list[tuple[Statistic, NDArray[np.float64]]] = []
    intervals: list[list[float]] = []  # of what is asked, filled in at the end

    def figure(statistic: Statistic, values: NDArray[np.float64] = p) -> dict[str, Any]:
        asked.append((statistic, values))
        intervals.append([])
        return {"value": statistic(values, y), "interval": intervals[-1]}

    chosen = next(point for point in points if point.name == default)
    share = float(y.mean()) if prevalence is None else prevalence
    there = at_prevalence(p, share, calibrated_at)
    figures = {
        "n": int(y.size),
        "normal": int((~y).sum()),
        "pneumonia": int(y.sum()),
        "patients": len(set(groups)),
        "auc": figure(roc_auc),
        "prevalence": share,
        "ece": figure(expected_calibration_error, there),
        "brier": figure(brier_score, there),
        "accuracy": figure(_accuracy(chosen.threshold)),
        "confusion": _confusion(p, y, chosen.threshold),
        "risk_coverage": [
            {"coverage": share, "accuracy": figure(_covered_accuracy(chosen.threshold, share))} for share in COVERAGES
        ],
        **({"not_sure": _not_sure(band, figure, chosen.threshold)} if band else {}),
        "operating_points": {
            point.name: {
                "threshold": point.threshold,
                "sensitivity": figure(_sensitivity(point.threshold)),
                "specificity": figure(_specificity(point.threshold)),
                "ppv": figure(_ppv(point.threshold, share)),
                "npv": figure(_npv(point.threshold, share)),
            }
            for point in points
        },
    }
    for interval, ends in zip(intervals, _bootstrap_intervals(asked, y, groups), strict=True):
        interval[:] = ends
    return figures


def _confusion(p: NDArray[np.float64], y: NDArray[np.bool_], threshold: float) -> dict[str, int]:
    called = p >= threshold
    return {
        "true_positive": int((called & y).sum()),
        "false_negative": int((~called & y).sum()),
        "false_positive": int((called & ~y).sum()),
        "true_negative": int((~called & ~y).sum()),
    }


def _not_sure(band: NotSureBand, figure: Callable[[Statistic], Any], threshold: float) -> dict[str, Any]:
    """Share of images in the band, and accuracy on the others."""

    def is_sure(p: NDArray[np.float64]) -> NDArray[np.bool_]:
        return (p < band.low) | (p > band.high)

    def accuracy(p: NDArray[np.float64], y: NDArray[np.bool_]) -> float:
        sure = is_sure(p)
        return float(np.mean((p[sure] >= threshold) == y[sure])) if sure.any() else float("nan")

    return {"share": figure(lambda p, _: float(np.mean(~is_sure(p)))), "accuracy_of_the_others": figure(accuracy)}


def _covered_accuracy(threshold: float, share: float) -> Statistic:
    """Accuracy on the `share` of images that lie furthest from the threshold, in log odds."""

    def accuracy(p: NDArray[np.float64], y: NDArray[np.bool_]) -> float:
        kept = surest_first(p, threshold)[: max(1, round(share * len(p)))]
        return float(np.mean((p[kept] >= threshold) == y[kept]))

    return accuracy


def _accuracy(threshold: float) -> Statistic:
    return lambda p, y: float(np.mean((p >= threshold) == y))


def _sensitivity(threshold: float) -> Statistic:
    return lambda p, y: float(np.mean(p[y] >= threshold)) if y.any() else float("nan")


def _specificity(threshold: float) -> Statistic:
    return lambda p, y: float(np.mean(p[~y] < threshold)) if not y.all() else float("nan")


def _ppv(threshold: float, prevalence: float) -> Statistic:
    """Share of those called PNEUMONIA that have it, where `prevalence` has it; 0 where none is called."""

    def value(p: NDArray[np.float64], y: NDArray[np.bool_]) -> float:
        right, wrong = prevalence * _share(p[y] >= threshold), (1 - prevalence) * _share(p[~y] >= threshold)
        return float(right / (right + wrong)) if right + wrong else 0.0

    return value


def _npv(threshold: float, prevalence: float) -> Statistic:
    """Share of those called NORMAL that are free of it; 0 where none is called."""

    def value(p: NDArray[np.float64], y: NDArray[np.bool_]) -> float:
        right, wrong = (1 - prevalence) * _share(p[~y] < threshold), prevalence * _share(p[y] < threshold)
        return float(right / (right + wrong)) if right + wrong else 0.0

    return value


def _share(which: NDArray[np.bool_]) -> float:
    return float(np.mean(which)) if which.size else 0.0


def judge(scores: NDArray[np.float64], labels: NDArray[np.int8], smoothing: float = 0.0) -> dict[str, float | None]:
    """Loss, accuracy, AUC, sensitivity and specificity at a score of 0.5, named `val_...`; None where not defined."""
    called, ill = scores >= 0.5, labels > 0
    target = ill * (1 - smoothing) + smoothing / 2
    safe = np.clip(scores, 1e-7, 1 - 1e-7)  # keras.losses.BinaryCrossentropy clips alike
    loss = -np.mean(target * np.log(safe) + (1 - target) * np.log(1 - safe))
    auc = roc_auc(scores, labels)
    return {
        "val_loss": float(loss),
        "val_accuracy": float(np.mean(called == ill)),
        "val_auc": None if np.isnan(auc) else auc,
        "val_sensitivity": float(called[ill].mean()) if ill.any() else None,
        "val_specificity": float((~called[~ill]).mean()) if not ill.all() else None,
    }
