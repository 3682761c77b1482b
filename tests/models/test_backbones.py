"""The contract that every backbone keeps, at the sizes a test can afford, and where weights come from."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import h5py
import keras
import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter
from keras import applications
from keras.src.applications import mobilenet
from keras.src.backend import config
from keras.src.legacy.saving import legacy_h5_format

from tests.support.keras_networks import assert_explains_as_grad_cam, forward, smooth_images, with_measured_norms
from xray_model.errors import InvalidConfig, WeightsUnavailable
from xray_model.models.backbones import BACKBONES, SCALINGS, build_backbone
from xray_model.models.classifier import build_classifier, load_classifier
from xray_model.models.export import export_litert
from xray_model.recipes.config import RANDOM_BACKBONES, UNFREEZE_BLOCKS
from xray_model.recipes.costs import CUT_NUMBERS
from xray_model.training.cut import cut_tensor

PARITY = 1e-3
PREPROCESS = {
    "VGG16": applications.vgg16.preprocess_input,
    "ResNet50": applications.resnet.preprocess_input,
    "DenseNet121": applications.densenet.preprocess_input,
    "EfficientNetB0": applications.efficientnet.preprocess_input,
    "MobileNetV2": applications.mobilenet_v2.preprocess_input,
    "MobileNet": applications.mobilenet.preprocess_input,
}
SIZES = {"MobileNet": 224}  # one at the size in use, the others where an export costs a fraction
WIDTHS = {"MobileNet": 0.25, "MobileNetV2": 0.35}  # the narrowest that there are
# The others as far as each kind of block has come once or twice: the rest repeats them, for twice the time.
CUTS = {"ResNet50": "conv3_block1_out", "DenseNet121": "conv3_block1_concat", "EfficientNetB0": "block3b_add"}
CUTS |= {"VGG16": "block3_pool", "MobileNetV2": "block_5_add"}


@dataclass(frozen=True)
class Built:
    """One backbone's classifier, its export and a batch; made once for the whole contract."""

    name: str
    model: keras.Model
    exported: Interpreter
    images: np.ndarray


@pytest.fixture(scope="module", params=list(BACKBONES))
def built(request, tmp_path_factory) -> Built:
    name = request.param
    size = SIZES.get(name, 96)
    shape = {"input_size": size, "last_layer": CUTS.get(name), "alpha": WIDTHS.get(name)}
    network = build_classifier(name, weights=None, seed=7, **shape)
    model = with_measured_norms(network)
    path = tmp_path_factory.mktemp(name) / "model.tflite"
    export_litert(model, path)
    return Built(name, model, Interpreter(str(path), num_threads=2), smooth_images(4, size))


class TestContract:
    def test_takes_grey_levels_and_gives_one_score(self, built):
        size = built.images.shape[1]
        assert built.model.input_shape == (None, size, size)
        assert built.model.input.dtype == "float32"
        scores = built.model(built.images).numpy()
        assert scores.shape == (4, 1)
        assert np.all((scores > 0) & (scores < 1))
        assert np.ptp(scores) > 0, "every image scores the same: the test's network is dead"

    def test_scales_as_its_family_does(self, built):
        rgb = np.repeat(built.images[..., None], 3, axis=-1)
        expected = PREPROCESS[built.name](rgb.copy())
        outputs = [built.model.get_layer("channels").output, built.model.get_layer("pooler").input]
        entering, feature_map = keras.Model(built.model.input, outputs)(built.images)
        np.testing.assert_allclose(entering, expected, atol=1e-4)
        from_expected = built.model.get_layer("backbone")(expected, training=False).numpy()
        np.testing.assert_allclose(feature_map, from_expected, atol=PARITY * np.abs(from_expected).max())

    def test_saves_and_loads_to_identical_outputs(self, built, tmp_path):
        built.model.save(tmp_path / "model.keras")
        loaded = load_classifier(tmp_path)
        np.testing.assert_array_equal(loaded(built.images), built.model(built.images))

    def test_exports_with_parity(self, built):
        outputs = [built.model.get_layer("pooler").input, built.model.get_layer("logit").output]
        feature_map, logit = (np.asarray(out) for out in keras.Model(built.model.input, outputs)(built.images))
        got = forward(built.exported, built.images)
        np.testing.assert_allclose(got["logit"], logit, atol=PARITY)
        np.testing.assert_allclose(got["feature_map"], feature_map, atol=PARITY * np.abs(feature_map).max())

    def test_explains_as_grad_cam(self, built):
        assert_explains_as_grad_cam(built.model, forward(built.exported, built.images), built.images)


