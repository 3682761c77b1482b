"""Curves over answered films, against plain loops."""

from __future__ import annotations

import numpy as np
import pytest

from xray_model.evaluation.curves import (
    accuracy_by_coverage,
    corners,
    decision_curve,
    net_benefit,
    reliability,
    roc_curve,
)
from xray_model.evaluation.metrics import roc_auc
from xray_model.evaluation.operating_points import wilson_interval

RNG = np.random.default_rng(5)
LABELS = RNG.integers(0, 2, 300)
ANSWERS = np.clip(np.round(0.5 + 0.25 * (LABELS - 0.5) + RNG.normal(0, 0.2, 300), 2), 0.01, 0.99)  # with ties
COUNTED = list(zip(ANSWERS.tolist(), LABELS.tolist(), strict=True))


def rates(threshold: float) -> tuple[float, float]:
    """(share of the healthy, share of the ill) called ill, counted one by one."""
    called = [label for answer, label in COUNTED if answer >= threshold]
    return called.count(0) / LABELS.tolist().count(0), called.count(1) / LABELS.tolist().count(1)


def test_roc_curve_has_every_threshold_and_the_area_of_the_ranks():
    across, up = roc_curve(ANSWERS, LABELS)
    counted = [rates(threshold) for threshold in sorted(set(ANSWERS.tolist()), reverse=True)]
    np.testing.assert_allclose(np.stack([across, up], 1), [(0, 0), *counted])
    assert np.trapezoid(up, across) == pytest.approx(roc_auc(ANSWERS, LABELS))
    kept = corners(across, up)
    assert kept.sum() < kept.size
    assert np.trapezoid(up[kept], across[kept]) == pytest.approx(roc_auc(ANSWERS, LABELS))


def test_reliability_counts_each_bin():
    bins = reliability(ANSWERS, LABELS, bins=5)
    for number, found in enumerate(bins):
        members = [pair for pair in COUNTED if number / 5 <= pair[0] < (number + 1) / 5]
        ill = sum(label for _, label in members)
        assert (found.n, found.share) == (len(members), ill / len(members))
        assert found.mean == pytest.approx(sum(answer for answer, _ in members) / len(members))
        assert found.interval == wilson_interval(ill, len(members))
    assert sum(found.n for found in bins) == 300


def test_decision_curve_is_vickers_and_elkin_s_count():
    """Of their formula, true positives less false positives weighed by the odds, on a sample with the prevalence."""
    share, thresholds = float(LABELS.mean()), [0.1, 0.37, 0.5, 0.9]
    counted = []
    for at in thresholds:
        true = sum(label == 1 for answer, label in COUNTED if answer >= at)
        false = sum(label == 0 for answer, label in COUNTED if answer >= at)
        counted.append(true / 300 - false / 300 * at / (1 - at))
    np.testing.assert_allclose(decision_curve(ANSWERS, LABELS, share, thresholds), counted)
    np.testing.assert_allclose(net_benefit(1, 1, 0.2, [0.0, 0.2]), [0.2, 0.0], atol=1e-12)  # treating all


def test_accuracy_by_coverage_adds_the_next_surest_film():
    threshold = 0.4
    coverage, accuracy = accuracy_by_coverage(ANSWERS, LABELS, threshold)
    odds = [answer / (1 - answer) / (threshold / (1 - threshold)) for answer in ANSWERS.tolist()]
    order = sorted(range(300), key=lambda i: -round(max(odds[i], 1 / odds[i]), 9))
    for answered in (1, 30, 170, 300):
        right = [(COUNTED[i][0] >= threshold) == COUNTED[i][1] for i in order[:answered]]
        at = answered - 1
        assert coverage[at] == answered / 300
        assert accuracy[at] == pytest.approx(np.mean(right), abs=2 / answered)  # ties may come in another order
    assert accuracy[-1] == np.mean((threshold <= ANSWERS) == LABELS)
