"""ImageNet weights without Keras: where a backbone's lie, whether they are on this machine, whether they can be had."""

from __future__ import annotations

import os
import re
import time
import urllib.error
import urllib.request
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLate
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from xray_model.datasets.pneumoniamnist import reason_of

ORIGIN = "https://storage.googleapis.com"
GOES = "tensorflow/keras-applications"
PATHS = {  # below `ORIGIN`, as in `keras.applications`; tests/recipes/test_imagenet_weights.py holds them against it
    "VGG16": f"{GOES}/vgg16/vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5",
    "ResNet50": f"{GOES}/resnet/resnet50_weights_tf_dim_ordering_tf_kernels_notop.h5",
    "DenseNet121": f"{GOES}/densenet/densenet121_weights_tf_dim_ordering_tf_kernels_notop.h5",
    "EfficientNetB0": "keras-applications/efficientnetb0_notop.h5",
    "MobileNetV2": f"{GOES}/mobilenet_v2/mobilenet_v2_weights_tf_dim_ordering_tf_kernels_{{alpha}}_{{rows}}_no_top.h5",
    "MobileNet": f"{GOES}/mobilenet/mobilenet_{{tenths}}_{{rows}}_tf_no_top.h5",
}
SIZES = {"MobileNet": (128, 160, 192, 224), "MobileNetV2": (96, 128, 160, 192, 224)}  # others get those for 224
PATIENCE, REMEMBERED = 3.0, 60.0  # seconds: for an answer, and until it is asked for again


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


def unavailable(backbone: str, alpha: float | None, last_layer: str | None, input_size: int) -> str | None:
    """Why a backbone's weights cannot be had now, in a few words; None when they can, or are here already.

    Asks the server that has them, at most once in `REMEMBERED` seconds.
    """
    address = weights_address(backbone, alpha, input_size)
    if _is_kept(address) or any(_covers(file, alpha, last_layer) for file in FILES.get(backbone, ())):
        return None
    return _refusal(address, int(time.monotonic() // REMEMBERED))


def weights_address(backbone: str, alpha: float | None, input_size: int) -> str:
    """Where `keras.applications` downloads a backbone's weights from."""
    width = 1.0 if alpha is None else float(alpha)
    rows = input_size if input_size in SIZES.get(backbone, ()) else 224
    tenths = f"{width:.2f}".replace("0.", "").rstrip("0") if width < 1 else "1"
    names = {"alpha": width, "rows": rows, "tenths": f"{tenths[0]}_{tenths[1:] or 0}"}
    return f"{ORIGIN}/{PATHS[backbone].format(**names)}"


def _is_kept(address: str) -> bool:
    """True when Keras downloaded it before."""
    home = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras")
    return (home / "models" / address.rpartition("/")[2]).is_file()


def _covers(file: WeightsFile, alpha: float | None, last_layer: str | None) -> bool:
    """True when a local file has every layer that is wanted, as far as names tell."""
    if file.path is None or file.alpha != (1.0 if alpha is None else alpha):
        return False
    return file.until is None or 0 < _block(last_layer) <= _block(file.until)


def _block(layer: str | None) -> int:
    """The number in a MobileNet's layer name; 0 when there is none."""
    found = re.search(r"_(\d+)(?:_|$)", layer or "")
    return int(found.group(1)) if found else 0


@lru_cache(maxsize=32)
def _refusal(address: str, _moment: int) -> str | None:
    """A thread of its own, because looking up a name has no time limit."""
    pool = ThreadPoolExecutor(1)
    asked: Future[str | None] = pool.submit(_ask, address)
    pool.shutdown(wait=False)
    try:
        return asked.result(PATIENCE)
    except TooLate:
        return f"no answer within {PATIENCE:.0f} s"


def _ask(address: str) -> str | None:
    try:
        with urllib.request.urlopen(urllib.request.Request(address, method="HEAD"), timeout=PATIENCE):
            return None
    except (OSError, ValueError) as error:
        return reason_of(error)