@pytest.mark.parametrize("name", BACKBONES)
def test_its_blocks_are_cut_where_the_estimates_say(name):
    """One tensor passes each cut, as large as the table has it; and no layer below draws at random unannounced."""
    model = build_classifier(name, weights=None, input_size=224)
    cuts = [cut_tensor(model, block) for block in UNFREEZE_BLOCKS[name].values()]
    assert [math.prod(cut.shape[1:]) for cut in cuts] == list(CUT_NUMBERS[name])
    draws = any(isinstance(layer, keras.layers.Dropout) for layer in model.get_layer("backbone").layers)
    assert draws == (name in RANDOM_BACKBONES)


def test_the_contract_covers_the_registry():
    assert set(PREPROCESS) == set(BACKBONES)
    assert {spec.scaling for spec in BACKBONES.values()} <= set(SCALINGS)


def test_unit_scaling_is_a_255th():
    model = build_classifier("VGG16", weights=None, scaling="unit", input_size=32)
    images = smooth_images(2, 32)
    entering = keras.Model(model.input, model.get_layer("channels").output)(images)
    np.testing.assert_allclose(entering, np.repeat(images[..., None], 3, axis=-1) / 255, atol=1e-6)


def test_cut_ends_at_the_layer():
    body = build_backbone("MobileNet", weights=None, input_size=64, alpha=0.25, last_layer="conv_pw_11_relu")
    assert body.name == "backbone"
    assert body.layers[-1].name == "conv_pw_11_relu"
    assert body.output_shape == (None, 4, 4, 128)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"name": "LeNet"}, "choose one of VGG16"),
        ({"name": "VGG16", "alpha": 0.5}, "whose width is fixed"),
        ({"name": "MobileNet", "alpha": 0.3}, "choose one of 0.25"),
        ({"name": "MobileNet", "input_size": 16}, "at least 32"),
        ({"name": "MobileNet", "last_layer": "conv_pw_99"}, "no layer 'conv_pw_99'"),
    ],
)
def test_a_wrong_setting_says_what_is_expected(options, message):
    with pytest.raises(InvalidConfig, match=message):
        build_backbone(**{"weights": None, "input_size": 32, **options})


@pytest.fixture(scope="module")
def narrow() -> keras.Model:
    """A narrow MobileNet with random weights."""
    return mobilenet.MobileNet(weights=None, include_top=False, input_shape=(64, 64, 3), alpha=0.25)


@pytest.fixture
def cut_file(narrow, tmp_path) -> Path:
    """A file of its first layers, as the shared data has one."""
    return save_prefix(narrow, tmp_path / "cut.weights.h5", "conv_pw_12_relu")


def save_prefix(whole: keras.Model, path: Path, until: str) -> Path:
    keras.Model(whole.input, whole.get_layer(until).output).save_weights(path)
    return path


def assert_same_weights(model: keras.Model, expected: keras.Model) -> None:
    for got, wanted in zip(model.weights, expected.weights, strict=False):
        np.testing.assert_array_equal(got, wanted)


class TestLocalFile:
    options: ClassVar = {"input_size": 64, "alpha": 0.25}

    def test_fills_the_whole_backbone(self, narrow, tmp_path):
        narrow.save_weights(tmp_path / "full.weights.h5")
        body = build_backbone("MobileNet", weights=tmp_path / "full.weights.h5", **self.options)
        assert len(body.weights) == len(narrow.weights)
        assert_same_weights(body, narrow)

    @pytest.mark.parametrize("last_layer", ["conv_pw_12_relu", "conv_pw_11_relu"])
    def test_of_a_cut_backbone_fills_an_earlier_cut(self, narrow, cut_file, last_layer):
        body = build_backbone("MobileNet", weights=cut_file, last_layer=last_layer, **self.options)
        assert body.layers[-1].name == last_layer
        assert_same_weights(body, narrow)

    def test_of_a_cut_backbone_asks_for_the_cut(self, cut_file):
        with pytest.raises(InvalidConfig, match="last_layer='conv_pw_12_relu'"):
            build_backbone("MobileNet", weights=cut_file, **self.options)

    def test_that_fits_nothing_says_what_fits(self, narrow, tmp_path):
        save_prefix(narrow, tmp_path / "cut.weights.h5", "conv_pw_2_relu")
        (tmp_path / "text.weights.h5").write_text("not HDF5")
        for name in ("cut", "text"):
            with pytest.raises(WeightsUnavailable, match="does not fit MobileNet"):
                build_backbone("MobileNet", weights=tmp_path / f"{name}.weights.h5", **self.options)

    def test_that_is_missing_is_named_so(self, tmp_path):
        with pytest.raises(WeightsUnavailable, match="does not exist"):
            build_backbone("MobileNet", weights=tmp_path / "none.weights.h5", **self.options)


