"""Sentences of a report, in plain text."""

from __future__ import annotations

from xray_model.evaluation.prevalence import predictive_values
from xray_model.inference.analyze import Prediction


def percent(share: float, decimals: int = 0) -> str:
    """A share in [0, 1] in per cent, never rounded to 0 % or 100 %."""
    edge = 10**-decimals
    if 0 < share * 100 < edge / 2:
        return f"< {edge:g} %"
    if 100 - edge / 2 < share * 100 < 100:
        return f"> {100 - edge:.{decimals}f} %"
    return f"{share * 100:.{decimals}f} %"


def operating_point_line(prediction: Prediction) -> str:
    """Threshold, sensitivity and specificity with their intervals, and where they were measured."""
    point = prediction.operating_point
    sensitivity = _share(point.sensitivity, point.sensitivity_interval)
    specificity = _share(point.specificity, point.specificity_interval)
    return (
        f"PNEUMONIA from {percent(prediction.threshold, 1)} on. Sensitivity {sensitivity}, specificity {specificity}, "
        f"on {point.n:,} radiographs; in brackets: 95 % intervals."
    )


def prevalence_line(prediction: Prediction) -> str:
    """At which prevalence the probability holds, and what the decisions are worth there."""
    worth = predictive_values(prediction.operating_point, prediction.prevalence)
    return (
        f"Where {percent(prediction.prevalence)} of the people photographed have pneumonia. There, of those called "
        f"PNEUMONIA {percent(worth.ppv)} have it, and of those called NORMAL {percent(worth.npv)} do not."
    )


def _share(value: float, bounds: tuple[float, float]) -> str:
    low, high = bounds
    return f"{percent(value, 1)} ({low * 100:.1f}-{high * 100:.1f})"
