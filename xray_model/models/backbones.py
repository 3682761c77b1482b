"""Backbones: their `keras.applications` builders, input scaling and ImageNet weights."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import keras
from keras import applications

from xray_model.errors import InvalidConfig, WeightsUnavailable
from xray_model.recipes.imagenet_weights import FILES, WeightsFile, download_refusal

SMALLEST_INPUT = 32  # five halvings leave one cell; keras.applications refuses less
IMAGENET_MEAN = (0.485, 0.456, 0.406)  # RGB in [0, 1]: keras.applications.imagenet_utils, mode "torch"
IMAGENET_DEVIATION = (0.229, 0.224, 0.225)
CAFFE_MEAN = (103.939, 116.779, 123.68)  # BGR in 0-255: the same module, mode "caffe"

# name: (scale, offset) for each of three channels; a grey level g in 0-255 enters the backbone as scale * g + offset.
# The three channels are equal, so that the BGR order of "caffe" is nothing but the order of its means.
SCALINGS: dict[str, tuple[tuple[float, ...], tuple[float, ...]]] = {
    "caffe": ((1.0,) * 3, tuple(-mean for mean in CAFFE_MEAN)),
    "tf": ((1 / 127.5,) * 3, (-1.0,) * 3),
    "torch": (
        tuple(1 / (255 * deviation) for deviation in IMAGENET_DEVIATION),
        tuple(-mean / deviation for mean, deviation in zip(IMAGENET_MEAN, IMAGENET_DEVIATION, strict=True)),
    ),
    "unit": ((1 / 255,) * 3, (0.0,) * 3),
    "identity": ((1.0,) * 3, (0.0,) * 3),  # EfficientNet: the backbone's own first layers rescale
}


@dataclass(frozen=True)
class BackboneSpec:
    """One backbone. alphas: widths that ImageNet weights exist for, empty when the width is fixed."""

    name: str
    builder: Callable[..., keras.Model]
    scaling: str
    alphas: tuple[float, ...] = ()
    files: tuple[WeightsFile, ...] = ()


MOBILENET_ALPHAS = (0.25, 0.5, 0.75, 1.0)
MOBILENET_V2_ALPHAS = (0.35, 0.5, 0.75, 1.0, 1.3, 1.4)

BACKBONES: dict[str, BackboneSpec] = {
    spec.name: spec
    for spec in (
        BackboneSpec("VGG16", applications.VGG16, "caffe"),
        BackboneSpec("ResNet50", applications.ResNet50, "caffe"),
        BackboneSpec("DenseNet121", applications.DenseNet121, "torch"),
        BackboneSpec("EfficientNetB0", applications.EfficientNetB0, "identity"),
        BackboneSpec("MobileNetV2", applications.MobileNetV2, "tf", MOBILENET_V2_ALPHAS, FILES["MobileNetV2"]),
        BackboneSpec("MobileNet", applications.MobileNet, "tf", MOBILENET_ALPHAS, FILES["MobileNet"]),
    )
}


def backbone_spec(name: str) -> BackboneSpec:
    """The registry's entry; `InvalidConfig` with the known names for any other."""
    if name not in BACKBONES:
        raise InvalidConfig(f"Unknown backbone {name!r}: choose one of {', '.join(BACKBONES)}.")
    return BACKBONES[name]


def build_backbone(
    name: str,
    *,
    weights: str | Path | None = "imagenet",
    input_size: int = 224,
    last_layer: str | None = None,
    alpha: float | None = None,
) -> keras.Model:
    """A backbone without top, named `backbone`: scaled (n, size, size, 3) -> feature map (n, h, w, c).

    weights: "imagenet" (a matching file below `$XRAY_DATA_DIR`, else downloaded by `keras.applications`), None (random)
    or a `.weights.h5` file of this backbone built with `weights=None, include_top=False`.
    last_layer: the layer to cut at, whose output becomes the feature map; None keeps the whole backbone.
    alpha: width of the MobileNets; None is 1.0 there and must be left out elsewhere.

    Raises `InvalidConfig` for an unknown name, layer, width or size, `WeightsUnavailable` when weights cannot be had.
    """
    spec = backbone_spec(name)
    if input_size < SMALLEST_INPUT:
        raise InvalidConfig(f"Got input_size {input_size}; expected at least {SMALLEST_INPUT} pixels.")
    options = {"include_top": False, "input_shape": (input_size, input_size, 3), **_width(spec, alpha)}
    if weights == "imagenet":
        return _from_imagenet(spec, options, last_layer)
    model = spec.builder(weights=None, **options)
    if weights is None:
        return _cut(model, last_layer)
    return _from_file(spec, model, Path(weights), last_layer)


