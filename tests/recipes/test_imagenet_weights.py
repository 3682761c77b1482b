"""Which ImageNet weights a run must download: their names, and what is on this machine already."""

import keras
import pytest
from keras.src.utils import file_utils

from xray_model.recipes import imagenet_download
from xray_model.recipes.config import Phase, TrainingConfig
from xray_model.recipes.imagenet_weights import keras_file, needs_download


@pytest.fixture(autouse=True)
def kept(tmp_path, monkeypatch):
    """Where Keras keeps its downloads, and the folder of shared data: both empty."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setenv("XRAY_DATA_DIR", str(tmp_path))
    for name in ("models", "imagenet_backbones"):
        (tmp_path / name).mkdir()
    return tmp_path


def must_download(backbone, alpha=None, last_layer=None, weights="imagenet"):
    phases = (Phase("head", 1, 1e-3),)
    return needs_download(TrainingConfig(backbone, weights, alpha=alpha, last_layer=last_layer, phases=phases))


@pytest.mark.filterwarnings("ignore:`input_shape` is undefined")
@pytest.mark.parametrize(
    ("backbone", "options", "size"),
    [
        *((name, {}, 32) for name in ("VGG16", "ResNet50", "DenseNet121", "EfficientNetB0")),
        *(("MobileNet", {"alpha": alpha}, size) for alpha, size in ((0.25, 128), (0.5, 64))),
        *(("MobileNetV2", {"alpha": alpha}, size) for alpha, size in ((0.35, 96), (1.0, 100))),
    ],
)
def test_the_files_are_those_that_keras_asks_for(backbone, options, size, monkeypatch):
    """Keras puts some names together while it builds: it is let to, and stopped before the download."""
    asked = []

    def get_file(name, origin, **__):
        asked.append((name, origin))
        raise OSError(name)

    monkeypatch.setattr(file_utils, "get_file", get_file)
    with pytest.raises(OSError, match=r"no_?top"):
        getattr(keras.applications, backbone)(include_top=False, input_shape=(size, size, 3), **options)
    name = keras_file(backbone, options.get("alpha"), size)
    assert asked == [(name, f"{imagenet_download.ORIGIN}/{imagenet_download.PLACES[backbone]}/{name}")]


def test_what_keras_kept_is_not_downloaded_again(kept):
    (kept / "models" / "vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5").write_bytes(b"x")
    assert not must_download("VGG16")
    assert must_download("ResNet50")
    assert not must_download("ResNet50", weights=None)
    assert not must_download("Inception"), "which there is not: that is said elsewhere"
    assert must_download("MobileNet", alpha=0.001), "so is a width that there is not"


@pytest.mark.parametrize(
    ("alpha", "last_layer", "downloads"),
    [
        (None, "conv_pw_11_relu", False),
        (1.0, "conv_pw_12_relu", False),
        (None, None, True),
        (None, "conv_pw_13_relu", True),
        (0.5, "conv_pw_11_relu", True),
    ],
)
def test_a_local_file_counts_as_far_as_it_goes(kept, alpha, last_layer, downloads):
    (kept / "imagenet_backbones" / "mobilenet_1.0_224_to_conv_pw_12.weights.h5").write_bytes(b"x")
    assert must_download("MobileNet", alpha, last_layer) is downloads
