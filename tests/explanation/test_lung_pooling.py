"""Pooling over the lungs: what the cells say together stays the logit, and what lies outside stays silent."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from xray_model.bundles.bundle import load_bundle
from xray_model.explanation.lung_pooling import LEAST_FIELD, cell_shares, pool_over_lungs
from xray_model.imaging.radiograph import Radiograph
from xray_model.inference.analyze import analyze
from xray_model.phantoms import draw_phantom

BIAS = 0.7


@pytest.fixture
def evidence() -> np.ndarray:
    return np.random.default_rng(1).normal(0, 0.1, (14, 14)).astype(np.float32)


@pytest.fixture
def field() -> np.ndarray:
    """Two lungs whose rims cut through cells."""
    field = np.zeros((224, 224), bool)
    field[40:170, 30:90] = field[45:165, 130:197] = True
    return field


def pooled(evidence, field):
    return pool_over_lungs(evidence, float(evidence.sum()) + BIAS, field)


def test_a_cell_s_share_is_the_part_of_it_that_is_lung():
    field = np.zeros((8, 8), bool)
    field[:4, :4], field[4:, 6:] = True, True
    assert cell_shares(field, 2, 2).tolist() == [[1.0, 0.0], [0.0, 0.5]]
    assert cell_shares(field, 4, 4)[3].tolist() == [0.0, 0.0, 0.0, 1.0]


@pytest.mark.parametrize("cells", [(12, 12), (10, 6), (14, 14)])
def test_shares_are_those_of_an_area_resize_where_pixels_lie_across_rims(field, cells):
    expected = cv2.resize(field.astype(np.float32), cells[::-1], interpolation=cv2.INTER_AREA)
    assert np.allclose(cell_shares(field, *cells), expected, atol=1e-6)


def test_the_cells_and_the_bias_are_the_logit(evidence, field):
    logit, cells = pooled(evidence, field)
    assert logit == pytest.approx(float(cells.sum()) + BIAS, abs=1e-5)
    assert abs(logit - float(evidence.sum()) - BIAS) > 0.01, "pooling changes something"


def test_shares_have_the_mean_one(field):
    """A map that is the same everywhere keeps its sum: the lungs speak for the whole picture."""
    even = np.full((14, 14), 0.02, np.float32)
    logit, cells = pooled(even, field)
    assert logit == pytest.approx(float(even.sum()) + BIAS, abs=1e-5)
    assert cells.max() > 0.02
    assert cells.min() == 0.0


def test_the_whole_picture_as_field_changes_nothing(evidence):
    logit, cells = pooled(evidence, np.ones((224, 224), bool))
    assert logit == pytest.approx(float(evidence.sum()) + BIAS, abs=1e-6)
    np.testing.assert_allclose(cells, evidence, rtol=1e-6)


def test_an_empty_field_changes_nothing(evidence):
    logit, cells = pooled(evidence, np.zeros((224, 224), bool))
    assert logit == float(evidence.sum()) + BIAS
    assert cells is evidence


def test_evidence_outside_has_no_say(evidence, field):
    outside = cell_shares(field, 14, 14) == 0
    assert 20 < outside.sum() < 180
    shouting = np.where(outside, 50, evidence).astype(np.float32)
    quiet, loud = pooled(evidence, field), pooled(shouting, field)
    assert loud[0] == pytest.approx(quiet[0], abs=5e-3)  # thousands that cancel out again, in 32 bits
    assert np.array_equal(loud[1], quiet[1])
    assert (quiet[1][outside] == 0).all()


def test_evidence_inside_keeps_its_sign_and_order(evidence, field):
    inside = cell_shares(field, 14, 14) == 1
    factors = pooled(evidence, field)[1][inside] / evidence[inside]
    assert factors == pytest.approx(factors[0], rel=1e-5)
    assert factors[0] == pytest.approx(1 / cell_shares(field, 14, 14).mean(), rel=1e-5)


def test_a_field_that_is_almost_nothing_is_not_blown_up():
    field = np.zeros((224, 224), bool)
    field[:16, :16] = True  # one cell of 196: less than the least mean share
    logit, cells = pool_over_lungs(np.ones((14, 14), np.float32), 196.0, field)
    assert cells[0, 0] == pytest.approx(1 / LEAST_FIELD)
    assert logit == pytest.approx(1 / LEAST_FIELD, rel=1e-5)


@pytest.mark.parametrize("finding", ["none", "lobar"])
def test_a_pooled_bundle_answers_for_the_lungs_alone(finding, pooled_bundle):
    """Through files, finder and network: the map and the logit are one thing, and lie in the lungs."""
    bundle = load_bundle(pooled_bundle)
    radiograph = Radiograph.from_array(draw_phantom(31, finding, 256).pixels)
    answer = analyze(radiograph, bundle)
    forward = bundle.runtime.forward(radiograph.grey(bundle.card.input_size)[None])
    bias = float(forward.logit[0] - forward.evidence()[0].sum())
    assert answer.prediction.logit == pytest.approx(float(answer.evidence.sum()) + bias, abs=1e-4)
    assert answer.prediction.logit != pytest.approx(float(forward.logit[0]), abs=1e-3)
    shares = cell_shares(answer.admission.lungs.field, *answer.evidence.shape)
    assert (answer.evidence[shares == 0] == 0).all()
    assert answer.outside == answer.admission.lungs.share_outside(type(answer.heatmap).from_evidence(
        forward.evidence()[0], "PNEUMONIA"))  # fmt: skip


def test_nothing_is_drawn_outside_the_lungs(pooled_bundle):
    answer = analyze(Radiograph.from_array(draw_phantom(31, "lobar", 256).pixels), load_bundle(pooled_bundle))
    drawn = answer.heatmap.resized(224, 224)
    assert drawn.max() > 0.3
    assert (drawn[~answer.field] == 0).all()


def test_training_pools_as_the_answer_does(field):
    """`lung_pooled_model`, from which the network learns, is this arithmetic in Keras."""
    from tests.support.bundle_factory import SIZE, tiny_classifier
    from xray_model.evaluation.calibration import sigmoid
    from xray_model.explanation.heatmap import signed_evidence
    from xray_model.models.export import explained_model
    from xray_model.training.setup import lung_pooled_model

    model = linear(tiny_classifier())
    grey = np.random.default_rng(2).uniform(0, 255, (2, SIZE, SIZE)).astype(np.float32)
    out = {name: np.asarray(value) for name, value in explained_model(model)(grey).items()}
    cells = signed_evidence(out["feature_map"], out["pooler_gradient"])
    shares = np.stack([cell_shares(field, *cells.shape[1:])] * 2)
    scores = np.asarray(lung_pooled_model(model)({"grey": grey, "lungs": shares}))[:, 0]
    logits = [pool_over_lungs(cells[i], float(out["logit"][i, 0]), field)[0] for i in range(2)]
    assert scores == pytest.approx(sigmoid(np.array(logits)), abs=1e-5)


def linear(model):
    """The classifier with its head replaced by one linear layer."""
    import keras

    pooled = model.get_layer("pooler").output
    logit = keras.layers.Dense(1, name="logit")(pooled)
    return keras.Model(model.input, keras.layers.Activation("sigmoid", name="score")(logit))
