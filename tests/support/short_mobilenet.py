"""MobileNet's first blocks, of Keras' own making: runs that cut it there need not build the twelve that follow."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import keras
import pytest
from keras.src.applications import mobilenet

from xray_model.models.backbones import BACKBONES


def first_blocks(*, weights: None, include_top: bool, input_shape: tuple[int, ...], alpha: float) -> keras.Model:
    """As far as `conv_pw_1_relu`; random weights."""
    assert weights is None
    assert not include_top
    image = keras.Input(input_shape)
    out = mobilenet._conv_block(image, 32, alpha, strides=(2, 2))
    return keras.Model(image, mobilenet._depthwise_conv_block(out, 64, alpha, 1, block_id=1))


@contextmanager
def shortened() -> Iterator[None]:
    """MobileNet is its first blocks meanwhile."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(BACKBONES, "MobileNet", replace(BACKBONES["MobileNet"], builder=first_blocks))
        yield
