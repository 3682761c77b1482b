"""What decisions are chosen on: groups alike, the worst one first, and a word where there are too few images."""

from __future__ import annotations

import numpy as np
import pytest

from xray_model.bundles.validation_answers import OWN, ValidationAnswers
from xray_model.datasets.splitting import ENOUGH
from xray_model.evaluation.groups import AS_TAKEN
from xray_model.training.decisions import decide
from xray_model.training.origin import BUNDLED_ORIGIN


def answers(normal: int, pneumonia: int, seed: int = 0) -> ValidationAnswers:
    """Logits of two bells around -1 and 1, each film as taken only."""
    labels = np.repeat([0, 1], [normal, pneumonia]).astype(np.int8)
    film = np.arange(len(labels))
    logits = np.random.default_rng(seed).normal(labels * 2 - 1, 1)
    same = np.full(len(labels), AS_TAKEN)
    return ValidationAnswers(
        film, film, labels, np.where(labels, "ill", "healthy"), same, np.full(len(labels), OWN, np.int8), logits
    )


@pytest.mark.parametrize(("of_a_label", "trusted"), [(ENOUGH - 1, False), (ENOUGH, True)])
def test_few_images_choose_no_threshold_that_can_be_trusted(of_a_label, trusted):
    decisions = decide(answers(of_a_label, of_a_label), None, BUNDLED_ORIGIN)
    assert len(decisions.points) == 3
    for point in decisions.points:
        assert ("no threshold chosen on them can be trusted" in point.data) != trusted


def test_the_probability_holds_for_equal_shares_whatever_was_learned_from():
    decisions = decide(answers(300, 30_000), None, BUNDLED_ORIGIN)
    assert decisions.calibration.scale == pytest.approx(2, abs=0.3)
    assert decisions.calibration.probability(0.0) == pytest.approx(0.5, abs=0.05)


def test_answers_are_rounded_before_anything_is_chosen_on_them():
    decisions = decide(answers(200, 200), None, BUNDLED_ORIGIN)
    thousandths = decisions.own.log_odds * 1000
    np.testing.assert_allclose(thousandths, np.rint(thousandths), atol=1e-9)
    called = decisions.own.probability >= decisions.threshold
    ill = decisions.own.label > 0
    assert decisions.points[1].sensitivity == np.mean(called[ill])
