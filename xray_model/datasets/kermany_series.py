"""The two series of the Kermany data set, recognised by file name; they differ in dates, practice and kind of film.

Normal films come as `IM-...` and `NORMAL2-IM-...`; persons with pneumonia are numbered in order of arrival.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from xray_model.datasets.labelled_images import LabelledImages
from xray_model.labels import LABELS

FIRST_OF_SECOND = 1000  # persons from this number on belong to the second series
NORMALS = re.compile(r"(NORMAL2-)?IM-\d+", re.IGNORECASE)
PERSONS = re.compile(r"person(\d+)", re.IGNORECASE)


def series_of(groups: Sequence[str]) -> NDArray[np.int8]:
    """The series of each patient, (n,): 0 or 1, or -1 if the name does not tell."""
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
