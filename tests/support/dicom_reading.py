"""What the tests of DICOM files ask of a file: its radiograph, its notes, or the sentence that refuses it."""

from __future__ import annotations

import numpy as np

from tests.support.dicom_files import dicom, film
from tests.support.reading import read, refusal

__all__ = ["FILM", "expected", "notes", "read", "refusal"]

FILM = film(12)


def notes(**elements) -> str:
    """What is said about a sound file with these elements."""
    return " ".join(read(dicom(**elements)).source.notes)


def expected(values: np.ndarray = FILM, bits: int = 12) -> np.ndarray:
    """uint8 grey levels of stored values that fill their range."""
    return np.rint(values * (255 / (2**bits - 1))).astype(np.uint8)
