"""Labelled radiographs in memory, and splits that keep a patient, and near-duplicate images, on one side."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from xray_model.errors import InvalidDataset, InvalidRadiograph
from xray_model.labels import LABELS, NORMAL, PNEUMONIA
from xray_model.phantoms import draw_phantom
from xray_model.radiograph import SUFFIXES, Radiograph, resize_grey

THUMBNAIL = 24  # pixels: enough to tell two films apart, too few to see noise
DUPLICATE_CORRELATION = (
    0.99  # of standardised thumbnails: in the Kermany set true pairs exceed 0.999, look-alikes stay below 0.975
)
PHANTOM_SIZE = 448  # drawn at twice the input and reduced, as uploads are


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
    """The patient in a file name of the Kermany set; any other name is a patient of its own.

    `person12_bacteria_46` and `person12_virus_3` are one child; `IM-0115` and `NORMAL2-IM-0115` are two series.
    """
    stem = Path(file_name).stem
    found = re.match(r"(person\d+|(?:NORMAL2-)?IM-\d+)", stem)
    return found.group(1) if found else stem


def load_folder(folder: Path, size: int) -> LabelledImages:
    """Read `folder/NORMAL` and `folder/PNEUMONIA`; raises `InvalidDataset` when a class is missing or nothing reads."""
    paths = [(path, label) for label in LABELS for path in _class_files(folder, label)]
    with ThreadPoolExecutor(2) as pool:  # Pillow lets go of the interpreter while it decodes
        grey = list(pool.map(lambda item: _read(item[0], size), paths))
    kept = [(pixels, path, label) for pixels, (path, label) in zip(grey, paths, strict=True) if pixels is not None]
    if not kept:
        raise InvalidDataset("No image in the folder can be read. Give a folder with NORMAL and PNEUMONIA inside.")
    return LabelledImages(
        np.stack([pixels for pixels, _, _ in kept]),
        np.array([LABELS.index(label) for _, _, label in kept], np.int8),
        tuple(patient_of(path.name) for _, path, _ in kept),
        tuple(f"{label}/{path.name}" for _, path, label in kept),
    )


def phantom_images(seeds: Iterable[int], size: int) -> LabelledImages:
    """Synthetic phantoms drawn from `seeds`, half NORMAL."""
    phantoms = [draw_phantom(seed, size=PHANTOM_SIZE) for seed in seeds]
    return LabelledImages(
        np.stack([resize_grey(phantom.pixels, size) for phantom in phantoms]),
        np.array([LABELS.index(phantom.label) for phantom in phantoms], np.int8),
        tuple(f"phantom{phantom.seed}" for phantom in phantoms),
        tuple(f"phantom/{phantom.seed}-{phantom.finding}" for phantom in phantoms),
    )


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
    first, second = np.nonzero(np.triu(flat @ flat.T > DUPLICATE_CORRELATION, k=1))
    return list(zip(first.tolist(), second.tolist(), strict=True))


def _class_files(folder: Path, label: str) -> list[Path]:
    files = sorted(path for path in (folder / label).glob("*") if path.suffix.lower() in SUFFIXES)
    if not files:
        raise InvalidDataset(f"The folder has no images in {label}/; expected both {NORMAL}/ and {PNEUMONIA}/ inside.")
    return files


def _read(path: Path, size: int) -> NDArray[np.uint8] | None:
    try:
        return resize_grey(Radiograph.from_file(path).pixels, size)
    except InvalidRadiograph:
        return None
