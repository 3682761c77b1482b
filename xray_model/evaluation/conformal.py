"""The "not sure" band: probabilities that rule out neither label, with a guarantee that conformal prediction gives."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from xray_model.errors import InvalidConfig

ROUNDING = 1e-9  # of floating point: 49 * (1 - 1 / 49) is a little more than 48
ERROR = 0.03  # of each label, in [0, 1]: how often a sure answer may be wrong on images like those it was chosen on


@dataclass(frozen=True)
class NotSureBand:
    """Probabilities from `low` to `high` are called "not sure".

    Class-conditional split-conformal prediction (Vovk, Machine Learning 2013): of new images that are exchangeable
    with the `normal` and `pneumonia` ones it was chosen on, at most a share `error` of each label is, on average over
    such choices, answered surely and wrong.
    """

    low: float
    high: float
    error: float
    normal: int
    pneumonia: int

    def holds(self, probability: float) -> bool:
        """True when the probability lies in the band."""
        return self.low <= probability <= self.high


def choose_band(
    probabilities: ArrayLike, labels: ArrayLike, error: float = ERROR, threshold: float | None = None
) -> NotSureBand:
    """The band for (n,) probabilities in [0, 1] and labels 0 or 1 that the network never learned from.

    threshold: of the default operating point; the band reaches it, so that a sure answer is also the decision there.
    Raises `InvalidConfig` when a label has too few images for the guarantee: fewer than 1 / error - 1.
    """
    p, y = np.asarray(probabilities, np.float64).ravel(), np.asarray(labels).ravel() > 0
    well, sick = np.sort(p[~y]), np.sort(p[y])
    least = int(np.ceil(1 / error - ROUNDING)) - 1
    if min(well.size, sick.size) < least:
        raise InvalidConfig(
            f"A band with {error:.0%} error needs {least} images of each label; got {well.size} NORMAL and "
            f"{sick.size} PNEUMONIA."
        )
    # NORMAL is ruled out above the first limit, PNEUMONIA below the second; between them neither or both are.
    normal_limit = well[int(np.ceil((well.size + 1) * (1 - error) - ROUNDING)) - 1]
    pneumonia_limit = sick[int(np.floor((sick.size + 1) * error + ROUNDING)) - 1]
    limits = [float(normal_limit), float(pneumonia_limit), *([] if threshold is None else [float(threshold)])]
    return NotSureBand(min(limits), max(limits), error, int(well.size), int(sick.size))
