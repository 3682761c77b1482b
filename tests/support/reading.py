"""Reading image files in tests: the radiograph, or the refusal."""

from __future__ import annotations

import numpy as np
import pytest

from tests.support.pictures import smooth
from xray_model.errors import InvalidRadiograph
from xray_model.imaging.radiograph import Radiograph

SMOOTH = smooth()


def read(data: bytes) -> Radiograph:
    """The radiograph in a file's bytes."""
    return Radiograph.from_bytes(data)


def refusal(data: bytes) -> str:
    """The message of the error that a file raises."""
    with pytest.raises(InvalidRadiograph) as caught:
        read(data)
    return str(caught.value)


def near(pixels: np.ndarray, expected: np.ndarray = SMOOTH, levels: float = 1.5) -> bool:
    """Whether two pictures differ by at most `levels`."""
    return pixels.shape == expected.shape and float(np.abs(pixels.astype(float) - expected).max()) <= levels