class TestDownload:
    options: ClassVar = {"weights": "imagenet", "input_size": 224, "alpha": 0.25}  # 224: only a few sizes are on offer

    @pytest.fixture(autouse=True)
    def empty_cache(self, monkeypatch, tmp_path):
        monkeypatch.setattr(config, "_KERAS_DIR", str(tmp_path))
        monkeypatch.delenv("XRAY_DATA_DIR", raising=False)

    def test_without_a_network_says_what_to_do(self, monkeypatch):
        monkeypatch.setattr(mobilenet, "BASE_WEIGHT_PATH", "http://127.0.0.1:9/")
        with pytest.raises(WeightsUnavailable, match=r"127\.0\.0\.1.*Connect this machine.*\.weights\.h5"):
            build_backbone("MobileNet", **self.options)

    def test_takes_what_keras_applications_fetches(self, monkeypatch, tmp_path):
        source = mobilenet.MobileNet(weights=None, include_top=False, input_shape=(224, 224, 3), alpha=0.25)
        with h5py.File(tmp_path / "mobilenet_2_5_224_tf_no_top.h5", "w") as file:
            legacy_h5_format.save_weights_to_hdf5_group(file, source)
        monkeypatch.setattr(mobilenet, "BASE_WEIGHT_PATH", f"{tmp_path.as_uri()}/")
        body = build_backbone("MobileNet", last_layer="conv_pw_11_relu", **self.options)
        assert body.layers[-1].name == "conv_pw_11_relu"
        assert_same_weights(body, source)

    def test_is_spared_by_a_matching_local_file(self, monkeypatch, tmp_path):
        (tmp_path / "imagenet_backbones").mkdir()
        source = mobilenet.MobileNet(weights=None, include_top=False, input_shape=(64, 64, 3))
        cut = keras.Model(source.input, source.get_layer("conv_pw_12_relu").output)
        cut.save_weights(tmp_path / "imagenet_backbones" / "mobilenet_1.0_224_to_conv_pw_12.weights.h5")
        monkeypatch.setenv("XRAY_DATA_DIR", str(tmp_path))
        monkeypatch.setattr(mobilenet, "BASE_WEIGHT_PATH", "http://127.0.0.1:9/")
        body = build_backbone("MobileNet", input_size=64, last_layer="conv_pw_12_relu")
        assert_same_weights(body, cut)
        with pytest.raises(WeightsUnavailable, match="as far as conv_pw_12_relu"):
            build_backbone("MobileNet", input_size=224)  # the file ends before this backbone does


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("name", "alpha", "last_layer"),
    [
        ("MobileNet", None, "conv_pw_12_relu"),
        ("MobileNet", None, "conv_pw_11_relu"),
        ("MobileNetV2", 1.0, None),
        ("MobileNetV2", 0.35, None),
    ],
)
def test_the_shared_imagenet_weights_tell_images_apart(data_dir, name, alpha, last_layer):
    body = build_backbone(name, weights="imagenet", alpha=alpha, last_layer=last_layer)
    files = sorted((data_dir / "kermany_train" / "NORMAL").iterdir())[:4]
    images = np.stack([keras.utils.img_to_array(keras.utils.load_img(file, target_size=(224, 224))) for file in files])
    features = body(PREPROCESS[name](images), training=False).numpy()
    assert np.isfinite(features).all()
    assert 0.02 < (features > 0).mean() < 0.98, "ReLU features of trained weights are neither dead nor all on"
    assert features.std(axis=(0, 1, 2)).mean() > 0.05  # random weights on stored statistics of 0 and 1 give below 0.01
