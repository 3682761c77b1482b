"""Groups that weigh alike, and the one that is served worst."""

from __future__ import annotations

import numpy as np
import pytest

from tests.support.bundle_factory import tiny_card
from xray_model.evaluation.calibration import fit_calibration, sigmoid
from xray_model.evaluation.groups import alike, cell_figures, worst_cell

CELLS = np.repeat(["a", "b", "c"], [10, 2, 4])
LABELS = np.repeat([0, 0, 1], [10, 2, 4])


def test_labels_weigh_alike_and_so_do_their_groups():
    weights = alike(LABELS, CELLS)
    shares = {cell: weights[cell == CELLS].sum() / weights.sum() for cell in "abc"}
    assert shares == {"a": pytest.approx(0.25), "b": pytest.approx(0.25), "c": pytest.approx(0.5)}
    assert weights.sum() == pytest.approx(len(LABELS))
    assert alike(np.ones(3), ["a", "a", "b"]).sum() == pytest.approx(3)


def test_a_calibration_with_labels_alike_holds_for_equal_shares():
    """Nine in ten learned from are ill; the probability is that of people of whom half are."""
    rng = np.random.default_rng(2)
    ill = rng.random(40_000) < 0.9
    logits = rng.normal(np.where(ill, 1, -1), 1)
    fitted = fit_calibration(logits, ill, alike(ill, ill))
    assert (fitted.scale, fitted.bias) == (pytest.approx(2, abs=0.05), pytest.approx(0, abs=0.05))
    assert sigmoid(fit_calibration(logits, ill).bias) == pytest.approx(0.9, abs=0.02)


def test_each_group_is_counted_under_each_condition_and_the_worst_is_named():
    p = np.array([0.1, 0.6, 0.4, 0.2, 0.9, 0.6, 0.8, 0.2])
    groups = np.repeat(["NORMAL", "PNEUMONIA"], 4)
    conditions = np.tile(["as taken", "as taken", "dark", "dark"], 2)
    ill, points = (groups == "PNEUMONIA").astype(np.int8), tiny_card("a-v1").operating_points
    records = cell_figures(p, ill, groups, conditions, points)
    assert [(record["group"], record["condition"], record["n"]) for record in records] == [
        ("NORMAL", "as taken", 2), ("NORMAL", "dark", 2), ("PNEUMONIA", "as taken", 2), ("PNEUMONIA", "dark", 2)
    ]  # fmt: skip
    assert [record["right"]["balanced"]["value"] for record in records] == [0.5, 1.0, 1.0, 0.5]
    assert worst_cell(records, "balanced", "PNEUMONIA")["condition"] == "dark"
    assert worst_cell(records, "rule-in")["group"] == "PNEUMONIA"
    low, high = records[0]["right"]["balanced"]["interval"]
    assert 0 < low < 0.5 < high < 1