def _width(spec: BackboneSpec, alpha: float | None) -> dict[str, float]:
    if not spec.alphas:
        if alpha is not None:
            raise InvalidConfig(f"Got alpha {alpha} for {spec.name}, whose width is fixed: leave alpha out.")
        return {}
    chosen = 1.0 if alpha is None else alpha
    if chosen not in spec.alphas:
        raise InvalidConfig(f"Got alpha {alpha} for {spec.name}: choose one of {', '.join(map(str, spec.alphas))}.")
    return {"alpha": chosen}


def _cut(model: keras.Model, last_layer: str | None) -> keras.Model:
    if last_layer is None:
        return keras.Model(model.input, model.output, name="backbone")
    if not _has_layer(model, last_layer):
        known = ", ".join(layer.name for layer in model.layers[-12:])
        raise InvalidConfig(f"The backbone has no layer {last_layer!r}; its last ones are {known}.")
    return keras.Model(model.input, model.get_layer(last_layer).output, name="backbone")


def _has_layer(model: keras.Model, name: str) -> bool:
    return any(layer.name == name for layer in model.layers)


def _from_imagenet(spec: BackboneSpec, options: dict[str, object], last_layer: str | None) -> keras.Model:
    for file in spec.files:
        path = file.path
        if path is None or file.alpha != options["alpha"]:
            continue
        model = spec.builder(weights=None, **options)
        _cut(model, last_layer)  # a misspelt layer is the caller's error, not a reason to download
        if _covers(model, file.until, last_layer):
            return _from_file(spec, model, path, last_layer)
    return _cut(_download(spec, options), last_layer)


def _covers(model: keras.Model, until: str | None, last_layer: str | None) -> bool:
    """True when a file that ends at `until` fills the model as far as `last_layer`."""
    return until is None or (last_layer is not None and _has_layer(_cut(model, until), last_layer))


def _download(spec: BackboneSpec, options: dict[str, object]) -> keras.Model:
    try:
        return spec.builder(weights="imagenet", **options)
    except Exception as error:  # keras.utils.get_file raises a plain Exception for every network failure
        raise WeightsUnavailable(download_refusal(spec.name, error)) from error


def _from_file(spec: BackboneSpec, model: keras.Model, path: Path, last_layer: str | None) -> keras.Model:
    """Load as far as the file goes, then cut: in a graph cut first a branch may be missing and the names shift."""
    if not path.is_file():
        raise WeightsUnavailable("The weights file does not exist: give the path of a .weights.h5 file.")
    _cut(model, last_layer)
    for until in dict.fromkeys((None, *(file.until for file in spec.files), last_layer)):
        part = _cut(model, until)
        if not _loads(part, path):
            continue
        if not _covers(model, until, last_layer):
            raise InvalidConfig(f"This file ends at {until}: pass last_layer={until!r} or an earlier layer.")
        return _cut(part, last_layer)
    raise WeightsUnavailable(
        f"The weights file does not fit {spec.name}: expected a .weights.h5 file of keras.applications.{spec.name} "
        "built with weights=None, include_top=False and the same alpha. Choose the backbone that it was saved from."
    )


def _loads(model: keras.Model, path: Path) -> bool:
    with warnings.catch_warnings():
        # Keras' book-keeping of a graph's depths holds no weights; it warns that these files hold none for it.
        warnings.filterwarnings("ignore", message="Skipping nested container")
        try:
            model.load_weights(path)
        except (ValueError, KeyError, OSError):  # other layers, other shapes, not an HDF5 file
            return False
    return True
