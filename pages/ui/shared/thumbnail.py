"""Small pictures for lists."""

from __future__ import annotations

import cv2
import numpy as np

from pages.ui.shared import component
from xray_model import Radiograph

LONGEST = 96  # pixels a side: sharp at half of that on a telephone's screen
JPEG_QUALITY = 80


def encode(radiograph: Radiograph) -> str:
    """The radiograph as a data URI of about 2 KB."""
    height, width = radiograph.pixels.shape
    scale = min(1.0, LONGEST / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = np.asarray(cv2.resize(radiograph.pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
    return component.data_uri(small, "jpeg", [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
