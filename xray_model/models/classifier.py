"""PneumoniaClassifier: grey levels -> backbone -> pooler -> head -> logit -> score, a plain `keras.Model`."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import keras
from keras import layers

from xray_model.bundles.card import KERAS_FILE, LFS_POINTER
from xray_model.bundles.folders import find_bundle
from xray_model.errors import InvalidBundle, InvalidConfig
from xray_model.models.backbones import SCALINGS, backbone_spec, build_backbone

CONTRACT_LAYERS = ("grey", "backbone", "pooler", "logit", "score")
ARTICLE_UNITS = 256  # width of the published article's hidden layer


def build_classifier(
    backbone: str,
    *,
    weights: str | Path | None = "imagenet",
    head: str = "article",
    scaling: str | None = None,
    input_size: int = 224,
    last_layer: str | None = None,
    alpha: float | None = None,
    dropout: float = 0.2,
    seed: int | None = None,
    precision: str = "float32",
) -> keras.Model:
    """A functional model of built-in layers: float32 (n, size, size) grey levels 0-255 -> `score` (n, 1) in [0, 1].

    head: "article" (batch norm, Dense 256 ReLU, dropout, batch norm, Dense 1) or "linear" (dropout, Dense 1).
    scaling: a key of `SCALINGS`; None takes the backbone's own, "unit" is what the published article feeds VGG16.
    dropout: share of the head's units in [0, 1). seed: sets every global generator (`keras.utils.set_random_seed`).
    precision: a dtype policy of Keras, in which the backbone's layers compute; the head's stay in float32.
    weights, last_layer, alpha: see `build_backbone`, whose errors pass through; `InvalidConfig` for another scaling.
    """
    spec = backbone_spec(backbone)
    if scaling not in (None, *SCALINGS):
        raise InvalidConfig(f"Unknown scaling {scaling!r}: choose one of {', '.join(SCALINGS)}.")
    if seed is not None:
        keras.utils.set_random_seed(seed)
    with _computing_in(precision):
        body = build_backbone(backbone, weights=weights, input_size=input_size, last_layer=last_layer, alpha=alpha)
    grey = keras.Input((input_size, input_size), name="grey", dtype="float32")
    feature_map = body(_three_channels(grey, scaling or spec.scaling))
    pooled = layers.GlobalAveragePooling2D(name="pooler")(feature_map)
    logit = layers.Dense(1, name="logit")(_hidden(pooled, head, dropout))
    return keras.Model(grey, layers.Activation("sigmoid", name="score")(logit), name="pneumonia_classifier")


@contextmanager
def _computing_in(precision: str) -> Iterator[None]:
    """Layers that are made meanwhile compute so."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(precision)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def freeze_backbone(model: keras.Model) -> None:
    """Only the head learns; the backbone's batch normalisation runs on its stored statistics. Compile afterwards."""
    _backbone(model).trainable = False


def unfreeze_backbone(model: keras.Model, from_layer: str | None = None) -> int:
    """Let the backbone learn from `from_layer` on, or all of it without one. Compile afterwards.

    Its batch normalisation stays in inference mode, as short runs on small batches need. Returns how many layers with
    weights now learn; raises `InvalidConfig` for an unknown layer.
    """
    body = _backbone(model)
    names = [layer.name for layer in body.layers]
    if from_layer is not None and from_layer not in names:
        raise InvalidConfig(f"The backbone has no layer {from_layer!r}; its last ones are {', '.join(names[-12:])}.")
    start = 0 if from_layer is None else names.index(from_layer)
    body.trainable = True  # first: setting it on a model sets every layer inside
    for position, layer in enumerate(body.layers):
        layer.trainable = position >= start and not isinstance(layer, layers.BatchNormalization)
    return sum(1 for layer in body.layers if layer.trainable_weights)


def load_classifier(path: str | Path | None = None) -> keras.Model:
    """The classifier of a bundle's folder or of a `.keras` file, of the newest bundle without a path; not compiled.

    A Keras file is code: only for files that this project, or you, made; never for an upload.
    Raises `InvalidBundle` when it is missing, damaged or does not have the contract's layers.
    """
    place = find_bundle() if path is None else Path(path)
    file = place / KERAS_FILE if place.is_dir() else place
    _check_file(file)
    try:
        model = keras.models.load_model(file, compile=False)
    except Exception as error:  # zip, HDF5, JSON and Keras each raise their own kinds
        raise InvalidBundle(f"Keras cannot open this model file ({type(error).__name__}): fetch it again.") from error
    missing = [name for name in CONTRACT_LAYERS if name not in {layer.name for layer in model.layers}]
    if missing:
        raise InvalidBundle(f"The model has no layer {', '.join(missing)}: expected one made by build_classifier.")
    return model


def _three_channels(grey: keras.KerasTensor, scaling: str) -> keras.KerasTensor:
    """(n, size, size) grey levels -> (n, size, size, 3) as the backbone was trained on: the output of `channels`."""
    channel = layers.Reshape((*grey.shape[1:], 1), name="channel")(grey)
    pairs = zip(*SCALINGS[scaling], strict=True)
    # One by one: the converter computes equal channels once, 0.3 ms less for an image than scaling all three.
    scaled = [layers.Rescaling(*pair, name=f"scaling_{index}")(channel) for index, pair in enumerate(pairs)]
    return layers.Concatenate(name="channels")(scaled)


def _hidden(pooled: keras.KerasTensor, head: str, dropout: float) -> keras.KerasTensor:
    """(n, c) pooled features -> what the logit's Dense layer sees."""
    if head == "linear":
        return layers.Dropout(dropout, name="head_dropout")(pooled)
    x = layers.BatchNormalization(name="head_norm_in")(pooled)
    x = layers.Dense(ARTICLE_UNITS, activation="relu", name="head_dense")(x)
    x = layers.Dropout(dropout, name="head_dropout")(x)
    return layers.BatchNormalization(name="head_norm_out")(x)


def _backbone(model: keras.Model) -> keras.Model:
    if not any(layer.name == "backbone" for layer in model.layers):
        raise InvalidConfig("The model has no layer named backbone: expected a classifier from build_classifier.")
    return model.get_layer("backbone")


def _check_file(file: Path) -> None:
    if not file.is_file():
        raise InvalidBundle("There is no model.keras here: give a bundle's folder or a .keras file.")
    with file.open("rb") as stream:
        if stream.read(len(LFS_POINTER)) == LFS_POINTER.encode():
            raise InvalidBundle("The model file is a Git LFS pointer: fetch the real file (git lfs pull).")
    if not zipfile.is_zipfile(file):
        size = file.stat().st_size
        raise InvalidBundle(f"The model file ({size} bytes) is truncated or not a .keras file: fetch it again.")
