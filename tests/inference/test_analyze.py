"""Answering radiographs with a small real bundle."""

from __future__ import annotations

import numpy as np
import pytest

from tests.support.bundle_factory import CELLS, SIZE
from xray_model.bundles.bundle import load_bundle
from xray_model.errors import InvalidConfig
from xray_model.evaluation.calibration import sigmoid
from xray_model.imaging.radiograph import Radiograph
from xray_model.inference.analyze import analyze, analyze_many
from xray_model.labels import NORMAL, PNEUMONIA
from xray_model.phantoms import draw_phantom


@pytest.fixture(scope="module")
def bundle(tiny_bundle):
    return load_bundle(tiny_bundle)


@pytest.fixture(scope="module")
def radiographs():
    return [Radiograph.from_array(draw_phantom(seed, size=128).pixels) for seed in range(4)]


def test_probability_is_the_calibrated_logit_and_the_decision_its_threshold(bundle, radiographs):
    prediction = analyze(radiographs[0], bundle).prediction
    expected = bundle.runtime.forward(radiographs[0].grey(SIZE)[None]).logit[0]
    assert prediction.logit == pytest.approx(float(expected))
    assert prediction.probability == pytest.approx(float(sigmoid(2.0 * expected + 0.1)))
    assert prediction.operating_point.name == "balanced"
    assert prediction.label == (PNEUMONIA if prediction.probability >= 0.5 else NORMAL)


def test_operating_point_changes_the_decision_and_nothing_else(bundle, radiographs):
    by_name = {name: analyze(radiographs[0], bundle, name).prediction for name in ("screening", "rule-in")}
    assert by_name["screening"].probability == by_name["rule-in"].probability
    for name, threshold in (("screening", 0.3), ("rule-in", 0.7)):
        assert by_name[name].operating_point.threshold == threshold
        assert (by_name[name].label == PNEUMONIA) == (by_name[name].probability >= threshold)


def test_evidence_explains_both_labels_from_one_pass(bundle, radiographs):
    analysis = analyze(radiographs[1], bundle)
    assert analysis.evidence.shape == (CELLS, CELLS)
    assert np.array_equal(analysis.heatmap.values, np.maximum(analysis.evidence, 0))
    assert np.array_equal(analysis.explain(NORMAL).values, np.maximum(-analysis.evidence, 0))
    assert (analysis.heatmap.target, analysis.explain(NORMAL).target) == (PNEUMONIA, NORMAL)
    assert analysis.heatmap.reference == bundle.card.evidence_reference
    with pytest.raises(InvalidConfig, match="expected PNEUMONIA or NORMAL"):
        analysis.explain("pneumonia")


def test_evidence_adds_up_to_the_logit_without_its_bias(bundle, radiographs):
    analysis = analyze(radiographs[0], bundle)
    forward = bundle.runtime.forward(radiographs[0].grey(SIZE)[None])
    pooled = forward.feature_map.mean(axis=(1, 2))
    assert analysis.evidence.sum() == pytest.approx(float((pooled * forward.pooler_gradient).sum()), rel=1e-4)


def test_many_are_answered_in_order_as_each_alone(bundle, radiographs):
    answers = list(analyze_many(radiographs, bundle))
    assert [answer.radiograph for answer in answers] == radiographs
    for radiograph, answer in zip(radiographs, answers, strict=True):
        alone = analyze(radiograph, bundle)
        assert answer.prediction == alone.prediction
        assert np.array_equal(answer.evidence, alone.evidence)
    assert len({answer.prediction.logit for answer in answers}) == len(radiographs)


def test_many_are_taken_one_at_a_time(bundle, radiographs):
    taken = []

    def source():
        for number, radiograph in enumerate(radiographs):
            taken.append(number)
            yield radiograph

    answers = analyze_many(source(), bundle)
    next(answers)
    assert taken == [0]
    assert list(analyze_many([], bundle)) == []


def test_unknown_operating_point_fails_before_the_first_image(bundle):
    with pytest.raises(InvalidConfig, match="'strict': this bundle has screening, balanced, rule-in"):
        analyze_many([], bundle, "strict")
