"""The phantoms of a lesson: those it may learn from, those it is judged on, and variants of both. Without Keras."""

from __future__ import annotations

from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from xray_model.augmentation.policy import AugmentationPolicy
from xray_model.datasets.phantom_sets import training_phantoms
from xray_model.recipes.lessons.lesson import HELD_OUT, LARGEST, SIZE, Training
from xray_model.training.acquisition_shift import shifted
from xray_model.training.lung_fields import lung_fields

MARKER, LEVEL = 0.09, 235  # side of the marker, share of the picture's; its grey level
MARKER_AT = (0.06, 0.84)  # top and left, shares of the sides; it moves a little from film to film
STREAM = 4217  # keeps a lesson's generators apart from others with the same seed


class LessonImages:
    """The first phantoms of the set that ships: uint8 (n, 128, 128), the last `held_out` of them for judging."""

    def __init__(self, largest: int = LARGEST, held_out: int = HELD_OUT) -> None:
        """largest: images that a training may learn from."""
        images = training_phantoms(largest + held_out, SIZE)
        self.grey, self.labels = images.grey, images.labels.astype(np.float32)
        self.held_out = np.arange(largest, largest + held_out)
        self._images, self._largest = images, largest

    @cached_property
    def marked(self) -> NDArray[np.uint8]:
        """All images with a white marker in the upper corner on the right."""
        return np.stack([_with_marker(grey, seed) for seed, grey in enumerate(self.grey)])

    @cached_property
    def telling(self) -> NDArray[np.uint8]:
        """All images, the marker on those with PNEUMONIA and on no other."""
        return np.where(self.labels[:, None, None] > 0, self.marked, self.grey)

    @cached_property
    def shifted(self) -> NDArray[np.uint8]:
        """The images for judging under simulated acquisition shift."""
        return shifted(self._images.take(self.held_out)).grey

    @cached_property
    def lungs(self) -> NDArray[np.uint8]:
        """Where the lungs lie in all images as they are, 0 or 1."""
        return lung_fields(self.grey)

    def draw(self, training: Training) -> NDArray[np.intp]:
        """Indices of a training's images: half of each label, drawn with its seed."""
        rng = np.random.default_rng((STREAM, training.seed))
        may = self.labels[: self._largest]
        if training.images >= self._largest:
            return np.arange(self._largest)
        sides = [rng.permutation(np.flatnonzero(may == label))[: training.images // 2] for label in (0, 1)]
        return np.concatenate(sides)

    def view(self, index: NDArray[np.intp], policy: AugmentationPolicy, number: int) -> NDArray[np.float32]:
        """These images, each under a draw of the policy of its own."""
        draws = (policy.draw(np.random.default_rng((STREAM, number, int(i)))) for i in index)
        return np.stack([draw.apply(self.grey[i].astype(np.float32)) for draw, i in zip(draws, index, strict=True)])


def is_on_marker(row: int, column: int, cells: int) -> bool:
    """Whether a cell of a map of cells x cells lies on the marker or beside it."""
    return (row + 0.5) / cells < MARKER_AT[0] + 2 * MARKER and (column + 0.5) / cells > MARKER_AT[1] - MARKER


def _with_marker(grey: NDArray[np.uint8], seed: int) -> NDArray[np.uint8]:
    side = grey.shape[0]
    top, left = (int(side * (at + 0.04 * move)) for at, move in zip(MARKER_AT, _moves(seed), strict=True))
    corner = (left + int(side * MARKER) - 1, top + int(side * MARKER) - 1)
    return np.asarray(cv2.rectangle(grey.copy(), (left, top), corner, LEVEL, cv2.FILLED), np.uint8)


def _moves(seed: int) -> NDArray[np.float64]:
    return np.random.default_rng((STREAM, seed)).random(2)
