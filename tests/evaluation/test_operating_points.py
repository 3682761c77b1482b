"""Thresholds and what they do: counted by hand, compared with published intervals, chosen by their own rule."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pytest

from xray_model.errors import InvalidConfig
from xray_model.evaluation.operating_points import (
    BALANCED_SENSITIVITY,
    SCREENING_SENSITIVITY,
    OperatingPoint,
    candidate_thresholds,
    choose_operating_points,
    measure_operating_point,
    wilson_interval,
)
from xray_model.labels import NORMAL, PNEUMONIA


def overlapping(n: int = 2000) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(4)
    labels = rng.random(n) < 0.6
    return 1 / (1 + np.exp(-rng.normal(np.where(labels, 1.5, -1.5), 1.2))), labels


def bells(half_distance: float, ill: int = 1400, healthy: int = 600) -> tuple[np.ndarray, np.ndarray]:
    """Two normal curves without chance: at 0.5 both kinds of error are equal, and Youden's index is at its top."""
    logits = [
        NormalDist(side * half_distance).inv_cdf((i + 0.5) / n)
        for side, n in ((1, ill), (-1, healthy))
        for i in range(n)
    ]
    return 1 / (1 + np.exp(-np.array(logits))), np.arange(ill + healthy) < ill


def best_youden(p, y) -> float:
    return max(youden(measure_operating_point("", t, p, y, "")) for t in candidate_thresholds(p))


def youden(point: OperatingPoint) -> float:
    return point.sensitivity + point.specificity - 1


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718), (0, 0, 0, 1)],
)
def test_interval_is_the_published_one(successes, n, low, high):
    """Newcombe, Statistics in Medicine 1998, table I, method 3."""
    assert wilson_interval(successes, n) == pytest.approx((low, high), abs=1e-4)


def test_interval_never_leaves_the_scale():
    assert wilson_interval(5, 5)[1] == 1.0


def test_rule_includes_the_threshold():
    point = measure_operating_point("a", 0.5, [0.5], [1], "one image")
    assert point.decide(0.5) == PNEUMONIA
    assert point.decide(np.nextafter(0.5, 0)) == NORMAL


def test_shares_are_counted_as_by_hand():
    point = measure_operating_point("a", 0.5, [0.9, 0.5, 0.4, 0.1, 0.6, 0.2], [1, 1, 1, 0, 0, 0], "six images")
    assert (point.sensitivity, point.specificity, point.n) == (2 / 3, 2 / 3, 6)
    assert point.sensitivity_interval == wilson_interval(2, 3)
    assert (point.name, point.threshold, point.data) == ("a", 0.5, "six images")


def test_absent_label_has_an_interval_that_says_nothing():
    point = measure_operating_point("a", 0.5, [0.9, 0.2], [1, 1], "two images")
    assert (point.sensitivity, point.specificity) == (0.5, 0.0)
    assert point.specificity_interval == (0.0, 1.0)


def test_candidates_lie_between_the_probabilities():
    assert candidate_thresholds([0.4, 0.2, 0.4]) == pytest.approx([0.1, 0.3, 0.7])
    assert candidate_thresholds([0.0, 1.0])[-1] > 1.0  # none is called, even a saturated one


def test_points_keep_their_promises():
    p, y = overlapping()
    screening, balanced, rule_in = choose_operating_points(p, y, "drawn")
    assert [point.name for point in (screening, balanced, rule_in)] == ["screening", "balanced", "rule-in"]
    assert screening.threshold < balanced.threshold < rule_in.threshold
    assert screening.sensitivity >= SCREENING_SENSITIVITY
    assert rule_in.specificity >= 0.98
    assert balanced.sensitivity < BALANCED_SENSITIVITY  # too dear for this one
    assert youden(balanced) == pytest.approx(best_youden(p, y))


def test_balanced_finds_97_of_100_where_that_costs_no_more_than_chance():
    p, y = bells(1.81)  # 96.5 % and 96.5 %, or 97 % and 96 %
    _, balanced, _ = choose_operating_points(p, y, "drawn")
    assert balanced.threshold < 0.5
    assert BALANCED_SENSITIVITY <= balanced.sensitivity < BALANCED_SENSITIVITY + 0.001
    assert balanced.specificity == pytest.approx(0.96, abs=0.002)


def test_balanced_stays_at_the_top_where_97_of_100_would_cost_more():
    p, y = bells(1.5)  # 93 % and 93 %, or 97 % and 87 %
    _, balanced, _ = choose_operating_points(p, y, "drawn")
    assert balanced.sensitivity == pytest.approx(balanced.specificity, abs=0.01)


def test_of_equals_balanced_is_the_one_that_misses_fewer():
    p, y = np.array([0.1, 0.2, 0.6, 0.3, 0.8, 0.9]), np.array([0, 0, 0, 1, 1, 1])
    _, balanced, _ = choose_operating_points(p, y, "six images")
    assert (balanced.threshold, balanced.sensitivity) == (pytest.approx(0.25), 1.0)


def test_points_give_away_no_more_than_they_must():
    """One candidate further and the promise is broken."""
    p, y = overlapping()
    screening, _, rule_in = choose_operating_points(p, y, "drawn")
    candidates = candidate_thresholds(p)
    higher = candidates[np.searchsorted(candidates, screening.threshold) + 1]
    lower = candidates[np.searchsorted(candidates, rule_in.threshold) - 1]
    assert measure_operating_point("", higher, p, y, "").sensitivity < SCREENING_SENSITIVITY
    assert measure_operating_point("", lower, p, y, "").specificity < 0.98


def test_separable_classes_keep_the_order_and_make_no_mistake():
    p, y = np.array([0.1, 0.2, 0.3, 0.7, 0.8, 0.9]), np.array([0, 0, 0, 1, 1, 1])
    points = choose_operating_points(p, y, "six images")
    assert [point.threshold for point in points] == sorted(point.threshold for point in points)
    assert all((point.sensitivity, point.specificity) == (1.0, 1.0) for point in points)


def test_useless_probabilities_still_give_three_points():
    for p in (np.full(100, 0.5), np.where(np.arange(100) % 3, 1.0, 0.0)):
        screening, _, rule_in = choose_operating_points(p, np.arange(100) % 2, "noise")
        assert screening.sensitivity >= SCREENING_SENSITIVITY
        assert rule_in.specificity >= 0.98


@pytest.mark.parametrize(
    ("p", "y", "words"),
    [([0.2, 0.3], [1, 1], "need both labels"), ([0.2], [1, 0], "1 probabilities for 2 labels"),
     ([0.2, np.nan], [1, 0], r"in \[0, 1\]"), ([0.2, 1.2], [1, 0], r"in \[0, 1\]")],
)  # fmt: skip
def test_what_cannot_be_chosen_on_is_refused(p, y, words):
    with pytest.raises(InvalidConfig, match=words):
        choose_operating_points(p, y, "bad")
