"""Groups of films and how each is served: the worst one decides, not the average over films.

A cell is a group of films (label, kind of pneumonia, series) under one condition (as taken, or a simulated shift).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xray_model.evaluation.operating_points import OperatingPoint, wilson_interval
from xray_model.labels import NORMAL, PNEUMONIA

AS_TAKEN = "as taken"  # the condition of a film that nothing was done to


def alike(labels: ArrayLike, cells: ArrayLike) -> NDArray[np.float64]:
    """Weights (n,), n in sum: both labels weigh the same, and so do all cells of a label, however many films they have.

    labels: (n,) 0 or 1. cells: (n,) names or numbers.
    """
    y = np.asarray(labels).ravel() > 0
    _, cell, size = np.unique(np.asarray(cells).ravel(), return_inverse=True, return_counts=True)
    cells_of_label = np.where(y, len(set(cell[y].tolist())), len(set(cell[~y].tolist())))
    present = len(set(y.tolist()))
    return y.size / (present * cells_of_label * size[cell])


def cell_figures(
    probabilities: NDArray[np.float64],
    labels: NDArray[np.int8],
    groups: ArrayLike,
    conditions: ArrayLike,
    points: Sequence[OperatingPoint],
) -> list[dict[str, Any]]:
    """A record for each cell, for JSON: its label, group, condition and n, and the share called right at each point.

    probabilities, labels, groups, conditions: (n,). Right: PNEUMONIA of the ill (sensitivity), NORMAL of the healthy
    (specificity), with Wilson's 95 % interval.
    """
    group, condition = np.asarray(groups), np.asarray(conditions)
    records = []
    for name in np.unique(group).tolist():
        for how in dict.fromkeys(condition.tolist()):
            members = (group == name) & (condition == how)
            if not members.any():
                continue
            ill = bool(labels[members][0])
            called = {point.name: (probabilities[members] >= point.threshold) == ill for point in points}
            records.append(
                {
                    "label": PNEUMONIA if ill else NORMAL,
                    "group": name,
                    "condition": how,
                    "n": int(members.sum()),
                    "right": {name: _share(right) for name, right in called.items()},
                }
            )
    return records


def worst_cell(records: Sequence[dict[str, Any]], point: str, label: str | None = None) -> dict[str, Any]:
    """The cell of a label, or of both, that has the smallest share called right at a point."""
    of_label = [record for record in records if label in (None, record["label"])]
    return min(of_label, key=lambda record: record["right"][point]["value"])


def _share(right: NDArray[np.bool_]) -> dict[str, Any]:
    hits = int(right.sum())
    return {"value": hits / right.size, "interval": list(wilson_interval(hits, right.size))}
