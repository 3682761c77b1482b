"""Logit to probability: exact where it can be, and right where the truth is known."""

from __future__ import annotations

import numpy as np
import pytest

from xray_model.errors import InvalidConfig
from xray_model.evaluation.calibration import Calibration, fit_calibration, sigmoid


def drawn(scale: float, bias: float, n: int = 40_000) -> tuple[np.ndarray, np.ndarray]:
    """Logits, and labels drawn with the probability that `Calibration(scale, bias)` gives them."""
    rng = np.random.default_rng(11)
    logits = rng.normal(0.5, 2, n)
    return logits, (rng.random(n) < Calibration(scale, bias).probability(logits)).astype(int)


def loss(calibration: Calibration, logits: np.ndarray, labels: np.ndarray) -> float:
    p = np.clip(calibration.probability(logits), 1e-12, 1 - 1e-12)
    return float(-(labels * np.log(p) + (1 - labels) * np.log(1 - p)).mean())


def test_sigmoid_is_exact_for_any_magnitude():
    assert sigmoid(0.0) == 0.5
    assert sigmoid([-800.0, 800.0]).tolist() == [0.0, 1.0]
    assert sigmoid(np.float32(2)) == pytest.approx(1 / (1 + np.exp(-2.0)))


def test_probability_keeps_the_shape_and_the_order():
    logits = np.linspace(-5, 5, 12).reshape(3, 4)
    probabilities = Calibration(1.5, -0.5).probability(logits)
    assert probabilities.shape == (3, 4)
    assert (np.diff(probabilities.ravel()) > 0).all()
    assert np.allclose(Calibration(1, 0).probability(logits), sigmoid(logits))


@pytest.mark.parametrize(("scale", "bias"), [(1.0, 0.0), (0.4, 1.0), (2.5, -0.7)])
def test_known_calibration_is_found_again(scale, bias):
    fitted = fit_calibration(*drawn(scale, bias))
    assert fitted.scale == pytest.approx(scale, rel=0.05)
    assert fitted.bias == pytest.approx(bias, abs=0.06)


def test_fit_is_the_optimum():
    logits, labels = drawn(0.4, 1.0, 5000)
    fitted = fit_calibration(logits, labels)
    best = loss(fitted, logits, labels)
    for scale, bias in ((0.02, 0), (-0.02, 0), (0, 0.02), (0, -0.02)):
        assert loss(Calibration(fitted.scale + scale, fitted.bias + bias), logits, labels) > best - 1e-6


@pytest.mark.parametrize("factor", [1e-3, 1e3])
def test_fit_does_not_depend_on_the_logits_range(factor):
    logits, labels = drawn(1.0, 0.3, 5000)
    usual, other = fit_calibration(logits, labels), fit_calibration(logits * factor, labels)
    assert other.scale == pytest.approx(usual.scale / factor, rel=1e-4)
    assert other.bias == pytest.approx(usual.bias, abs=1e-4)


def test_separable_classes_give_no_certainty():
    """Platt's smoothed targets: (n + 1) / (n + 2) is as sure as n images can make anybody."""
    logits, labels = np.array([-9.0] * 8 + [9.0] * 8), np.array([0] * 8 + [1] * 8)
    probabilities = fit_calibration(logits, labels).probability([-9.0, 9.0])
    assert probabilities == pytest.approx([1 / 10, 9 / 10], abs=1e-3)


def test_logits_that_say_nothing_give_the_share_of_the_labels():
    calibration = fit_calibration(np.zeros(100), np.arange(100) < 25)
    assert float(calibration.probability(0.0)) == pytest.approx(0.25, abs=0.02)


@pytest.mark.parametrize(("logits", "labels"), [([1.0, 2.0], [1]), ([], []), ([np.nan, 1.0], [0, 1])])
def test_what_cannot_be_fitted_is_refused(logits, labels):
    with pytest.raises(InvalidConfig, match=f"Got {len(logits)} logits and {len(labels)} labels"):
        fit_calibration(logits, labels)
