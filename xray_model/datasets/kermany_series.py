"""What file names of the Kermany data set tell: two series, which differ in dates, practice and kind of film, and
whether a pneumonia is bacterial or viral.

Normal films come as `IM-...` and `NORMAL2-IM-...`; persons with pneumonia are numbered in order of arrival.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from xray_model.datasets.labelled_images import LabelledImages
from xray_model.labels import LABELS, NORMAL, PNEUMONIA

FIRST_OF_SECOND = 1000  # persons from this number on belong to the second series
NORMALS = re.compile(r"(NORMAL2-)?IM-\d+", re.IGNORECASE)
PERSONS = re.compile(r"person(\d+)", re.IGNORECASE)
KIND = re.compile(r"person\d+_(bacteria|virus)", re.IGNORECASE)
KINDS = {"bacteria": "bacterial", "virus": "viral"}
SERIES_NAMES = ("first series", "second series")


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


def film_groups(images: LabelledImages) -> tuple[str, ...]:
    """The group of each film: its label and, where names tell, kind of pneumonia and series, as in `PNEUMONIA, viral,
    second series`. Age and sex are not in this data set."""
    series = series_of(images.groups)
    return tuple(map(_group, images.labels.tolist(), images.names, series.tolist()))


def _group(label: int, name: str, series: int) -> str:
    kind = KIND.search(name) if label else None
    parts = [PNEUMONIA if label else NORMAL, KINDS[kind.group(1).lower()] if kind else ""]
    return ", ".join(filter(None, [*parts, SERIES_NAMES[series] if series >= 0 else ""]))
