"""Probabilities and decisions where pneumonia is more or less common: against counting, and against simulation."""

from __future__ import annotations

import numpy as np
import pytest

from tests.support.bundle_factory import tiny_card
from xray_model.errors import InvalidConfig
from xray_model.evaluation import metrics
from xray_model.evaluation.calibration import sigmoid
from xray_model.evaluation.metrics import evaluate_probabilities, expected_calibration_error
from xray_model.evaluation.operating_points import measure_operating_point
from xray_model.evaluation.prevalence import at_prevalence, check_prevalence, predictive_values
from xray_model.inference.analyze import predict


def test_a_film_counted_by_hand():
    """Of 1,000 people 50 are ill; four in five of them look like this film, and one in ten of the healthy."""
    at_equal_shares = 0.8 / (0.8 + 0.1)
    assert at_prevalence(at_equal_shares, 0.05) == pytest.approx(40 / (40 + 95))
    assert at_prevalence(at_prevalence(0.3, 0.2), 0.5, calibrated_at=0.2) == pytest.approx(0.3)
    assert at_prevalence([0.0, 1.0], 0.01).tolist() == [0.0, 1.0]


@pytest.mark.parametrize("prevalence", [0.05, 0.2, 0.8])
def test_told_for_the_share_of_the_ill_a_probability_is_true(prevalence):
    """Scores of two bells, calibrated exactly at equal shares; ECE against people of whom another share is ill."""
    rng = np.random.default_rng(3)
    ill = rng.random(60_000) < prevalence
    probability = sigmoid(2 * rng.normal(np.where(ill, 1, -1), 1))  # the exact posterior at equal shares
    there = at_prevalence(probability, prevalence)
    assert expected_calibration_error(there, ill) < 0.01 < expected_calibration_error(probability, ill)


def test_predictive_values_are_shares_of_those_called():
    point = measure_operating_point(
        "a", 0.5, np.repeat([0.9, 0.1, 0.9, 0.1], [90, 10, 20, 80]), np.arange(200) < 100, ""
    )
    worth = predictive_values(point, 0.1)
    assert worth.ppv == pytest.approx(90 / (90 + 9 * 20))
    assert worth.npv == pytest.approx(9 * 80 / (9 * 80 + 10))
    at_equal = predictive_values(point, 0.5)
    assert worth.ppv < at_equal.ppv
    assert worth.npv > at_equal.npv


def test_intervals_of_predictive_values_hold_the_truth_19_times_in_20():
    rng, truth = np.random.default_rng(5), 0.2 * 0.9 / (0.2 * 0.9 + 0.8 * 0.05)
    held = 0
    for _ in range(600):
        hits, alarms = rng.binomial(150, 0.9), rng.binomial(150, 0.05)
        p = np.repeat([0.9, 0.1, 0.9, 0.1], [hits, 150 - hits, alarms, 150 - alarms])
        low, high = predictive_values(measure_operating_point("a", 0.5, p, np.arange(300) < 150, ""), 0.2).ppv_interval
        held += low <= truth <= high
    assert 0.93 <= held / 600 <= 0.99


def test_a_point_without_mistakes_has_intervals_all_the_same():
    point = measure_operating_point("a", 0.5, [0.9] * 40 + [0.1] * 40, np.arange(80) < 40, "")
    worth = predictive_values(point, 0.2)
    assert (worth.ppv, worth.npv) == (1.0, 1.0)
    assert worth.ppv_interval[1] == worth.npv_interval[1] == 1.0
    assert 0.5 < worth.ppv_interval[0] < worth.npv_interval[0] < 1


@pytest.mark.parametrize("prevalence", [0.01, 0.2, 0.9])
def test_no_decision_depends_on_the_prevalence(prevalence):
    card = tiny_card("a-card-v1")
    for logit in np.linspace(-2, 2, 41):
        for point in card.operating_points:
            usual, there = predict(logit, card, point), predict(logit, card, point, prevalence)
            assert there.label == usual.label
            assert (there.probability >= there.threshold) == (usual.probability >= usual.threshold)
            assert there.prevalence == prevalence != usual.prevalence == card.prevalence


@pytest.mark.parametrize("prevalence", [0.0, 0.95, float("nan"), 20])
def test_what_is_no_prevalence_is_refused(prevalence):
    with pytest.raises(InvalidConfig, match=r"expected a share from 0\.01 to 0\.9"):
        check_prevalence(prevalence)


def test_a_set_is_judged_at_its_own_share_unless_asked_otherwise(monkeypatch):
    monkeypatch.setattr(metrics, "BOOTSTRAP_ROUNDS", 20)  # for intervals, which are not looked at
    rng = np.random.default_rng(8)
    ill = np.arange(4000) < 800
    probability = sigmoid(2 * rng.normal(np.where(ill, 1, -1), 1))
    points = tiny_card("a-card-v1").operating_points
    patients = [str(i // 40) for i in range(4000)]
    own = evaluate_probabilities(probability, ill, patients, points, "balanced")
    asked = evaluate_probabilities(probability, ill, patients, points, "balanced", prevalence=0.5)
    assert (own["prevalence"], asked["prevalence"]) == (0.2, 0.5)
    assert own["ece"]["value"] < 0.02 < asked["ece"]["value"]
    assert own["accuracy"] == asked["accuracy"]
    called = probability >= 0.5
    assert own["operating_points"]["balanced"]["ppv"]["value"] == pytest.approx(np.mean(ill[called]))
    assert own["operating_points"]["balanced"]["npv"]["value"] == pytest.approx(np.mean(~ill[~called]))
