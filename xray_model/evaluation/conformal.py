"""The "not sure" band: probabilities that rule out neither label, with a guarantee that conformal prediction gives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xray_model.errors import InvalidConfig

ROUNDING = 1e-9  # of floating point: 49 * (1 - 1 / 49) is a little more than 48
ERROR = 0.03  # of each group, in [0, 1]: how often a sure answer may be wrong on images like those it was chosen on


@dataclass(frozen=True)
class NotSureBand:
    """Probabilities from `low` to `high` are called "not sure".

    Group-conditional split-conformal prediction (Vovk, Machine Learning 2013): of new images that are exchangeable with
    those of one of the `groups` groups that it was chosen on, at most a share `error` is, on average over such choices,
    answered surely and wrong. normal, pneumonia: how many images of each label that were.
    """

    low: float
    high: float
    error: float
    normal: int
    pneumonia: int
    groups: int = 2

    def holds(self, probability: float) -> bool:
        """True when the probability lies in the band."""
        return self.low <= probability <= self.high


def choose_band(
    probabilities: ArrayLike,
    labels: ArrayLike,
    error: float = ERROR,
    threshold: float | None = None,
    cells: ArrayLike | None = None,
) -> NotSureBand:
    """The band for (n,) probabilities in [0, 1] and labels 0 or 1 that the network never learned from.

    threshold: of the default operating point; the band reaches it, so that a sure answer is also the decision there.
    cells: (n,) the group of each image, of one label; without them the labels are the groups.
    Raises `InvalidConfig` when a group has too few images for the guarantee: fewer than 1 / error - 1.
    """
    p, y = np.asarray(probabilities, np.float64).ravel(), np.asarray(labels).ravel() > 0
    group = y if cells is None else np.asarray(cells).ravel()
    least = int(np.ceil(1 / error - ROUNDING)) - 1
    # NORMAL is ruled out above the first limit, PNEUMONIA below the second; between them neither or both are.
    highest = [_rank(p, group == cell, 1 - error, least, np.ceil) for cell in np.unique(group[~y])]
    lowest = [_rank(p, group == cell, error, least, np.floor) for cell in np.unique(group[y])]
    if not highest or not lowest:
        raise InvalidConfig(f"A band with {error:.0%} error needs {least} images of each group; got one label only.")
    limits = [max(highest), min(lowest), *([] if threshold is None else [float(threshold)])]
    groups = len(highest) + len(lowest)
    return NotSureBand(min(limits), max(limits), error, int((~y).sum()), int(y.sum()), groups)


def _rank(
    p: NDArray[np.float64], members: NDArray[np.bool_], share: float, least: int, rounded: Callable[[float], float]
) -> float:
    """The probability at the rank of `share` among (n + 1), counted from 1; the guarantee's quantile of a group."""
    cell = np.sort(p[members])
    if cell.size < least:
        raise InvalidConfig(
            f"A band with an error of {min(share, 1 - share):.0%} needs {least} images of each group; got {cell.size}."
        )
    rounding = -ROUNDING if rounded is np.ceil else ROUNDING
    return float(cell[int(rounded((cell.size + 1) * share + rounding)) - 1])
