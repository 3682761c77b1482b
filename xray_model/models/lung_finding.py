"""The lungs of many images through Keras: for making a lung finder, and where its network is at hand as it is."""

from __future__ import annotations

from functools import lru_cache

import keras
import numpy as np
from numpy.typing import NDArray

from xray_model.bundles.finder_card import FINDER, KERAS, FinderCard
from xray_model.explanation.lungs import Lungs
from xray_model.imaging.radiograph import resize_grey

BATCH = 32


def find_all(model: keras.Model, grey: NDArray[np.uint8]) -> list[Lungs]:
    """The lungs of uint8 (n, s, s) images."""
    size = model.input.shape[1]
    found: list[Lungs] = []
    for start in range(0, len(grey), BATCH):
        batch = np.stack([resize_grey(image, size) for image in grey[start : start + BATCH]])
        out = {name: np.asarray(value) for name, value in model.predict_on_batch(batch.astype(np.float32)).items()}
        found += map(Lungs.from_scores, out["lungs"], out["features"])
    return found


@lru_cache(maxsize=1)
def load_keras_finder() -> keras.Model:
    """The lung finder that ships, verified; raises `InvalidBundle`."""
    FinderCard.from_folder(FINDER)
    return keras.models.load_model(FINDER / KERAS, compile=False)
