"""Sentences of a report, in plain text."""

from __future__ import annotations

from xray_model.bundles.card import ModelCard
from xray_model.evaluation.operating_points import OperatingPoint


def percent(share: float, decimals: int = 0) -> str:
    """A share in [0, 1] in per cent, never rounded to 0 % or 100 %."""
    edge = 10**-decimals
    if 0 < share * 100 < edge / 2:
        return f"< {edge:g} %"
    if 100 - edge / 2 < share * 100 < 100:
        return f"> {100 - edge:.{decimals}f} %"
    return f"{share * 100:.{decimals}f} %"


def operating_point_line(point: OperatingPoint) -> str:
    """Threshold, sensitivity and specificity with their intervals, and where they were measured."""
    sensitivity = _share(point.sensitivity, point.sensitivity_interval)
    specificity = _share(point.specificity, point.specificity_interval)
    return (
        f"PNEUMONIA from {percent(point.threshold, 1)} on. Sensitivity {sensitivity}, specificity {specificity}, on "
        f"{point.n:,} radiographs; in brackets: 95 % intervals."
    )


def prevalence_line(card: ModelCard) -> str:
    """At which prevalence the probability holds: that of the films that it was calibrated on."""
    if card.not_sure is None:
        return "The probability holds at the prevalence of the films that it was calibrated on."
    sick, well = card.not_sure.pneumonia, card.not_sure.normal
    return f"At the prevalence of the films that it was calibrated on: {percent(sick / (sick + well))} with pneumonia."


def _share(value: float, bounds: tuple[float, float]) -> str:
    low, high = bounds
    return f"{percent(value, 1)} ({low * 100:.1f}-{high * 100:.1f})"
