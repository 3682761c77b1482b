"""What the tests of DICOM files ask of a file: its radiograph, its notes, or the sentence that refuses it."""

from __future__ import annotations

import numpy as np
import pytest

from tests.dicom_files import dicom, film
from xray_model.errors import InvalidRadiograph
from xray_model.radiograph import Radiograph

FILM = film(12)


def read(data: bytes) -> Radiograph:
    """The radiograph in a file's bytes."""
    return Radiograph.from_bytes(data)


def refusal(data: bytes) -> str:
    """Why a file is not read."""
    with pytest.raises(InvalidRadiograph) as caught:
        read(data)
    return str(caught.value)


def notes(**elements) -> str:
    """What is said about a sound file with these elements."""
    return " ".join(read(dicom(**elements)).source.notes)


def expected(values: np.ndarray = FILM, bits: int = 12) -> np.ndarray:
    """uint8 grey levels of stored values that fill their range."""
    return np.rint(values * (255 / (2**bits - 1))).astype(np.uint8)
