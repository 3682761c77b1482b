"""What LiteRT computes equals Keras: logits, maps, and Grad-CAM without a gradient operator."""

from __future__ import annotations

import math

import keras
import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter
from keras import layers

from tests.support.keras_networks import (
    SIGNATURE,
    assert_explains_as_grad_cam,
    forward,
    smooth_images,
    with_measured_norms,
)
from xray_model.errors import InvalidConfig
from xray_model.models.classifier import build_classifier
from xray_model.models.export import LARGE, export_litert, write_litert


def exported(model: keras.Model, folder) -> Interpreter:
    export_litert(model, folder / "model.tflite")
    return Interpreter(str(folder / "model.tflite"), num_threads=2)


def small_classifier(head: str, size: int = 32) -> keras.Model:
    options = {"weights": None, "input_size": size, "alpha": 0.25, "seed": 3}
    return with_measured_norms(build_classifier("MobileNet", head=head, **options))


@pytest.fixture(scope="module")
def base() -> keras.Model:
    """A classifier whose pooler is given other heads; building it takes longer than what is asked of these."""
    return small_classifier("linear")


@pytest.fixture(scope="class", params=["article", "linear"])
def pair(request, tmp_path_factory) -> tuple[keras.Model, Interpreter]:
    """A classifier and its export, for each head."""
    model = small_classifier(request.param, 64)
    return model, exported(model, tmp_path_factory.mktemp(request.param))


class TestExport:
    images = smooth_images(3, 64)

    def test_has_one_named_signature_for_any_batch(self, pair):
        interpreter = pair[1]
        names = {"inputs": ["grey"], "outputs": ["feature_map", "logit", "pooler_gradient"]}
        assert interpreter.get_signature_list() == {SIGNATURE: names}
        assert list(interpreter.get_input_details()[0]["shape_signature"]) == [-1, 64, 64]
        for count in (1, 3):
            outputs = forward(interpreter, self.images[:count])
            shapes = {name: value.shape for name, value in outputs.items()}
            assert shapes == {"feature_map": (count, 2, 2, 256), "pooler_gradient": (count, 256), "logit": (count, 1)}

    def test_gives_the_same_for_an_image_alone_and_in_a_batch(self, pair):
        together = forward(pair[1], self.images)
        for index, image in enumerate(self.images):
            for name, alone in forward(pair[1], image[None]).items():
                np.testing.assert_allclose(alone[0], together[name][index], atol=1e-4)

    def test_explains_as_grad_cam(self, pair):
        assert_explains_as_grad_cam(pair[0], forward(pair[1], self.images), self.images)

    def test_folds_the_backbones_batch_norms(self, pair):
        """A multiplication left between convolutions would cost a pass over memory."""
        operators = [op["op_name"] for op in pair[1]._get_ops_details()]
        body = operators[operators.index("CONV_2D") : operators.index("MEAN")]
        assert set(body) <= {"CONV_2D", "DEPTHWISE_CONV_2D", "PAD"}


def test_gradient_is_exact_where_units_are_off(base, tmp_path):
    """A head with two ReLU layers, a batch norm without gamma and half the units off: the general case."""
    images = smooth_images(4, 32)
    x = layers.Dense(16, activation="relu")(base.get_layer("pooler").output)
    x = layers.BatchNormalization(scale=False)(x)
    x = layers.Dense(8, activation="relu")(x)
    x = layers.Dense(4)(x)
    logit = layers.Dense(1, name="logit")(x)
    model = with_measured_norms(keras.Model(base.input, layers.Activation("sigmoid", name="score")(logit)))
    outputs = forward(exported(model, tmp_path), images)
    assert np.ptp(outputs["pooler_gradient"], axis=0).max() > 0, "all images have one gradient: no unit was off"
    assert_explains_as_grad_cam(model, outputs, images)


def test_the_file_is_the_one_that_keras_writes(tmp_path):
    """The same operators in the same order, and the same answers to the last bit."""
    grey = keras.Input((16, 16), name="grey")
    feature_map = layers.BatchNormalization()(layers.Conv2D(4, 3)(layers.Reshape((16, 16, 1))(grey)))
    logit = layers.Dense(1)(layers.Dropout(0.5)(layers.Dense(100)(layers.Flatten()(feature_map))))
    network = with_measured_norms(keras.Model(grey, {"feature_map": feature_map, "logit": logit}))
    assert {math.prod(variable.shape) > LARGE for variable in network.variables} == {False, True}
    write_litert(network, tmp_path / "ours.tflite")
    network.export(str(tmp_path / "keras.tflite"), format="litert", verbose=False)
    ours, theirs = (Interpreter(str(tmp_path / f"{name}.tflite")) for name in ("ours", "keras"))
    assert [op["op_name"] for op in ours._get_ops_details()] == [op["op_name"] for op in theirs._get_ops_details()]
    images = smooth_images(2, 16)
    answers, expected = forward(ours, images), forward(theirs, images)
    assert set(answers) == set(expected) == {"feature_map", "logit"}
    for name, values in expected.items():
        np.testing.assert_array_equal(answers[name], values)
    assert np.ptp(answers["logit"]) > 0


def test_an_unsupported_head_layer_is_named(base, tmp_path):
    x = layers.LayerNormalization(name="odd_one")(base.get_layer("pooler").output)
    model = keras.Model(base.input, layers.Dense(1, name="logit")(x))
    with pytest.raises(InvalidConfig, match=r"'odd_one' \(LayerNormalization\)"):
        export_litert(model, tmp_path / "model.tflite")


def test_a_branching_head_is_refused(base, tmp_path):
    pooled = base.get_layer("pooler").output
    x = layers.Dense(256, name="inner")(pooled)
    x = layers.Dropout(0.1, name="side")(pooled) + x
    model = keras.Model(base.input, layers.Dense(1, name="logit")(x))
    with pytest.raises(InvalidConfig):
        export_litert(model, tmp_path / "model.tflite")


def test_another_suffix_is_refused(base, tmp_path):
    with pytest.raises(InvalidConfig, match=r"\.tflite"):
        export_litert(base, tmp_path / "model.bin")
