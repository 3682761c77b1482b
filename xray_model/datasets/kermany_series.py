"""Series of films, told by the Kermany set's file names: other months, other habits, another kind of film.

Normal films come in two series (`IM-...`, `NORMAL2-IM-...`); persons with pneumonia are numbered as they came.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from xray_model.datasets.labelled_images import LabelledImages
from xray_model.labels import LABELS

FIRST_OF_SECOND = 1000  # persons with this number and above belong to the second series
NORMALS = re.compile(r"(NORMAL2-)?IM-\d+", re.IGNORECASE)
PERSONS = re.compile(r"person(\d+)", re.IGNORECASE)


def series_of(groups: Sequence[str]) -> NDArray[np.int8]:
    """0 or 1 for each patient (n,), -1 where the name tells no series."""
    return np.array([_series(group) for group in groups], np.int8)


def _series(group: str) -> int:
    if normal := NORMALS.match(group):
        return int(normal.group(1) is not None)
    person = PERSONS.match(group)
    return int(int(person.group(1)) >= FIRST_OF_SECOND) if person else -1


def has_two_series(images: LabelledImages) -> bool:
    """True when both series hold images of both labels."""
    series = series_of(images.groups)
    return all(len(set(images.labels[series == which].tolist())) == len(LABELS) for which in (0, 1))
