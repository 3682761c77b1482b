"""Named thresholds on the calibrated probability, chosen on validation data; rule: `probability >= threshold`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xray_model.errors import InvalidConfig
from xray_model.labels import NORMAL, PNEUMONIA

SCREENING, BALANCED, RULE_IN = "screening", "balanced", "rule-in"
SCREENING_SENSITIVITY = 0.97  # asked of `screening`, of the worst group of the ill
RULE_IN_SPECIFICITY = 0.97  # asked of `rule-in`, of the worst group of the healthy
RULES = (
    "Each threshold is set by the group of films that it serves worst, not by the average over films. `screening`: the "
    f"highest threshold at which even in the worst group {SCREENING_SENSITIVITY:.0%} of those with pneumonia are "
    f"found. `rule-in`: the lowest at which even in the worst group {RULE_IN_SPECIFICITY:.0%} of the healthy are "
    "cleared. `balanced`: the one at which the worst group of all, ill or healthy, is called right most often."
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


def choose_operating_points(
    probabilities: ArrayLike,
    labels: ArrayLike,
    data: str,
    cells: ArrayLike | None = None,
    measured: ArrayLike | None = None,
) -> tuple[OperatingPoint, ...]:
    """`screening` (sensitivity first), `balanced` and `rule-in` (specificity first), by the worst group; see `RULES`.

    probabilities: (n,) in [0, 1]. labels: (n,) 0 or 1, both present. data: a sentence naming the images. cells: (n,)
    the group of each, of one label; without them the labels are the groups. measured: (n,) which images the points'
    own figures count, without it all.
    """
    p, y = np.asarray(probabilities, dtype=np.float64).ravel(), np.asarray(labels).ravel() > 0
    if p.size != y.size or not ((p >= 0) & (p <= 1)).all():
        raise InvalidConfig(f"Got {p.size} probabilities for {y.size} labels; expected one in [0, 1] for each label.")
    if y.all() or not y.any():
        raise InvalidConfig("Operating points need both labels: got only one. Choose them on images of both classes.")
    thresholds = candidate_thresholds(p)
    group = y if cells is None else np.asarray(cells).ravel()
    sensitivity = _worst(p[y], group[y], lambda cell: 1 - np.searchsorted(cell, thresholds) / cell.size)
    specificity = _worst(p[~y], group[~y], lambda cell: np.searchsorted(cell, thresholds) / cell.size)
    screening = thresholds[sensitivity >= SCREENING_SENSITIVITY][-1]
    balanced = thresholds[_middle_of_best(np.minimum(sensitivity, specificity))]
    rule_in = thresholds[specificity >= RULE_IN_SPECIFICITY][0]
    ordered = sorted([screening, balanced, rule_in])  # on a separable set the three may cross: keep their meaning
    counted = np.ones(p.size, bool) if measured is None else np.asarray(measured, bool)
    return tuple(
        measure_operating_point(name, t, p[counted], y[counted], data)
        for name, t in zip((SCREENING, BALANCED, RULE_IN), ordered, strict=True)
    )


def _worst(
    p: NDArray[np.float64], cells: NDArray[Any], share: Callable[[NDArray[np.float64]], NDArray[np.float64]]
) -> NDArray[np.float64]:
    """The smallest `share`, at each threshold, of all cells; `share` takes a cell's probabilities, sorted."""
    return np.asarray(np.min([share(np.sort(p[cells == cell])) for cell in np.unique(cells)], axis=0))


def _middle_of_best(values: NDArray[np.float64]) -> int:
    best = np.flatnonzero(np.isclose(values, values.max()))
    return int(best[best.size // 2])
