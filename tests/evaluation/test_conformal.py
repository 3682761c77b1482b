"""The "not sure" band: its guarantee holds over many draws, and it is refused where there is none."""

from __future__ import annotations

import numpy as np
import pytest

from tests.support.bundle_factory import tiny_card
from xray_model.errors import InvalidConfig
from xray_model.evaluation.conformal import NotSureBand, choose_band
from xray_model.inference.analyze import predict

DRAWS = 3000


def wrong_shares(normal: int, pneumonia: int, error: float, seed: int = 0) -> np.ndarray:
    """(DRAWS, 2): the exact share of new NORMAL and PNEUMONIA images answered surely and wrong, for each choice.

    Probabilities of NORMAL are the square of an even draw, of PNEUMONIA its root: cumulative shares are known exactly.
    """
    rng, shares = np.random.default_rng(seed), []
    for _ in range(DRAWS):
        p = np.concatenate([rng.random(normal) ** 2, rng.random(pneumonia) ** 0.5])
        band = choose_band(p, np.arange(len(p)) >= normal, error)
        shares.append((1 - band.high**0.5, band.low**2))
    return np.array(shares)


@pytest.mark.parametrize(
    ("normal", "pneumonia", "error"), [(49, 49, 0.02), (99, 60, 0.1), (33, 133, 0.03), (166, 429, 0.02)]
)
def test_the_guarantee_holds_for_both_labels(normal, pneumonia, error):
    shares = wrong_shares(normal, pneumonia, error)
    margin = 3 * shares.std(axis=0) / DRAWS**0.5
    assert (shares.mean(axis=0) <= error + margin).all()
    assert (shares.max(axis=0) > error).all(), "a promise about the average, not about each choice"


@pytest.mark.parametrize("images", [49, 99, 199])
def test_the_band_is_no_wider_than_the_guarantee_needs(images):
    """Where (n + 1) * error is whole and the labels overlap, the mean error is the promised one itself."""
    shares = wrong_shares(images, images, 0.1 if images == 49 else 0.02)
    assert shares.mean(axis=0) == pytest.approx(0.1 if images == 49 else 0.02, rel=0.08)


@pytest.mark.parametrize(("error", "least"), [(0.02, 49), (0.05, 19), (0.03, 33), (1 / 49, 48)])
def test_too_few_images_of_either_label_are_refused(error, least):
    rng = np.random.default_rng(1)
    enough = rng.random(2 * least)
    choose_band(enough, np.arange(2 * least) % 2, error)
    for labels in (np.arange(2 * least) < least - 1, np.arange(2 * least) >= least - 1):
        with pytest.raises(InvalidConfig, match=rf"needs {least} images of each group; got {least - 1}"):
            choose_band(enough, labels, error)


def test_limits_of_labels_that_overlap_are_the_ranks():
    p = np.arange(1, 100) / 100
    band = choose_band(np.r_[p, p], np.r_[np.zeros(99), np.ones(99)], 0.1)
    assert (band.low, band.high) == (0.1, 0.9)
    assert (band.normal, band.pneumonia, band.error) == (99, 99, 0.1)


def test_every_group_has_the_guarantee_and_the_worst_sets_the_limits():
    """A few healthy films like the ill ones widen the band, though they are one in eleven of the healthy."""
    p = np.arange(1, 100) / 100
    few = np.linspace(0.5, 0.97, 49)
    values, labels = np.r_[p / 2, p / 2, few, p], np.r_[np.zeros(198 + 49), np.ones(99)]
    cells = np.repeat(["many", "many too", "few", "ill"], [99, 99, 49, 99])
    blind, fair = choose_band(values, labels, 0.1), choose_band(values, labels, 0.1, cells=cells)
    assert (blind.groups, fair.groups) == (2, 4)
    assert fair.high == np.sort(few)[44] > blind.high
    assert np.mean(few > fair.high) <= 0.1 < np.mean(few > blind.high)


def test_one_label_alone_has_no_band():
    with pytest.raises(InvalidConfig, match="got one label only"):
        choose_band(np.arange(60) / 60, np.zeros(60))


def test_limits_that_cross_are_sorted():
    """Labels that are well apart: between the limits both are ruled out, which is no answer either."""
    p = np.arange(1, 100) / 250
    band = choose_band(np.r_[p, p + 0.6], np.r_[np.zeros(99), np.ones(99)], 0.1)
    assert band.low == pytest.approx(90 / 250)
    assert band.high == pytest.approx(0.6 + 10 / 250)
    assert band.holds(0.5)


def test_the_limits_themselves_are_no_answer():
    band = NotSureBand(0.3, 0.6, 0.02, 100, 100)
    assert [band.holds(p) for p in (0.29, 0.3, 0.45, 0.6, 0.61)] == [False, True, True, True, False]


def test_a_prediction_in_the_band_is_unsure_and_keeps_its_decision():
    card = tiny_card("a-card-v1", not_sure=NotSureBand(0.4, 0.6, 0.02, 100, 100))
    answers = [predict(logit, card, card.operating_point()) for logit in (-0.1, 0.0, 3.0)]
    assert [answer.unsure for answer in answers] == [True, True, False]
    assert [answer.label for answer in answers] == ["NORMAL", "PNEUMONIA", "PNEUMONIA"]
    assert not predict(0.0, tiny_card("a-card-v1"), card.operating_point()).unsure
