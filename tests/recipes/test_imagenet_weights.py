"""Where ImageNet's weights lie, and what is said when they cannot be had."""

import threading

import pytest
from keras.src.applications import densenet, efficientnet, mobilenet, mobilenet_v2, resnet, vgg16

from xray_model.recipes import imagenet_weights
from xray_model.recipes.imagenet_weights import unavailable, weights_address

NOWHERE = "http://127.0.0.1:9"


@pytest.fixture(autouse=True)
def nothing_kept(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.delenv("XRAY_DATA_DIR", raising=False)
    monkeypatch.setattr(imagenet_weights, "ORIGIN", NOWHERE)
    imagenet_weights._refusal.cache_clear()
    return tmp_path


@pytest.mark.parametrize(
    ("backbone", "alpha", "size", "address"),
    [
        ("VGG16", None, 224, vgg16.WEIGHTS_PATH_NO_TOP),
        ("ResNet50", None, 224, f"{resnet.BASE_WEIGHTS_PATH}resnet50_weights_tf_dim_ordering_tf_kernels_notop.h5"),
        ("DenseNet121", None, 224, densenet.DENSENET121_WEIGHT_PATH_NO_TOP),
        ("EfficientNetB0", None, 224, f"{efficientnet.BASE_WEIGHTS_PATH}efficientnetb0_notop.h5"),
        ("MobileNet", None, 224, f"{mobilenet.BASE_WEIGHT_PATH}mobilenet_1_0_224_tf_no_top.h5"),
        ("MobileNet", 0.75, 160, f"{mobilenet.BASE_WEIGHT_PATH}mobilenet_7_5_160_tf_no_top.h5"),
        ("MobileNet", 0.5, 64, f"{mobilenet.BASE_WEIGHT_PATH}mobilenet_5_0_224_tf_no_top.h5"),
        (
            *("MobileNetV2", 0.35, 96),
            f"{mobilenet_v2.BASE_WEIGHT_PATH}mobilenet_v2_weights_tf_dim_ordering_tf_kernels_0.35_96_no_top.h5",
        ),
    ],
)
def test_addresses_are_those_of_keras(backbone, alpha, size, address, monkeypatch):
    monkeypatch.undo()
    assert weights_address(backbone, alpha, size) == address


def test_the_files_are_those_that_keras_asks_for(monkeypatch):
    """MobileNet's names are put together inside of Keras: it is asked, and stopped at the door."""
    asked = []

    def get_file(name, address, **_):
        asked.append(address)
        raise OSError(name)

    for module in (mobilenet, mobilenet_v2):
        monkeypatch.setattr(module.file_utils, "get_file", get_file)
    monkeypatch.setattr(imagenet_weights, "ORIGIN", "https://storage.googleapis.com")
    for build, backbone, alpha in (
        (mobilenet.MobileNet, "MobileNet", 0.25),
        (mobilenet_v2.MobileNetV2, "MobileNetV2", 1.0),
    ):
        with pytest.raises(OSError, match="no_top"):
            build(include_top=False, input_shape=(128, 128, 3), alpha=alpha)
        assert asked[-1] == weights_address(backbone, alpha, 128)


def test_an_unreachable_server_is_noticed_and_remembered(monkeypatch):
    assert "refused" in unavailable("VGG16", None, None, 224)
    monkeypatch.setattr(imagenet_weights, "_ask", lambda _: pytest.fail("asked again"))
    assert "refused" in unavailable("VGG16", None, None, 224)


def test_an_answer_that_does_not_come_is_not_waited_for(monkeypatch):
    gate = threading.Event()
    monkeypatch.setattr(imagenet_weights, "PATIENCE", 0.1)
    monkeypatch.setattr(imagenet_weights, "_ask", lambda _: gate.wait(10) and None)
    assert "no answer" in unavailable("ResNet50", None, None, 224)
    gate.set()


def test_what_keras_kept_needs_no_server(nothing_kept):
    (nothing_kept / "models").mkdir()
    (nothing_kept / "models" / "vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5").write_bytes(b"x")
    assert unavailable("VGG16", None, None, 224) is None
    assert unavailable("ResNet50", None, None, 224)


def test_a_local_file_counts_as_far_as_it_goes(nothing_kept, monkeypatch):
    monkeypatch.setenv("XRAY_DATA_DIR", str(nothing_kept))
    (nothing_kept / "imagenet_backbones").mkdir()
    (nothing_kept / "imagenet_backbones" / "mobilenet_1.0_224_to_conv_pw_12.weights.h5").write_bytes(b"x")
    assert unavailable("MobileNet", None, "conv_pw_11_relu", 224) is None
    assert unavailable("MobileNet", 1.0, "conv_pw_12_relu", 224) is None
    assert unavailable("MobileNet", None, None, 224)
    assert unavailable("MobileNet", None, "conv_pw_13_relu", 224)
    assert unavailable("MobileNet", 0.5, "conv_pw_11_relu", 224)
