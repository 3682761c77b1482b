"""The lungs of many images, to pool features, evidence and answers over. Without Keras."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from xray_model.bundles.lung_finder import LungFinder, load_lung_finder
from xray_model.explanation.lung_pooling import pool_over_lungs
from xray_model.imaging.resize import resize_grey


def pool_all(
    grey: NDArray[np.uint8], logits: NDArray[np.float32], evidence: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """(logits (n,), evidence (n, h, w)) of uint8 (n, s, s) images, each pooled over its own lungs."""
    lungs = [_finder().find(image) for image in grey]
    pooled = [
        pool_over_lungs(cells, float(logit), found.field)
        for cells, logit, found in zip(evidence, logits, lungs, strict=True)
    ]
    return np.array([logit for logit, _ in pooled], np.float32), np.stack([cells for _, cells in pooled])


def lung_fields(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Where the lungs lie in uint8 (n, s, s) images: 0 or 1, of the same shape; all 1 where none are found."""
    found = (_finder().find(image).field for image in grey)
    fields = [resize_grey(field.astype(np.uint8) * 255, grey.shape[1]) >= 128 for field in found]
    return np.stack([field if field.any() else ~field for field in fields]).astype(np.uint8)


class LungFields:
    """What `lung_fields` says of a set of images, by index: found when first asked for, then kept, a bit a pixel."""

    def __init__(self, grey: NDArray[np.uint8]) -> None:
        """grey: (n, s, s)."""
        self._grey = grey
        self._kept: dict[int, NDArray[np.uint8]] = {}

    def __getitem__(self, index: int) -> NDArray[np.uint8]:
        """(s, s), 0 or 1."""
        grey = self._grey[index]
        if index not in self._kept:
            self._kept[index] = np.packbits(lung_fields(grey[None]))
        return np.unpackbits(self._kept[index], count=grey.size).reshape(grey.shape)

    def of(self, part: slice) -> NDArray[np.uint8]:
        """Those of a part of the images, (m, s, s)."""
        return np.stack([self[index] for index in range(*part.indices(len(self._grey)))])


@lru_cache(maxsize=1)
def _finder() -> LungFinder:
    """The one that ships; raises `InvalidBundle`."""
    return load_lung_finder()
