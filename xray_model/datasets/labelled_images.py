"""Labelled radiographs in memory, and splits that keep a patient, and near-duplicate images, on one side."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from xray_model.datasets.class_folders import TEST, VALIDATION, ClassFile, part_of, patient_in, sample, sort_by_class
from xray_model.datasets.class_reader import ClassReading, check_labels
from xray_model.errors import InvalidDataset
from xray_model.imaging.files import list_files
from xray_model.imaging.radiograph import input_grey, read_file
from xray_model.imaging.sandbox import WORKERS, decoders
from xray_model.labels import LABELS
from xray_model.phantoms import draw_phantom

THUMBNAIL = 24  # pixels: enough to tell two films apart, too few to see noise
DUPLICATE_CORRELATION = (
    0.99  # of standardised thumbnails: in the Kermany set true pairs exceed 0.999, look-alikes stay below 0.975
)
COMPARED = 1000  # images with all others at a time: 20,000 with all at once would take gigabytes
PHANTOM_SIZE = 448  # drawn at twice the input and reduced, as uploads are

Advance = Callable[[int, int], None]  # done, in all


@dataclass(frozen=True, eq=False)
class LabelledImages:
    """n radiographs at the network's size. grey: uint8 (n, size, size). labels: int8 (n,), 1 is PNEUMONIA.

    groups: what must not be split, a patient or a phantom's seed. names: for lists of mistakes.
    """

    grey: NDArray[np.uint8]
    labels: NDArray[np.int8]
    groups: tuple[str, ...]
    names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, indices: Sequence[int] | NDArray[np.intp]) -> LabelledImages:
        """The images at `indices`, in that order."""
        chosen = np.asarray(indices, dtype=np.intp)
        return LabelledImages(
            self.grey[chosen],
            self.labels[chosen],
            tuple(self.groups[i] for i in chosen),
            tuple(self.names[i] for i in chosen),
        )

    def counts(self) -> dict[str, int]:
        """How many images have each label."""
        return {label: int((self.labels == index).sum()) for index, label in enumerate(LABELS)}

    def fingerprint(self) -> str:
        """First 16 hex digits of the SHA-256 over names and labels in order: which images, not which pixels."""
        lines = "\n".join(f"{name} {label}" for name, label in zip(self.names, self.labels, strict=True))
        return hashlib.sha256(lines.encode()).hexdigest()[:16]


def concatenate(parts: Iterable[LabelledImages]) -> LabelledImages:
    """Several sets as one, in order."""
    parts = list(parts)
    return LabelledImages(
        np.concatenate([part.grey for part in parts]),
        np.concatenate([part.labels for part in parts]),
        tuple(group for part in parts for group in part.groups),
        tuple(name for part in parts for name in part.names),
    )


def patient_of(file_name: str) -> str:
    """The patient in a file's name (`patient_in`); a name that tells none is a patient of its own."""
    return patient_in(Path(file_name).name) or Path(file_name).stem


def load_folder(folder: Path, size: int) -> LabelledImages:
    """The images in `folder/NORMAL` and `folder/PNEUMONIA`; raises `InvalidDataset` as `read_folder` does."""
    return read_folder(folder, size)[0]


def read_folder(
    folder: Path, size: int, count: int | None = None, advance: Advance | None = None
) -> tuple[LabelledImages, dict[str, str]]:
    """(about `count` images of a folder's class folders, what could not be read: name -> why). Test parts stay closed.

    advance: is told (files read, files in all). Raises `InvalidDataset` when a label is missing or nothing reads.
    """
    files = list_class_files(folder)
    check_labels(files, "folder")
    chosen = [files[index] for index in sample(files, count)]
    reading = ClassReading(chosen, lambda name: read_file(folder / name), size)
    is_going = True
    while is_going:
        is_going = reading.advance()
        if advance:
            advance(reading.done, reading.total)
    decoders(WORKERS).stop()  # a training needs their memory
    return gather(reading), reading.unreadable


def list_class_files(folder: Path) -> list[ClassFile]:
    """The image files below a folder that lie in class folders, but for those in a folder named test."""
    names = (path.relative_to(folder).as_posix() for path in list_files([folder]))
    return [file for file in sort_by_class(names) if file.part != TEST]


def gather(reading: ClassReading) -> LabelledImages:
    """What a reading found; raises `InvalidDataset` when that is nothing."""
    if not reading.found:
        raise InvalidDataset("No image in the folder can be read. Give a folder with NORMAL and PNEUMONIA inside.")
    files = [file for file, _ in reading.found]
    return LabelledImages(
        np.stack([pixels for _, pixels in reading.found]),
        np.array([LABELS.index(file.label) for file in files], np.int8),
        tuple(file.patient for file in files),
        tuple(file.name for file in files),
    )


def phantom_images(seeds: Iterable[int], size: int) -> LabelledImages:
    """Synthetic phantoms drawn from `seeds`, half NORMAL."""
    phantoms = [draw_phantom(seed, size=PHANTOM_SIZE) for seed in seeds]
    return LabelledImages(
        np.stack([input_grey(phantom.pixels, size) for phantom in phantoms]),
        np.array([LABELS.index(phantom.label) for phantom in phantoms], np.int8),
        tuple(f"phantom{phantom.seed}" for phantom in phantoms),
        tuple(f"phantom/{phantom.seed}-{phantom.finding}" for phantom in phantoms),
    )


def split_images(images: LabelledImages, validation_share: float, seed: int) -> tuple[LabelledImages, LabelledImages]:
    """(training, validation): as folders named val say, where they hold both labels; else by patient.

    Whoever is in such a folder, or looks the same as somebody there, is left out of training.
    """
    held_out = np.array([part_of(name) == VALIDATION for name in images.names])
    if len(set(images.labels[held_out].tolist())) < len(LABELS):
        return split_by_patient(images, validation_share, seed)
    families = np.array(merge_near_duplicates(images))
    learns = ~np.isin(families, families[held_out])
    if len(set(images.labels[learns].tolist())) < len(LABELS):
        raise InvalidDataset("The folder val holds the same patients as train: nothing is left to learn from.")
    return images.take(np.flatnonzero(learns)), images.take(np.flatnonzero(held_out))


def split_by_patient(
    images: LabelledImages, validation_share: float, seed: int
) -> tuple[LabelledImages, LabelledImages]:
    """(training, validation): about `validation_share` of each label's patients; near-duplicates stay together."""
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
    """One family name per image: its patient, joined with the patients of nearly identical images."""
    parent = {group: group for group in images.groups}

    def root(group: str) -> str:
        while parent[group] != group:
            group = parent[group]
        return group

    for first, second in near_duplicates(images.grey):
        parent[root(images.groups[first])] = root(images.groups[second])
    return [root(group) for group in images.groups]


def near_duplicates(grey: NDArray[np.uint8]) -> list[tuple[int, int]]:
    """Pairs of images, uint8 (n, size, size), that are the same film but for exposure or compression."""
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
