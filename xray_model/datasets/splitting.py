"""Splits that keep a patient, and near-duplicate images, on one side."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from xray_model.datasets.folder_labels import VALIDATION, part_of
from xray_model.datasets.labelled_images import LabelledImages, concatenate
from xray_model.errors import InvalidDataset
from xray_model.labels import LABELS

ENOUGH = 100  # images of a label: with fewer, a threshold for 98 % rests on one or two of them
THUMBNAIL = 24  # pixels: enough to tell two films apart, too few to show noise
# Of standardised thumbnails: in the Kermany set true pairs exceed 0.999, look-alikes stay below 0.975
DUPLICATE_CORRELATION = 0.99
COMPARED = 1000  # images compared with all others at a time: all 20,000 at once would take gigabytes


def split_images(images: LabelledImages, validation_share: float, seed: int) -> tuple[LabelledImages, LabelledImages]:
    """(training, validation), from folders named val if they hold both labels, or else by patient.

    Patients in val folders, and near-duplicates of their images, are left out of training. If val holds fewer than
    `ENOUGH` images of a label, too few for choosing thresholds, patients from the others are added if they can be
    spared. Raises `InvalidDataset`.
    """
    held_out = np.array([part_of(name) == VALIDATION for name in images.names])
    if len(set(images.labels[held_out].tolist())) < len(LABELS):
        return split_by_patient(images, validation_share, seed)
    families = np.array(merge_near_duplicates(images))
    learns = ~np.isin(families, families[held_out])
    if len(set(images.labels[learns].tolist())) < len(LABELS):
        raise InvalidDataset("The folder val holds the same patients as train: nothing is left to learn from.")
    training, validation = images.take(np.flatnonzero(learns)), images.take(np.flatnonzero(held_out))
    if min(validation.counts().values()) >= ENOUGH or min(training.counts().values()) < 2 * ENOUGH:
        return training, validation
    training, more = split_by_patient(training, validation_share, seed)
    return training, concatenate([validation, more])


def split_by_patient(
    images: LabelledImages, validation_share: float, seed: int
) -> tuple[LabelledImages, LabelledImages]:
    """(training, validation), with about `validation_share` of each label's patients; near-duplicates stay together.

    Raises `InvalidDataset`.
    """
    families = merge_near_duplicates(images)
    rng = np.random.default_rng(seed)
    validation = np.zeros(len(images), bool)
    for label in range(len(LABELS)):
        members = sorted({family for family, other in zip(families, images.labels, strict=True) if other == label})
        rng.shuffle(members)
        chosen = set(members[: round(validation_share * len(members))])
        validation |= np.array([family in chosen for family in families])
    if validation.all() or not validation.any():
        raise InvalidDataset(f"{len(images)} images of {len(set(families))} patients are too few to split.")
    return images.take(np.flatnonzero(~validation)), images.take(np.flatnonzero(validation))


def merge_near_duplicates(images: LabelledImages) -> list[str]:
    """A group name for each image: that of its patient, merged with the patients of nearly identical images."""
    parent = {group: group for group in images.groups}

    def root(group: str) -> str:
        while parent[group] != group:
            group = parent[group]
        return group

    for first, second in near_duplicates(images.grey):
        parent[root(images.groups[first])] = root(images.groups[second])
    return [root(group) for group in images.groups]


def near_duplicates(grey: NDArray[np.uint8]) -> list[tuple[int, int]]:
    """Pairs of indices into images, uint8 (n, size, size), that differ only in exposure or compression."""
    small = np.stack([cv2.resize(image, (THUMBNAIL, THUMBNAIL), interpolation=cv2.INTER_AREA) for image in grey])
    flat = small.reshape(len(small), -1).astype(np.float32)
    flat -= flat.mean(axis=1, keepdims=True)
    flat /= np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-6)
    pairs: list[tuple[int, int]] = []
    for start in range(0, len(flat), COMPARED):
        alike = flat[start : start + COMPARED] @ flat.T > DUPLICATE_CORRELATION
        first, second = np.nonzero(np.triu(alike, k=start + 1))
        pairs += zip((first + start).tolist(), second.tolist(), strict=True)
    return pairs
