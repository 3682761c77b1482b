"""A ZIP archive of class folders as training data, read in memory; only reduced images are kept."""

from __future__ import annotations

import hashlib
import io
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from xray_model.datasets.choice import ARCHIVE, DataChoice
from xray_model.datasets.folder_labels import TEST, sample, sort_by_class
from xray_model.datasets.folder_reader import ClassReading, check_labels, gather
from xray_model.datasets.labelled_images import LabelledImages
from xray_model.errors import InvalidDataset, InvalidRadiograph
from xray_model.imaging.zip_archives import Archive
from xray_model.labels import LABELS

SIZE = 224  # pixels a side that are kept: the input of every recipe's network
MOST = 2000  # images kept of one archive: 100 MB of the host's memory
FEWEST_OF_A_LABEL = 10
IMAGES_FILE = "images.npz"  # in a run's folder


@dataclass(frozen=True, eq=False)
class UploadedImages:
    """What is kept of an archive. name: its file name. unreadable: name -> reason. tests: test images, left unread.

    count: images that were taken, None for all. in_all: images in its class folders, except test images.
    """

    name: str
    sha256: str
    images: LabelledImages
    unreadable: dict[str, str]
    tests: int
    count: int | None
    in_all: int

    @property
    def choice(self) -> DataChoice:
        """The archive as a run's settings name it."""
        return DataChoice(ARCHIVE, self.count, self.name, sha256=self.sha256)

    def examples(self, count: int) -> LabelledImages:
        """The first `count` images, half of each label."""
        labels = self.images.labels
        return self.images.take(
            [i for label in range(len(LABELS)) for i in np.flatnonzero(labels == label)[: count // 2]]
        )

    def save(self, folder: Path) -> None:
        """Write the images for a training process; raises `OSError` if the disk is full."""
        kept = self.images
        with (folder / IMAGES_FILE).open("wb") as stream:
            np.savez(stream, grey=kept.grey, labels=kept.labels, groups=kept.groups, names=kept.names)


class ArchiveReading(ClassReading):
    """The reading of an archive; call `advance` until it returns False, then `finish`."""

    def __init__(self, source: bytes | Path, name: str, count: int | None = None) -> None:
        """source: an upload's bytes, or a file of this machine. count: images to take, None for all.

        Raises `InvalidDataset` if it cannot be opened or lacks a class folder.
        """
        try:
            archive = Archive(source)
        except InvalidRadiograph as error:
            raise InvalidDataset(str(error)) from error
        files = sort_by_class(archive.names)
        self.name, self.sha256 = name, _sha256(source)
        self.tests = Counter(file.part for file in files)[TEST]
        files = [file for file in files if file.part != TEST]
        check_labels(files, "archive")
        self.in_all, self.count = len(files), count if count and count < len(files) else None
        super().__init__([files[index] for index in sample(files, self.count)], archive.read, SIZE)

    def finish(self) -> UploadedImages:
        """The images that were read; raises `InvalidDataset` if they are too few to learn from."""
        images = gather(self)
        few = {label: count for label, count in images.counts().items() if count < FEWEST_OF_A_LABEL}
        if few:
            found = " and ".join(f"{count} {label}" for label, count in few.items())
            why = f" {len(self.unreadable)} files could not be read." if self.unreadable else ""
            raise InvalidDataset(
                f"The archive has {found} images that can be read; expected {FEWEST_OF_A_LABEL} or more of each.{why}"
            )
        return UploadedImages(self.name, self.sha256, images, self.unreadable, self.tests, self.count, self.in_all)


def load_uploaded(file: Path) -> LabelledImages:
    """The images that `UploadedImages.save` wrote."""
    with np.load(file, allow_pickle=False) as kept:
        names, groups = (tuple(kept[name].tolist()) for name in ("names", "groups"))
        return LabelledImages(kept["grey"], kept["labels"], groups, names)


def _sha256(source: bytes | Path) -> str:
    with io.BytesIO(source) if isinstance(source, bytes) else source.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
