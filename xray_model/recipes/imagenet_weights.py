"""ImageNet weight files: what Keras calls them, and which of them are on this machine. Asks the disk alone."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from xray_model.recipes.config import TrainingConfig

KERAS_FILES = {  # as `keras.applications` names them; tests/recipes/test_imagenet_weights.py compares
    "VGG16": "vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5",
    "ResNet50": "resnet50_weights_tf_dim_ordering_tf_kernels_notop.h5",
    "DenseNet121": "densenet121_weights_tf_dim_ordering_tf_kernels_notop.h5",
    "EfficientNetB0": "efficientnetb0_notop.h5",
    "MobileNetV2": "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_{alpha}_{rows}_no_top.h5",
    "MobileNet": "mobilenet_{tenths}_{rows}_tf_no_top.h5",
}
SIZES = {"MobileNet": (128, 160, 192, 224), "MobileNetV2": (96, 128, 160, 192, 224)}  # all others start from 224's


@dataclass(frozen=True)
class WeightsFile:
    """An ImageNet file below `$XRAY_DATA_DIR/imagenet_backbones`, which covers the layers up to `until` (None: all)."""

    name: str
    alpha: float | None = None
    until: str | None = None

    @property
    def path(self) -> Path | None:
        """Where it lies; None when it is not on this machine."""
        root = os.environ.get("XRAY_DATA_DIR")
        path = Path(root) / "imagenet_backbones" / self.name if root else None
        return path if path is not None and path.is_file() else None


FILES: dict[str, tuple[WeightsFile, ...]] = {
    "MobileNet": (WeightsFile("mobilenet_1.0_224_to_conv_pw_12.weights.h5", 1.0, "conv_pw_12_relu"),),
    "MobileNetV2": (
        WeightsFile("mobilenet_v2_1.0_224_notop.weights.h5", 1.0),
        WeightsFile("mobilenet_v2_0.35_224_notop.weights.h5", 0.35),
    ),
}


def needs_download(config: TrainingConfig) -> bool:
    """True when a run starts from ImageNet weights that exist, but are not on this machine yet."""
    if config.weights != "imagenet" or config.backbone not in KERAS_FILES:
        return False
    if (keras_folder() / keras_file(config.backbone, config.alpha, config.input_size)).is_file():
        return False
    return not any(_covers(file, config.alpha, config.last_layer) for file in FILES.get(config.backbone, ()))


def imagenet_file(backbone: str, alpha: float | None = None, last_layer: str | None = None) -> Path | None:
    """A file with a backbone's weights on this machine, whatever image size they were trained at; None without one."""
    for file in FILES.get(backbone, ()):
        if _covers(file, alpha, last_layer):
            return file.path
    sizes = sorted(SIZES.get(backbone, (224,)), reverse=True)
    kept = (keras_folder() / keras_file(backbone, alpha, size) for size in sizes)
    return next((path for path in kept if path.is_file()), None)


def keras_folder() -> Path:
    """Where Keras keeps what it has downloaded."""
    return Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras") / "models"


def keras_file(backbone: str, alpha: float | None, input_size: int) -> str:
    """The name under which `keras.applications` downloads and keeps a backbone's weights."""
    width = 1.0 if alpha is None else float(alpha)
    rows = input_size if input_size in SIZES.get(backbone, ()) else 224
    tenths = f"{width:.2f}".replace("0.", "").rstrip("0") if width < 1 else "1"
    return KERAS_FILES[backbone].format(alpha=width, rows=rows, tenths=f"{tenths[:1]}_{tenths[1:] or 0}")


def download_refusal(backbone: str, reason: object) -> str:
    """What to say when a backbone's weights cannot be downloaded, with every way out."""
    files = [
        f"{file.name} (alpha {file.alpha}, as far as {file.until or 'the end'})" for file in FILES.get(backbone, ())
    ]
    folder = f", or point XRAY_DATA_DIR at a folder with imagenet_backbones/{' or '.join(files)}" if files else ""
    return (
        f"The ImageNet weights of {backbone} could not be downloaded ({reason}). Connect this machine to the "
        "internet once, or start from what needs no download: bundled weights with their own backbone, or none, "
        f"which is random. Or give a .weights.h5 file as weights{folder}."
    )


def _covers(file: WeightsFile, alpha: float | None, last_layer: str | None) -> bool:
    """True when a local file has every layer that is wanted, as far as names tell."""
    if file.path is None or file.alpha != (1.0 if alpha is None else alpha):
        return False
    return file.until is None or 0 < _block(last_layer) <= _block(file.until)


def _block(layer: str | None) -> int:
    """The number in a MobileNet's layer name; 0 when there is none."""
    found = re.search(r"_(\d+)(?:_|$)", layer or "")
    return int(found.group(1)) if found else 0
