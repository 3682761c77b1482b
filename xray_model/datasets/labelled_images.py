"""`LabelledImages`, radiographs with labels in memory."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xray_model.labels import LABELS


@dataclass(frozen=True)
class FileFacts:
    """What is kept of an image's file. width, height: in pixels, before it was reduced."""

    format: str
    width: int
    height: int


@dataclass(frozen=True, eq=False)
class LabelledImages:
    """n radiographs at the network's size. grey: uint8 (n, size, size). labels: int8 (n,), 1 is PNEUMONIA.

    groups: the patient, or the phantom's seed, that must stay on one side of a split. names: for lists of mistakes.
    files: of each image, empty when they are not from files of their own.
    """

    grey: NDArray[np.uint8]
    labels: NDArray[np.int8]
    groups: tuple[str, ...]
    names: tuple[str, ...]
    files: tuple[FileFacts, ...] = ()

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
            tuple(self.files[i] for i in chosen) if self.files else (),
        )

    def without(self, names: Collection[str]) -> LabelledImages:
        """All images but those with these names."""
        left_out = set(names)
        return self.take([i for i, name in enumerate(self.names) if name not in left_out]) if left_out else self

    def spread(self, most: int) -> NDArray[np.intp]:
        """Indices of at most `most` images, spread evenly."""
        return np.unique(np.linspace(0, len(self) - 1, min(most, len(self))).astype(np.intp))

    def counts(self) -> dict[str, int]:
        """How many images have each label."""
        return {label: int((self.labels == index).sum()) for index, label in enumerate(LABELS)}

    def fingerprint(self) -> str:
        """First 16 hex digits of a SHA-256 over names and labels, in order: it identifies images, not pixels."""
        lines = "\n".join(f"{name} {label}" for name, label in zip(self.names, self.labels, strict=True))
        return hashlib.sha256(lines.encode()).hexdigest()[:16]


def concatenate(parts: Iterable[LabelledImages]) -> LabelledImages:
    """Several sets joined, in order."""
    parts = list(parts)
    return LabelledImages(
        np.concatenate([part.grey for part in parts]),
        np.concatenate([part.labels for part in parts]),
        tuple(group for part in parts for group in part.groups),
        tuple(name for part in parts for name in part.names),
        tuple(file for part in parts for file in part.files) if all(part.files for part in parts) else (),
    )
