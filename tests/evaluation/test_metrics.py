"""Figures against values worked out by hand or by an independent count."""

import numpy as np
import pytest

from xray_model.errors import InvalidDataset
from xray_model.evaluation.metrics import (
    bootstrap_interval,
    brier_score,
    evaluate_probabilities,
    expected_calibration_error,
    roc_auc,
)
from xray_model.evaluation.operating_points import choose_operating_points

pytestmark = pytest.mark.usefixtures("true_intervals")


def by_pairs(scores, labels):
    """AUC by its definition: the share of (positive, negative) pairs in the right order, ties half."""
    positive, negative = scores[labels == 1], scores[labels == 0]
    return np.mean([(p > n) + 0.5 * (p == n) for p in positive for n in negative])


def sample(n=300, seed=0):
    rng = np.random.default_rng(seed)
    labels = (rng.random(n) < 0.6).astype(int)
    probabilities = np.clip(0.3 + 0.3 * labels + rng.normal(0, 0.2, n), 0.001, 0.999).round(2)
    return probabilities, labels, [f"p{i // 2}" for i in range(n)]


def test_auc_is_the_share_of_ordered_pairs_even_with_ties():
    probabilities, labels, _ = sample()
    assert roc_auc(probabilities, labels) == pytest.approx(by_pairs(probabilities, labels), abs=1e-12)


def test_auc_needs_both_labels():
    assert np.isnan(roc_auc([0.1, 0.2], [1, 1]))


def test_calibration_error_of_a_constant_guess_is_its_distance_from_the_frequency():
    assert expected_calibration_error([0.7] * 10, [1] * 5 + [0] * 5) == pytest.approx(0.2)
    assert expected_calibration_error([1.0, 0.0], [1, 0]) == 0.0


def test_brier_score_by_hand():
    assert brier_score([0.5, 1.0], [0, 1]) == pytest.approx(0.125)


def test_interval_holds_the_value_and_widens_when_patients_bring_many_images():
    probabilities, labels, groups = sample()
    value = roc_auc(probabilities, labels)
    low, high = bootstrap_interval(roc_auc, probabilities, labels, groups)
    assert low < value < high
    repeated = [np.repeat(part, 4) for part in (probabilities, labels, np.array(groups))]
    naive = bootstrap_interval(roc_auc, repeated[0], repeated[1], [str(i) for i in range(len(repeated[0]))])
    honest = bootstrap_interval(roc_auc, repeated[0], repeated[1], list(repeated[2]))
    assert honest[1] - honest[0] > 1.5 * (naive[1] - naive[0])


def test_interval_of_a_small_calibration_error_holds_its_value():
    rng = np.random.default_rng(3)
    probabilities = rng.random(400)
    labels = (rng.random(400) < probabilities).astype(int)
    value = expected_calibration_error(probabilities, labels)
    groups = [str(i) for i in range(400)]
    low, high = bootstrap_interval(expected_calibration_error, probabilities, labels, groups)
    assert 0 <= low < value < high < 0.2


def test_all_figures_agree_with_the_confusion_matrix():
    probabilities, labels, groups = sample()
    points = choose_operating_points(probabilities, labels, "these")
    figures = evaluate_probabilities(probabilities, labels, groups, points, "balanced")
    cells = figures["confusion"]
    assert sum(cells.values()) == figures["n"] == 300
    right = cells["true_positive"] + cells["true_negative"]
    assert figures["accuracy"]["value"] == pytest.approx(right / 300)
    balanced = figures["operating_points"]["balanced"]
    assert balanced["sensitivity"]["value"] == pytest.approx(cells["true_positive"] / figures["pneumonia"])
    assert balanced["specificity"]["value"] == pytest.approx(cells["true_negative"] / figures["normal"])
    assert figures["patients"] == 150


def test_one_label_only_is_refused():
    points = choose_operating_points([0.2, 0.8], [0, 1], "these")
    with pytest.raises(InvalidDataset, match="one label only"):
        evaluate_probabilities([0.2, 0.8], [1, 1], ["a", "b"], points, "balanced")
