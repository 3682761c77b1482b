"""MobileNet's first blocks, under Keras' names: runs that cut it there need not build the twelve that follow."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import keras
import pytest
from keras import KerasTensor, layers

from xray_model.models.backbones import BACKBONES


def first_blocks(*, weights: None, include_top: bool, input_shape: tuple[int, ...], alpha: float) -> keras.Model:
    """As far as `conv_pw_1_relu`; random weights."""
    assert weights is None
    assert not include_top
    image = keras.Input(input_shape)
    first = layers.Conv2D(int(32 * alpha), 3, 2, padding="same", use_bias=False, name="conv1")
    depthwise = layers.DepthwiseConv2D(3, padding="same", use_bias=False, name="conv_dw_1")
    pointwise = layers.Conv2D(int(64 * alpha), 1, padding="same", use_bias=False, name="conv_pw_1")
    return keras.Model(image, _block(pointwise, _block(depthwise, _block(first, image))))


def _block(convolution: keras.Layer, into: KerasTensor) -> KerasTensor:
    out = layers.BatchNormalization(name=f"{convolution.name}_bn")(convolution(into))
    return layers.ReLU(6.0, name=f"{convolution.name}_relu")(out)


@contextmanager
def shortened() -> Iterator[None]:
    """MobileNet is its first blocks meanwhile."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(BACKBONES, "MobileNet", replace(BACKBONES["MobileNet"], builder=first_blocks))
        yield
