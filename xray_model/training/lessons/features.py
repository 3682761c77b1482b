"""What a frozen backbone says of a lesson's images: pooled features, computed once for each backbone and picture."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from xray_model.bundles.card import POOLED
from xray_model.explanation.lung_pooling import over_lungs
from xray_model.recipes.imagenet_weights import imagenet_file
from xray_model.recipes.lessons.lesson import BODY, IMAGENET, Training
from xray_model.training.early_features import CHUNK, Maps
from xray_model.training.features import keras_maps
from xray_model.training.lessons.images import LessonImages
from xray_model.training.setup import start_model

Tell = Callable[[str, int, int], None]  # (what, images done, images in all)


def start_of(training: Training) -> keras.Model:
    """The classifier that a training starts from; ImageNet weights from this machine, never downloaded."""
    weights = training.weights
    if weights == IMAGENET:
        weights = str(imagenet_file(training.backbone, training.alpha, training.last_layer))
    body = replace(BODY, backbone=training.backbone, alpha=training.alpha, last_layer=training.last_layer)
    return start_model(replace(body, weights=weights, seed=training.seed))


class Backbones:
    """Opened backbones and what they said, kept while the lesson runs."""

    def __init__(self, images: LessonImages, tell: Tell) -> None:
        """tell: called after each chunk."""
        self.images, self._tell = images, tell
        self._maps: dict[tuple[Any, ...], Maps] = {}
        self._pooled: dict[tuple[Any, ...], NDArray[np.float32]] = {}
        self.costs: dict[tuple[Any, ...], dict[str, float]] = {}

    def maps(self, training: Training) -> Maps:
        """The training's frozen backbone."""
        key = backbone_key(training)
        if key not in self._maps:
            classifier = start_of(training)
            self._maps[key] = keras_maps(classifier)
            weights = sum(int(np.prod(weight.shape)) for weight in classifier.get_layer("backbone").weights)
            self.costs[key] = {"megabytes": weights * 4 / 1e6}
        return self._maps[key]

    def pooled(self, training: Training, name: str, grey: NDArray[Any], fields: Any = None) -> NDArray[np.float32]:
        """Features (n, c) of grey levels (n, s, s), kept under `name`. fields: their lungs, where a training pools."""
        is_pooled = training.lungs == POOLED and fields is not None
        key = (*backbone_key(training), name, is_pooled)
        if key not in self._pooled:
            maps, parts, begin = self.maps(training), [], time.perf_counter()
            for start in range(0, len(grey), CHUNK):
                part = slice(start, start + CHUNK)
                found, pooled = maps(grey[part])
                parts.append(over_lungs(found, fields[part]).mean(axis=(1, 2)) if is_pooled else pooled)
                self._tell(training.name, min(start + CHUNK, len(grey)), len(grey))
            self._pooled[key] = np.concatenate(parts)
            self.costs[backbone_key(training)].setdefault("seconds", time.perf_counter() - begin)
        return self._pooled[key]


def backbone_key(training: Training) -> tuple[Any, ...]:
    """What tells one backbone from another."""
    random = training.seed if training.weights is None else 0
    return (training.backbone, training.alpha, training.last_layer, training.weights, random)
