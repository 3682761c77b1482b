"""Cached features: what a frozen backbone says of each image, computed once; the head then learns in no time.

Exact when augmentation is off: the same batches in the same order give the same head. With augmentation on, `views`
pictures of each image are drawn once, and an epoch takes one of them for each image (`training/views.py`): its figures
compare with the next's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from xray_model.datasets.labelled_images import LabelledImages
from xray_model.models.export import head_layers
from xray_model.recipes.config import TrainingConfig
from xray_model.training.batches import AugmentedBatches
from xray_model.training.early_features import CHUNK, Advance, Maps, pooled_features, unwatched
from xray_model.training.lung_fields import LungFields
from xray_model.training.views import Views

Plain = Callable[[Advance], NDArray[np.float32]]  # pooled features (n, c) of a set of images as they are


def head_model(classifier: keras.Model) -> keras.Model:
    """Pooled features (n, c) -> `score` (n, 1), on the classifier's own layers: it learns for the classifier."""
    logits = logit_model(classifier)
    return keras.Model(logits.input, classifier.get_layer("score")(logits.output), name="head")


def logit_model(classifier: keras.Model) -> keras.Model:
    """Pooled features (n, c) -> `logit` (n, 1), on the classifier's own layers."""
    out = pooled = keras.Input(classifier.get_layer("pooler").output.shape[1:], name="pooled")
    for layer in head_layers(classifier):
        out = layer(out)
    return keras.Model(pooled, out)


def map_model(classifier: keras.Model) -> keras.Model:
    """Images (n, size, size) -> (feature maps (n, h, w, c), pooled (n, c)), on the classifier's own layers."""
    pooler = classifier.get_layer("pooler")
    return keras.Model(classifier.input, [pooler.input, pooler.output], name="maps")


def feature_maps(network: keras.Model, grey: NDArray[Any]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """(maps (n, h, w, c), pooled (n, c)) of at most `CHUNK` images.

    Filled up to `CHUNK`: every other length would cost a second to trace. Keras pools, so that the last bit is its own.
    """
    full = np.zeros((CHUNK, *grey.shape[1:]), np.float32)
    full[: len(grey)] = grey
    maps, pooled = network.predict_on_batch(full)
    return np.asarray(maps)[: len(grey)], np.asarray(pooled)[: len(grey)]


def keras_maps(classifier: keras.Model) -> Maps:
    """The classifier's own backbone, with the weights of the moment."""
    network = map_model(classifier)
    return lambda grey: feature_maps(network, grey)


class FeatureStore:
    """Pooled features of one set of images by view; `view` computes what is not there yet.

    Over the whole picture, or over the lungs where the settings say so: a view's lungs are warped as its picture is.
    """

    def __init__(
        self,
        maps: Maps,
        images: LabelledImages,
        config: TrainingConfig,
        fields: LungFields,
        plain: Plain | None = None,
    ) -> None:
        """maps: of the frozen backbone. fields: of the same images, asked for where the settings pool over the lungs.
        plain: where the features of the images as they are come from, if not here."""
        self._maps, self._plain = maps, plain or self._compute_plain
        self._drawn = Views(images, config, fields)
        self._views: dict[int, NDArray[np.float32]] = {}

    def view(self, epoch: int, advance: Advance = unwatched) -> NDArray[np.float32]:
        """What an epoch sees of the images (n, c): of each a view at random, out of those that are there by then."""
        there = self._drawn.there(epoch)
        for index in range(there):
            if index not in self._views:
                self._views[index] = self._compute(index, advance) if index else self.plain(advance)
        if there == 1:
            return self._views[0]
        return np.stack([self._views[index][i] for i, index in enumerate(self._drawn.chosen(epoch))])

    def plain(self, advance: Advance = unwatched) -> NDArray[np.float32]:
        """The images as they are (n, c), not kept."""
        return self._plain(advance)

    def _compute_plain(self, advance: Advance) -> NDArray[np.float32]:
        return self._compute(0, advance)

    def _compute(self, index: int, advance: Advance) -> NDArray[np.float32]:
        parts, total = [], len(self._drawn.images)
        for start in range(0, total, CHUNK):
            grey, fields = self._drawn.pictures(index, slice(start, min(total, start + CHUNK)))
            parts.append(pooled_features(self._maps, grey, fields))
            advance(min(total, start + CHUNK), total)
        return np.concatenate(parts)


class FeatureBatches(AugmentedBatches):
    """The batches of `AugmentedBatches`, order and labels alike, of features instead of images."""

    def __init__(
        self, images: LabelledImages, config: TrainingConfig, features: NDArray[np.float32], epoch: int = 0
    ) -> None:
        super().__init__(images, config, epoch)
        self._features = features

    def _inputs(self, chosen: NDArray[np.intp], rng: np.random.Generator) -> NDArray[np.float32]:  # noqa: ARG002
        return self._features[chosen]
