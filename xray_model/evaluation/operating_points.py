"""Named thresholds on the calibrated probability, chosen on validation data; rule: `probability >= threshold`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xray_model.errors import InvalidConfig
from xray_model.labels import NORMAL, PNEUMONIA

SCREENING, BALANCED, RULE_IN = "screening", "balanced", "rule-in"
SCREENING_SENSITIVITY = 0.99  # asked of `screening` on validation data
BALANCED_SENSITIVITY = 0.97  # asked of `balanced` where it costs no more than chance could explain
RULE_IN_SPECIFICITY = 0.98  # asked of `rule-in`
RULES = (
    f"`screening`: the highest threshold with a sensitivity of {SCREENING_SENSITIVITY:.0%}. `rule-in`: the lowest with "
    f"a specificity of {RULE_IN_SPECIFICITY:.0%}. `balanced`: the best Youden index (sensitivity + specificity - 1) of "
    f"those with a sensitivity of {BALANCED_SENSITIVITY:.0%}, if it is within a standard error of the best there is; "
    "else that."
)
Z95 = 1.959964  # normal quantile of a 95 % interval


def wilson_interval(successes: int, n: int) -> tuple[float, float]:
    """95 % interval of a proportion (Wilson, JASA 1927); (0, 1) when nothing was counted."""
    if n == 0:
        return (0.0, 1.0)
    share, z2 = successes / n, Z95**2
    centre = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = Z95 * np.sqrt(share * (1 - share) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    return (max(0.0, float(centre - half)), min(1.0, float(centre + half)))


@dataclass(frozen=True)
class OperatingPoint:
    """A named threshold with what it does on the data it was chosen on (all shares in [0, 1])."""

    name: str
    threshold: float
    sensitivity: float
    specificity: float
    sensitivity_interval: tuple[float, float]
    specificity_interval: tuple[float, float]
    n: int
    data: str

    def decide(self, probability: float) -> str:
        """PNEUMONIA when `probability >= threshold`, else NORMAL."""
        return PNEUMONIA if probability >= self.threshold else NORMAL


def measure_operating_point(
    name: str, threshold: float, probabilities: ArrayLike, labels: ArrayLike, data: str
) -> OperatingPoint:
    """What `threshold` does on (n,) probabilities in [0, 1] and (n,) labels 0 or 1.

    A share of nothing, when one label is absent, is 0 with the interval (0, 1).
    """
    p, y = np.asarray(probabilities, dtype=np.float64).ravel(), np.asarray(labels).ravel() > 0
    called = p >= threshold
    hits, positives = int((called & y).sum()), int(y.sum())
    clear, negatives = int((~called & ~y).sum()), int((~y).sum())
    return OperatingPoint(
        name=name,
        threshold=float(threshold),
        sensitivity=hits / max(1, positives),
        specificity=clear / max(1, negatives),
        sensitivity_interval=wilson_interval(hits, positives),
        specificity_interval=wilson_interval(clear, negatives),
        n=int(y.size),
        data=data,
    )


def candidate_thresholds(probabilities: ArrayLike) -> NDArray[np.float64]:
    """Midpoints between neighbouring distinct probabilities, so that rounding cannot flip an image; ascending.

    The first calls every image PNEUMONIA, the last none, even where a probability has saturated at 1.
    """
    distinct = np.unique(np.asarray(probabilities, dtype=np.float64))
    top = max((distinct[-1] + 1) / 2, np.nextafter(distinct[-1], 2))
    return np.concatenate([[distinct[0] / 2], (distinct[1:] + distinct[:-1]) / 2, [top]])


def choose_operating_points(probabilities: ArrayLike, labels: ArrayLike, data: str) -> tuple[OperatingPoint, ...]:
    """`screening` (sensitivity first), `balanced` (Youden, Cancer 1950) and `rule-in` (specificity first); see `RULES`.

    probabilities: (n,) in [0, 1]. labels: (n,) 0 or 1, both present. data: a sentence naming the images.
    """
    p, y = np.asarray(probabilities, dtype=np.float64).ravel(), np.asarray(labels).ravel() > 0
    if p.size != y.size or not ((p >= 0) & (p <= 1)).all():
        raise InvalidConfig(f"Got {p.size} probabilities for {y.size} labels; expected one in [0, 1] for each label.")
    if y.all() or not y.any():
        raise InvalidConfig("Operating points need both labels: got only one. Choose them on images of both classes.")
    thresholds = candidate_thresholds(p)
    sick, well = np.sort(p[y]), np.sort(p[~y])
    sensitivity = 1 - np.searchsorted(sick, thresholds) / sick.size
    specificity = np.searchsorted(well, thresholds) / well.size
    screening = thresholds[sensitivity >= SCREENING_SENSITIVITY][-1]
    balanced = thresholds[_balanced(sensitivity, specificity, sick.size, well.size)]
    rule_in = thresholds[specificity >= RULE_IN_SPECIFICITY][0]
    ordered = sorted([screening, balanced, rule_in])  # on a separable set the three may cross: keep their meaning
    return tuple(
        measure_operating_point(name, t, p, y, data)
        for name, t in zip((SCREENING, BALANCED, RULE_IN), ordered, strict=True)
    )


def _balanced(
    sensitivity: NDArray[np.float64], specificity: NDArray[np.float64], positives: int, negatives: int
) -> int:
    """Which threshold has the best Youden index of all with `BALANCED_SENSITIVITY` or more.

    The index is flat around its top: where that lies is chance, and of equals the one that misses fewer is meant.
    Where it would cost more than the top's standard error, it is the top.
    """
    youden = sensitivity + specificity - 1
    top = _middle_of_best(youden)
    variances = [share * (1 - share) / n for share, n in ((sensitivity[top], positives), (specificity[top], negatives))]
    sensitive = np.where(sensitivity >= BALANCED_SENSITIVITY, youden, -1.0)
    return _middle_of_best(sensitive if sensitive.max() >= youden[top] - np.sqrt(sum(variances)) else youden)


def _middle_of_best(values: NDArray[np.float64]) -> int:
    best = np.flatnonzero(np.isclose(values, values.max()))
    return int(best[best.size // 2])
