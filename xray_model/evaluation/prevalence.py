"""What a probability and a decision mean where pneumonia is more or less common than in the data they were made on."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xray_model.errors import InvalidConfig
from xray_model.evaluation.operating_points import OperatingPoint

EQUAL = 0.5  # both labels equally common: what a bundle is calibrated for
LOWEST, HIGHEST = 0.01, 0.9  # a prevalence that may be asked for

Pair = tuple[float, float]


def check_prevalence(prevalence: float) -> float:
    """The prevalence itself; raises `InvalidConfig` unless it is a share from `LOWEST` to `HIGHEST`."""
    if not LOWEST <= prevalence <= HIGHEST:
        raise InvalidConfig(f"Got a prevalence of {prevalence:g}; expected a share from {LOWEST:g} to {HIGHEST:g}.")
    return prevalence


def at_prevalence(probability: ArrayLike, prevalence: float, calibrated_at: float = EQUAL) -> NDArray[np.float64]:
    """Probabilities calibrated where a share `calibrated_at` has pneumonia, as they are where `prevalence` has it.

    Bayes' rule: the odds are multiplied by the ratio of the prior odds (Saerens et al., Neural Computation 2002). It is
    exact if films of one label look alike in both places; the order of the probabilities stays.
    """
    p = np.asarray(probability, np.float64)
    if prevalence == calibrated_at:
        return p
    factor = (prevalence / (1 - prevalence)) / (calibrated_at / (1 - calibrated_at))
    return factor * p / (factor * p + (1 - p))


@dataclass(frozen=True)
class PredictiveValues:
    """Of the films called PNEUMONIA the share `ppv` has it, of those called NORMAL the share `npv` has not; in [0, 1].

    The intervals (95 %) follow from those of sensitivity and specificity; the prevalence counts as known.
    """

    prevalence: float
    ppv: float
    npv: float
    ppv_interval: Pair
    npv_interval: Pair


def predictive_values(point: OperatingPoint, prevalence: float) -> PredictiveValues:
    """What the decision at `point` is worth where a share `prevalence`, in (0, 1), has pneumonia."""
    se, sp = (point.sensitivity, *point.sensitivity_interval), (point.specificity, *point.specificity_interval)
    ppv = _posterior(se, _complement(sp), prevalence)
    npv = _posterior(sp, _complement(se), 1 - prevalence)
    return PredictiveValues(prevalence, ppv[0], npv[0], ppv[1:], npv[1:])


def _complement(share: tuple[float, float, float]) -> tuple[float, float, float]:
    return (1 - share[0], 1 - share[2], 1 - share[1])


def _posterior(right: tuple[float, ...], wrong: tuple[float, ...], prior: float) -> tuple[float, float, float]:
    """(share, low, high) of right calls among all calls; `right` and `wrong` are (share, low, high) of their own label.

    Limits of the ratio right / wrong on a log scale, from the limits of both (MOVER; Zou & Donner, Statistics in
    Medicine 2008); where one of them is 0, from the outer limits.
    """
    value, value_low, value_high = right
    rate, rate_low, rate_high = wrong
    if value > 0 and rate > 0:
        middle = math.log(value / rate)
        low = middle - math.hypot(math.log(value / value_low), math.log(rate_high / rate)) if value_low else -math.inf
        high = middle + math.hypot(math.log(value_high / value), math.log(rate / rate_low)) if rate_low else math.inf
    else:
        middle = math.inf if value > 0 else -math.inf
        low = math.log(value_low / rate_high) if value_low else -math.inf
        high = math.log(value_high / rate_low) if rate_low else math.inf
    odds = math.log(prior / (1 - prior))
    shares = [1 / (1 + math.exp(-min(700.0, max(-700.0, odds + limit)))) for limit in (middle, low, high)]
    return (shares[0], shares[1], shares[2])
