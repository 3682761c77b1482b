"""What makes an answer doubtful though lungs are found: each sign as a number, the higher the more so."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from xray_model.explanation.lungs import Lungs
from xray_model.imaging.resize import resize_grey

MIRRORED, PROCESSED, CUT_OFF, WHITE = SIGNS = ("mirrored", "processed", "cut off", "one white lung")
ALARM = 0.005  # share of the held-out children that may show a sign


def measure_signs(pixels: NDArray[np.uint8], lungs: Lungs) -> dict[str, float]:
    """Each of `SIGNS` in an image reduced to uint8 (224, 224).

    mirrored, processed: scores in [0, 1]. cut off: how much of the lungs' rim is the picture's edge. one white lung: by
    how many standard deviations of both lungs' grey levels the dark quarter of one is brighter than the other's; 0
    without two.
    """
    both = np.asarray(lungs.masks.any(axis=0))
    at_edge = both[0].sum() + both[-1].sum() + both[:, 0].sum() + both[:, -1].sum()
    return {
        MIRRORED: lungs.score("mirrored"),
        PROCESSED: lungs.score("processed"),
        CUT_OFF: float(at_edge / np.sqrt(max(1, both.sum()))),
        WHITE: _difference(pixels, lungs.masks),
    }


def fit_alarms(signs: Iterable[dict[str, float]]) -> dict[str, float]:
    """For each sign the number that `ALARM` of these images exceed."""
    known = list(signs)
    return {name: float(np.quantile([one[name] for one in known], 1 - ALARM)) for name in SIGNS}


def _difference(pixels: NDArray[np.uint8], masks: NDArray[np.bool_]) -> float:
    if not masks.any(axis=(1, 2)).all():
        return 0.0
    grey = resize_grey(pixels, masks.shape[1]).astype(np.float32)
    dark = [np.partition(levels, len(levels) // 4)[len(levels) // 4] for levels in (grey[lung] for lung in masks)]
    return float(abs(dark[0] - dark[1]) / max(1.0, grey[masks[0] | masks[1]].std()))
