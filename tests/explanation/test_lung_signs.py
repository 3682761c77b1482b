"""Signs of a doubtful film: lungs at the picture's edge, one whiter than the other, the finder's own scores."""

from __future__ import annotations

import numpy as np
import pytest

from xray_model.explanation.lung_signs import (
    ALARM,
    CUT_OFF,
    MIRRORED,
    PROCESSED,
    SIGNS,
    WHITE,
    fit_alarms,
    measure_signs,
)
from xray_model.explanation.lungs import Lungs

KIND = np.array([0.9, 0.3, 0.6], np.float32)


def two_lungs(top: int = 10) -> Lungs:
    masks = np.zeros((2, 64, 64), bool)
    masks[0, top : top + 40, 8:28] = masks[1, top : top + 40, 36:56] = True
    return Lungs(masks, np.zeros(3, np.float32), KIND)


def film(left: int, right: int, side: int = 256) -> np.ndarray:
    """A dense body with two lungs of these grey levels, where `two_lungs` are."""
    levels = np.full((64, 64), 200, np.uint8)
    levels[two_lungs().masks[0]], levels[two_lungs().masks[1]] = left, right
    return np.kron(levels, np.ones((side // 64, side // 64), np.uint8))


def test_the_finder_s_own_scores_are_passed_on():
    signs = measure_signs(film(60, 60), two_lungs())
    assert set(signs) == set(SIGNS)
    assert (signs[MIRRORED], signs[PROCESSED]) == pytest.approx((0.3, 0.6))


@pytest.mark.parametrize("side", [64, 256, 512])
def test_one_lung_may_be_whiter_than_the_other_whichever(side):
    assert measure_signs(film(60, 60, side), two_lungs())[WHITE] == pytest.approx(0, abs=0.01)
    for levels in ((60, 180), (180, 60)):
        sign = measure_signs(film(*levels, side), two_lungs())[WHITE]
        assert sign == pytest.approx(120 / 60, rel=0.02), "half of their levels lie 60 above, half 60 below the mean"


def test_a_single_lung_is_not_whiter_than_none():
    lungs = two_lungs()
    lungs.masks[0] = False
    assert measure_signs(film(60, 180), lungs)[WHITE] == 0


def test_lungs_at_the_edge_are_cut_off():
    assert measure_signs(film(60, 60), two_lungs())[CUT_OFF] == 0
    assert measure_signs(film(60, 60), two_lungs(top=0))[CUT_OFF] == pytest.approx(40 / np.sqrt(1600))


def test_a_picture_without_lungs_has_no_signs_of_them():
    nothing = Lungs(np.zeros((2, 64, 64), bool), np.zeros(3, np.float32), KIND)
    signs = measure_signs(film(60, 180), nothing)
    assert (signs[WHITE], signs[CUT_OFF]) == (0, 0)


def test_alarms_are_what_few_images_exceed():
    known = [dict.fromkeys(SIGNS, float(number)) for number in range(1000)]
    alarms = fit_alarms(known)
    assert set(alarms) == set(SIGNS)
    assert all(sum(one[sign] > alarms[sign] for one in known) == 1000 * ALARM for sign in SIGNS)
