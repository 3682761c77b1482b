"""The lung finder's network: a small U-Net of separable convolutions that says where both lungs lie."""

from __future__ import annotations

from functools import lru_cache

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

from xray_model.bundles.finder_card import FINDER, KERAS, FinderCard
from xray_model.explanation.lungs import KINDS, Lungs
from xray_model.imaging.resize import resize_grey

INPUT_SIZE = 128  # pixels of a side
MOMENTUM = 0.9  # of batch normalisation: a run is too short for Keras' 0.99
PATH = (32, 64, 128, 160)  # channels after each halving, from 32 cells down to 4
BACK = (96, 64, 32, 24)
BATCH = 32


def build_lung_finder(seed: int | None = None) -> keras.Model:
    """float32 (n, 128, 128) grey levels 0-255 -> `lungs` (n, 64, 64, 2) scores in [0, 1], `features` (n, 160), `kind`
    (n, 3) scores in [0, 1] of `KINDS`.

    The first channel of `lungs` is the lung on the picture's left. The form is that of U-Net (Ronneberger et al.,
    MICCAI 2015) with MobileNet's separable convolutions. Each picture is standardised first: exposure matters little.
    """
    if seed is not None:
        keras.utils.set_random_seed(seed)
    grey = keras.Input((INPUT_SIZE, INPUT_SIZE), name="grey", dtype="float32")
    even = layers.LayerNormalization(axis=(1, 2), center=False, scale=False, epsilon=1.0, name="even")(grey)
    x = layers.Reshape((INPUT_SIZE, INPUT_SIZE, 1))(even)
    x = _norm(layers.Conv2D(16, 3, strides=2, padding="same", use_bias=False)(x))
    steps = [x]
    for channels in PATH:
        x = _separable(_separable(x, channels, strides=2), channels)
        x = _separable(x, channels) if channels >= PATH[-2] else x
        steps.append(x)
    features = layers.GlobalAveragePooling2D(name="features")(x)
    for channels, across in zip(BACK, reversed(steps[:-1]), strict=True):
        x = layers.Concatenate()([layers.UpSampling2D(interpolation="bilinear")(x), across])
        x = _separable(x, channels)
    lungs = layers.Conv2D(2, 1, activation="sigmoid", name="lungs")(x)
    kind = layers.Dense(len(KINDS), activation="sigmoid", name="kind")(layers.Dense(64, activation="relu")(features))
    return keras.Model(grey, {"lungs": lungs, "features": features, "kind": kind}, name="lung_finder")


def _separable(x: keras.KerasTensor, channels: int, strides: int = 1) -> keras.KerasTensor:
    x = _norm(layers.DepthwiseConv2D(3, strides=strides, padding="same", use_bias=False)(x))
    return _norm(layers.Conv2D(channels, 1, use_bias=False)(x))


def _norm(x: keras.KerasTensor) -> keras.KerasTensor:
    return layers.ReLU()(layers.BatchNormalization(momentum=MOMENTUM)(x))


def find_all(model: keras.Model, grey: NDArray[np.uint8]) -> list[Lungs]:
    """The lungs of uint8 (n, s, s) images."""
    size = model.input.shape[1]
    found: list[Lungs] = []
    for start in range(0, len(grey), BATCH):
        batch = np.stack([resize_grey(image, size) for image in grey[start : start + BATCH]])
        out = {name: np.asarray(value) for name, value in model.predict_on_batch(batch.astype(np.float32)).items()}
        found += map(Lungs.from_scores, out["lungs"], out["features"], out["kind"])
    return found


@lru_cache(maxsize=1)
def load_keras_finder() -> keras.Model:
    """The lung finder that ships, verified; raises `InvalidBundle`."""
    FinderCard.from_folder(FINDER)
    return keras.models.load_model(FINDER / KERAS, compile=False)
