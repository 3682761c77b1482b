"""Tells a film from a screen with a film on it: a plain ground around a busy rectangle, with writing on the ground."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

CALM = 3  # most grey levels between neighbours on a plain ground
GROUND, PLAIN = 0.15, 0.5  # least share of the picture around the film; least share of that which is calm
WRITING, WORDS = 24, 4  # grey levels by which writing stands out; least marks of it
MARGIN = 3  # pixels around the film that still belong to it


def shows_screen(grey: NDArray[np.uint8]) -> bool:
    """Whether a picture, uint8 (224, 224), is a viewer's screen.

    The figures were chosen on 300 training films drawn into screens (295 told, none of 595 films as they are, of 300
    adults' films, or of 300 films on a plain larger ground).
    """
    contrast = cv2.morphologyEx(grey, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    busy = cv2.morphologyEx((contrast > CALM).astype(np.uint8), cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    around = _around_film(busy)
    if around.mean() < GROUND or (contrast[around] <= CALM).mean() < PLAIN:
        return False
    count, marks, facts, _ = cv2.connectedComponentsWithStats(busy * around.astype(np.uint8))
    strong = np.unique(marks[contrast >= WRITING])
    return sum(facts[mark, cv2.CC_STAT_AREA] >= 4 for mark in strong if 0 < mark < count) >= WORDS


def _around_film(busy: NDArray[Any]) -> NDArray[np.bool_]:
    """Everything outside of the box around the largest busy area that is thicker than writing."""
    around = np.ones(busy.shape, bool)
    count, _, facts, _ = cv2.connectedComponentsWithStats(
        cv2.morphologyEx(busy, cv2.MORPH_OPEN, np.ones((9, 9), np.uint8))
    )
    if count < 2:
        return around
    left, top, width, height, _ = facts[1 + np.argmax(facts[1:, cv2.CC_STAT_AREA])]
    rows = slice(max(0, top - MARGIN), top + height + MARGIN)
    around[rows, max(0, left - MARGIN) : left + width + MARGIN] = False
    return around
