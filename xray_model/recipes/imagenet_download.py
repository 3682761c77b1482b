"""ImageNet weights fetched into Keras' own cache, where `keras.applications` then finds them. Without Keras.

`python -m xray_model.recipes.imagenet_download` fetches those that the default run starts from; `make app` does so
once it has installed what it needs.
"""

from __future__ import annotations

import http.client
import sys
import tempfile
import urllib.request
from collections.abc import Callable
from pathlib import Path

from xray_model.datasets.pneumoniamnist import reason_of
from xray_model.errors import WeightsUnavailable, XrayModelError
from xray_model.recipes.config import TrainingConfig
from xray_model.recipes.imagenet_weights import download_refusal, keras_file, keras_folder, needs_download
from xray_model.recipes.presets import quick

ORIGIN = "https://storage.googleapis.com"
PLACES = {  # below ORIGIN, as `keras.applications` has them; tests/recipes/test_imagenet_weights.py compares
    "VGG16": "tensorflow/keras-applications/vgg16",
    "ResNet50": "tensorflow/keras-applications/resnet",
    "DenseNet121": "tensorflow/keras-applications/densenet",
    "EfficientNetB0": "keras-applications",
    "MobileNetV2": "tensorflow/keras-applications/mobilenet_v2",
    "MobileNet": "tensorflow/keras-applications/mobilenet",
}
IMAGENET_MEGABYTES = {
    "VGG16": 59,
    "ResNet50": 95,
    "DenseNet121": 29,
    "EfficientNetB0": 17,
    "MobileNetV2": 9,
    "MobileNet": 17,
}
BLOCK = 1 << 17
PATIENCE = 10  # seconds without a byte
HDF5 = b"\x89HDF\r\n\x1a\n"  # how the files begin; a proxy's page of apology does not

Advance = Callable[[int, int], None]  # (bytes so far, bytes in all, 0 if unknown)


def download_imagenet(config: TrainingConfig, on_progress: Advance | None = None) -> Path | None:
    """Fetch what a run of these settings starts from, if it is missing; None if nothing was.

    The file is there whole or not at all. Raises `WeightsUnavailable`.
    """
    if not needs_download(config):
        return None
    target = keras_folder() / keras_file(config.backbone, config.alpha, config.input_size)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent) as folder:
            part = Path(folder) / target.name
            _fetch(f"{ORIGIN}/{PLACES[config.backbone]}/{target.name}", part, on_progress)
            part.replace(target)
    except (OSError, ValueError, http.client.HTTPException) as error:  # the first includes URLError and timeouts
        raise WeightsUnavailable(download_refusal(config.backbone, reason_of(error))) from error
    return target


def _fetch(address: str, part: Path, on_progress: Advance | None) -> None:
    with urllib.request.urlopen(address, timeout=PATIENCE) as answer, part.open("wb") as stream:
        total, done = int(answer.headers.get("Content-Length") or 0), 0
        while block := answer.read(BLOCK):
            if not done and not block.startswith(HDF5):
                raise ValueError("what came is no weights file")
            stream.write(block)
            done += len(block)
            if on_progress:
                on_progress(done, total)
    if not done or (total and done != total):
        raise OSError("the connection broke off")


def main() -> int:
    """Fetch the default run's weights and say so; without a network say that, and go on: the app works without."""
    try:
        config = quick("imagenet")
        if not needs_download(config):
            return 0
        sys.stdout.write(
            f"Downloading ImageNet's {config.backbone} weights, once ({IMAGENET_MEGABYTES[config.backbone]} MB)\n"
        )
        download_imagenet(config)
    except XrayModelError:
        sys.stdout.write("They could not be downloaded. The app works without: its default run starts elsewhere.\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
