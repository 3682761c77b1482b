"""The classifier's form, what freezing means, and loading a file that may not be one."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers

from tests.support.keras_networks import smooth_images, with_measured_norms
from tests.support.short_mobilenet import shortened
from xray_model.errors import InvalidBundle, InvalidConfig
from xray_model.models.classifier import (
    CONTRACT_LAYERS,
    build_classifier,
    freeze_backbone,
    load_classifier,
    unfreeze_backbone,
)

IMAGES = smooth_images(8, 32)
LABELS = np.array([0, 1] * 4, np.float32)


def whole(head: str = "article", **options) -> keras.Model:
    settings = {"weights": None, "input_size": 32, "alpha": 0.25, "seed": 5, **options}
    return build_classifier("MobileNet", head=head, **settings)


def small(head: str = "article", **options) -> keras.Model:
    """The same with the first blocks only, where the others are of no interest."""
    with shortened():
        return whole(head, last_layer="conv_pw_1_relu", **options)


def fit_one_epoch(model: keras.Model) -> None:
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="binary_crossentropy", run_eagerly=True)
    model.fit(IMAGES, LABELS, batch_size=4, epochs=1, verbose=0)


def values(model: keras.Model) -> list[np.ndarray]:
    return [weight.numpy() for weight in model.get_layer("backbone").weights]


@pytest.mark.parametrize("head", ["article", "linear"])
def test_contract_layers_and_nothing_but_keras(head):
    model = small(head)
    assert set(CONTRACT_LAYERS) <= {layer.name for layer in model.layers}
    assert all(type(layer).__module__.startswith("keras.") for layer in model._flatten_layers(include_self=False))
    assert not any(isinstance(layer, layers.Lambda) for layer in model._flatten_layers())
    assert model.get_layer("logit").units == 1
    assert model.output is model.get_layer("score").output


def test_article_head_to_the_letter():
    model = small("article")
    start = [layer.name for layer in model.layers].index("pooler")
    head = model.layers[start + 1 :]
    kinds = ["BatchNormalization", "Dense", "Dropout", "BatchNormalization", "Dense", "Activation"]
    assert [type(layer).__name__ for layer in head] == kinds
    assert (head[1].units, head[1].activation.__name__, head[2].rate) == (256, "relu", 0.2)
    assert head[5].activation.__name__ == "sigmoid"


def test_a_seed_repeats_the_start_weights():
    first, second, other = small(seed=1), small(seed=1), small(seed=2)
    for got, same, different in zip(first.weights, second.weights, other.weights, strict=True):
        np.testing.assert_array_equal(got, same)
        assert not got.path.endswith("kernel") or not np.array_equal(got, different)


def test_an_unknown_scaling_says_what_is_expected():
    with pytest.raises(InvalidConfig, match="choose one of caffe"):
        small(scaling="zscore")


def test_unfreezing_keeps_batch_norm_statistics_by_default():
    model = with_measured_norms(whole())  # on the untrained statistics of 0 and 1 gradients die on their way down
    freeze_backbone(model)
    learning = unfreeze_backbone(model)
    before = values(model)
    fit_one_epoch(model)
    changed = [
        weight.path
        for weight, old in zip(model.get_layer("backbone").weights, before, strict=True)
        if not np.array_equal(weight, old)
    ]
    assert len(changed) == learning == 27  # MobileNet's convolutions: one, and 13 pairs
    assert not any("bn" in path for path in changed)


def test_unfreezing_from_a_layer():
    model = whole()
    assert unfreeze_backbone(model, "conv_dw_13") == 2
    assert unfreeze_backbone(model, "conv_pw_13") == 1
    assert not model.get_layer("backbone").get_layer("conv_pw_12").trainable
    with pytest.raises(InvalidConfig, match="no layer 'none'"):
        unfreeze_backbone(model, "none")


def test_freezing_another_model_is_refused():
    with pytest.raises(InvalidConfig, match="named backbone"):
        freeze_backbone(keras.Sequential([keras.Input((2,)), layers.Dense(1)]))


class TestLoad:
    def test_opens_a_folder_or_a_file_and_keeps_what_is_frozen(self, tmp_path):
        model = small()
        unfreeze_backbone(model, "conv_pw_1")
        model.save(tmp_path / "model.keras")
        for place in (tmp_path, str(tmp_path / "model.keras")):
            loaded = load_classifier(place)
            np.testing.assert_array_equal(loaded(IMAGES), model(IMAGES))
            assert len(loaded.trainable_weights) == len(model.trainable_weights)

    def test_opens_without_this_package(self, tmp_path):
        model = small("linear")
        model.save(tmp_path / "model.keras")
        np.testing.assert_array_equal(keras.models.load_model(tmp_path / "model.keras")(IMAGES), model(IMAGES))

    def test_says_what_is_wrong_with_a_file(self, tmp_path):
        small().save(tmp_path / "whole.keras")
        content = (tmp_path / "whole.keras").read_bytes()
        cases = {
            "missing": (None, "no model.keras"),
            "truncated": (content[: len(content) // 2], "truncated"),
            "empty": (b"", "truncated"),
            "pointer": (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "Git LFS pointer"),
            "damaged": (content.replace(b"config.json", b"konfig.json"), "cannot open"),
        }
        for name, (data, message) in cases.items():
            if data is not None:
                (tmp_path / f"{name}.keras").write_bytes(data)
            with pytest.raises(InvalidBundle, match=message):
                load_classifier(tmp_path / f"{name}.keras")

    def test_refuses_a_model_without_the_contract(self, tmp_path):
        keras.Sequential([keras.Input((2,)), layers.Dense(1, name="logit")]).save(tmp_path / "model.keras")
        with pytest.raises(InvalidBundle, match="no layer grey, backbone, pooler, score"):
            load_classifier(tmp_path)
