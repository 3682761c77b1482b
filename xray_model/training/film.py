"""The film of a run: probability and evidence of the same few images at the end of every epoch."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from xray_model.bundles.card import GATE, POOLED
from xray_model.datasets.labelled_images import LabelledImages
from xray_model.evaluation.calibration import sigmoid
from xray_model.explanation.heatmap import signed_evidence
from xray_model.explanation.lung_pooling import over_lungs
from xray_model.training.early_features import Maps
from xray_model.training.features import logit_model
from xray_model.training.lung_fields import lung_fields

FRAMES = 6  # images on the film: three of each label where there are as many


def choose_film(images: LabelledImages, count: int = FRAMES) -> LabelledImages:
    """The first images of each label, half and half."""
    half = (count + 1) // 2
    chosen = [*np.flatnonzero(images.labels == 0)[:half], *np.flatnonzero(images.labels == 1)[:half]]
    return images.take(chosen[:count])


class Film:
    """Draws one frame of every image when asked. The feature maps are kept while the backbone stands still."""

    def __init__(
        self,
        classifier: keras.Model,
        maps: Maps,
        images: LabelledImages,
        frozen: Maps | None = None,
        lungs: str = GATE,
    ) -> None:
        """maps: the classifier's own. images: at most `CHUNK`. frozen: faster, until the backbone learns.

        lungs: of the run's settings.
        """
        self._head = logit_model(classifier)
        self._maps, self._images = maps, images
        self._frozen = frozen or maps
        self._kept: NDArray[np.float32] | None = None
        self._fields = lung_fields(images.grey) if lungs == POOLED else None

    def frames(self, backbone_learns: bool) -> list[dict[str, Any]]:
        """Score in [0, 1] and signed evidence (h * w numbers, logits per cell) of each image now."""
        if self._kept is None or backbone_learns:
            maps = self._maps if backbone_learns else self._frozen
            feature_map = maps(self._images.grey)[0]
            self._kept = feature_map if self._fields is None else over_lungs(feature_map, self._fields)
        logits, gradient = head_answer(self._head, self._kept.mean(axis=(1, 2)))
        evidence = signed_evidence(self._kept, gradient)
        return [
            {
                "image": i,
                "probability": round(float(sigmoid(logits[i])), 4),
                "shape": list(evidence[i].shape),
                "evidence": [float(f"{value:.3g}") for value in evidence[i].ravel()],
            }
            for i in range(len(evidence))
        ]


def head_answer(head: keras.Model, pooled: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """(logits (n,), gradient of the logit at the pooler (n, c)) of pooled features, with the weights of the moment.

    head: pooled features to `logit`. The exported graph would not do: it holds its weights as constants.
    """
    features = tf.constant(pooled)
    with tf.GradientTape() as tape:
        tape.watch(features)
        logit = head(features, training=False)
    return np.asarray(logit)[:, 0], np.asarray(tape.gradient(logit, features))
