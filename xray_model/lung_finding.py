"""The lungs of many images, for training and bundling; through Keras only while a lung finder is being made."""

from __future__ import annotations

from functools import lru_cache

import keras
import numpy as np
from numpy.typing import NDArray

from xray_model.finder_card import FINDER, KERAS, FinderCard
from xray_model.lung_finder import load_lung_finder
from xray_model.lungs import Lungs
from xray_model.pooling import pool_over_lungs
from xray_model.radiograph import resize_grey

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


def pool_all(
    grey: NDArray[np.uint8], logits: NDArray[np.float32], evidence: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """(logits (n,), evidence (n, h, w)) of uint8 (n, s, s) images, each pooled over its own lungs."""
    finder = load_lung_finder()
    lungs = [finder.find(image) for image in grey]
    pooled = [
        pool_over_lungs(cells, float(logit), found.field)
        for cells, logit, found in zip(evidence, logits, lungs, strict=True)
    ]
    return np.array([logit for logit, _ in pooled], np.float32), np.stack([cells for _, cells in pooled])


def lung_fields(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Where the lungs lie in uint8 (n, s, s) images: 0 or 1, of the same shape; all 1 where none are found."""
    finder = load_lung_finder()
    found = (finder.find(image).field for image in grey)
    fields = [resize_grey(field.astype(np.uint8) * 255, grey.shape[1]) >= 128 for field in found]
    return np.stack([field if field.any() else ~field for field in fields]).astype(np.uint8)


@lru_cache(maxsize=1)
def load_keras_finder() -> keras.Model:
    """The lung finder that ships, verified; raises `InvalidBundle`."""
    FinderCard.from_folder(FINDER)
    return keras.models.load_model(FINDER / KERAS, compile=False)
