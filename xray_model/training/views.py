"""The views of a set of images that are computed once: the image as it is, then augmented ones, each drawn once.

An epoch takes one view of each image, out of those that are there by then: one more as each epoch begins, so that the
first epoch comes soon.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from xray_model.augmentation.transforms import warp
from xray_model.bundles.card import POOLED
from xray_model.datasets.labelled_images import LabelledImages
from xray_model.recipes.config import TrainingConfig
from xray_model.training.lung_fields import LungFields

VIEW_STREAM = 7919  # keeps the views' generators apart from those of the batches

Pictures: TypeAlias = tuple[NDArray[Any], NDArray[Any] | None]  # (n, s, s), and where their lungs lie


class Views:
    """Views by index; lungs are warped as their picture is."""

    def __init__(self, images: LabelledImages, config: TrainingConfig, fields: LungFields) -> None:
        """fields: of the same images, asked for where the settings pool over the lungs."""
        self.images, self._config, self._fields = images, config, fields
        self.count = 1 if config.augmentation.is_off else config.views

    def there(self, epoch: int) -> int:
        """How many views there are by an epoch, counted from 0."""
        return min(epoch + 1, self.count)

    def chosen(self, epoch: int) -> NDArray[np.intp]:
        """The index of the view that an epoch sees of each image, (n,)."""
        rng = np.random.default_rng((self._config.seed, VIEW_STREAM, epoch))
        return rng.integers(self.there(epoch), size=len(self.images))

    def pictures(self, index: int, part: slice) -> Pictures:
        """One view of a part of the images."""
        return self._augmented(index, part) if index else self._as_they_are(part)

    def _as_they_are(self, part: slice) -> Pictures:
        return self.images.grey[part], self._fields.of(part) if self._config.lungs == POOLED else None

    def _augmented(self, index: int, part: slice) -> Pictures:
        grey, fields = self._as_they_are(part)
        seeds = ((self._config.seed, VIEW_STREAM, index, i) for i in range(*part.indices(len(self.images))))
        draws = [self._config.augmentation.draw(np.random.default_rng(own)) for own in seeds]
        drawn = np.stack([draw.apply(image.astype(np.float32)) for draw, image in zip(draws, grey, strict=True)])
        if fields is None:
            return drawn, None
        pairs = zip(draws, fields.astype(np.float32), strict=True)
        return drawn, np.stack([warp(field, draw.matrix(field.shape), "black") for draw, field in pairs])
