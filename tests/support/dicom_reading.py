"""Reading DICOM files in tests: the radiograph, its notes, or the refusal."""

from __future__ import annotations

import numpy as np

from tests.support.dicom_files import dicom, film
from tests.support.reading import read, refusal

__all__ = ["FILM", "expected", "notes", "read", "refusal"]

FILM = film(12)


def notes(**elements) -> str:
    """The notes on a sound file with these elements."""
    return " ".join(read(dicom(**elements)).source.notes)


def expected(values: np.ndarray = FILM, bits: int = 12) -> np.ndarray:
    """uint8 grey levels of stored values that fill their range."""
    return np.rint(values * (255 / (2**bits - 1))).astype(np.uint8)
