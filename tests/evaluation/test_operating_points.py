"""Thresholds and what they do: counted by hand, compared with published intervals, chosen by their own rule."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pytest

from xray_model.errors import InvalidConfig
from xray_model.evaluation.operating_points import (
    RULE_IN_SPECIFICITY,
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
    assert rule_in.specificity >= RULE_IN_SPECIFICITY


def test_balanced_errs_as_often_on_either_label_however_many_of_each_there_are():
    p, y = bells(1.5)  # 93 % and 93 %
    _, balanced, _ = choose_operating_points(p, y, "drawn")
    assert balanced.sensitivity == pytest.approx(balanced.specificity, abs=0.003)


def test_the_worst_group_sets_each_threshold_however_few_films_it_has():
    """Two groups of the healthy and of the ill: the small ones lie nearer to the other label."""
    places = {"healthy": -3.0, "healthy, few": -0.5, "ill": 3.5, "ill, few": 1.5}
    counts = {"healthy": 1900, "healthy, few": 100, "ill": 900, "ill, few": 100}
    draws = {name: NormalDist(places[name]) for name in places}
    cells = np.repeat(list(counts), list(counts.values()))
    logits = np.concatenate([[draws[name].inv_cdf((i + 0.5) / n) for i in range(n)] for name, n in counts.items()])
    p, y = 1 / (1 + np.exp(-logits)), np.char.startswith(cells, "ill")
    screening, balanced, rule_in = choose_operating_points(p, y, "drawn", cells)

    def right(point: OperatingPoint, cell: str) -> float:
        return float(np.mean((p[cells == cell] >= point.threshold) == cell.startswith("ill")))

    assert right(screening, "ill, few") == pytest.approx(SCREENING_SENSITIVITY, abs=0.011)
    assert right(rule_in, "healthy, few") == pytest.approx(RULE_IN_SPECIFICITY, abs=0.011)
    assert right(balanced, "ill, few") == pytest.approx(right(balanced, "healthy, few"), abs=0.011)
    by_films = choose_operating_points(p, y, "drawn")[1]
    assert right(by_films, "healthy, few") < right(balanced, "healthy, few")
    assert balanced.n == y.size
    counted = choose_operating_points(p, y, "drawn", cells, cells != "ill, few")[1]
    assert (counted.threshold, counted.n) == (balanced.threshold, y.size - 100)


def test_points_give_away_no_more_than_they_must():
    """One candidate further and the promise is broken."""
    p, y = overlapping()
    screening, _, rule_in = choose_operating_points(p, y, "drawn")
    candidates = candidate_thresholds(p)
    higher = candidates[np.searchsorted(candidates, screening.threshold) + 1]
    lower = candidates[np.searchsorted(candidates, rule_in.threshold) - 1]
    assert measure_operating_point("", higher, p, y, "").sensitivity < SCREENING_SENSITIVITY
    assert measure_operating_point("", lower, p, y, "").specificity < RULE_IN_SPECIFICITY


def test_separable_classes_keep_the_order_and_make_no_mistake():
    p, y = np.array([0.1, 0.2, 0.3, 0.7, 0.8, 0.9]), np.array([0, 0, 0, 1, 1, 1])
    points = choose_operating_points(p, y, "six images")
    assert [point.threshold for point in points] == sorted(point.threshold for point in points)
    assert all((point.sensitivity, point.specificity) == (1.0, 1.0) for point in points)


def test_useless_probabilities_still_give_three_points():
    for p in (np.full(100, 0.5), np.where(np.arange(100) % 3, 1.0, 0.0)):
        screening, _, rule_in = choose_operating_points(p, np.arange(100) % 2, "noise")
        assert screening.sensitivity >= SCREENING_SENSITIVITY
        assert rule_in.specificity >= RULE_IN_SPECIFICITY


@pytest.mark.parametrize(
    ("p", "y", "words"),
    [([0.2, 0.3], [1, 1], "need both labels"), ([0.2], [1, 0], "1 probabilities for 2 labels"),
     ([0.2, np.nan], [1, 0], r"in \[0, 1\]"), ([0.2, 1.2], [1, 0], r"in \[0, 1\]")],
)  # fmt: skip
def test_what_cannot_be_chosen_on_is_refused(p, y, words):
    with pytest.raises(InvalidConfig, match=words):
        choose_operating_points(p, y, "bad")
