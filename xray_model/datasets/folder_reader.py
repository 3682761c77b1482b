"""Reading the images in class folders a few at a time, so that a page can show its progress."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from xray_model.datasets.folder_labels import TEST, ClassFile, sample, sort_by_class
from xray_model.datasets.labelled_images import FileFacts, LabelledImages
from xray_model.errors import InvalidDataset, InvalidRadiograph
from xray_model.imaging.files import list_files, read_file
from xray_model.imaging.resize import input_grey
from xray_model.imaging.sandbox import WORKERS, decoders
from xray_model.labels import LABELS

Advance = Callable[[int, int], None]  # files read, files in all
AT_ONCE = 16  # files between two progress reports: a tenth of a second


class ClassReading:
    """A reading in progress, which may be interrupted between two calls of `advance`.

    found: the files read so far, each with its uint8 (size, size) pixels. facts: of the same files, in order.
    unreadable: name -> reason.
    """

    def __init__(self, files: Sequence[ClassFile], fetch: Callable[[str], bytes], size: int) -> None:
        """fetch: returns a file's bytes, given its name, or raises `InvalidRadiograph`."""
        self._files, self._fetch, self._size = files, fetch, size
        self.done = 0
        self.found: list[tuple[ClassFile, NDArray[np.uint8]]] = []
        self.facts: list[FileFacts] = []
        self.unreadable: dict[str, str] = {}

    @property
    def total(self) -> int:
        """Files in all."""
        return len(self._files)

    def advance(self) -> bool:
        """Read the next `AT_ONCE` files; False when none are left."""
        chosen = self._files[self.done : self.done + AT_ONCE]
        with ThreadPoolExecutor(WORKERS) as pool:
            for file, answer in zip(chosen, pool.map(self._read, chosen), strict=True):
                if isinstance(answer, str):
                    self.unreadable[file.name] = answer
                else:
                    pixels, facts = answer
                    self.found.append((file, pixels))
                    self.facts.append(facts)
        self.done += len(chosen)
        return self.done < self.total

    def _read(self, file: ClassFile) -> tuple[NDArray[np.uint8], FileFacts] | str:
        try:
            film = decoders(WORKERS).decode(self._fetch(file.name), self._size)
        except InvalidRadiograph as error:
            return str(error)
        facts = FileFacts(film.source.format, film.source.width, film.source.height)
        return input_grey(film.pixels, self._size), facts


def check_exists(place: Path) -> None:
    """Raise `InvalidDataset` unless the folder or file exists."""
    if not place.exists():
        raise InvalidDataset(f"There is no folder or file {place}. Check the path.")


def check_labels(files: Sequence[ClassFile], place: str) -> None:
    """Raise `InvalidDataset` unless both labels are present. place: "folder" or "archive", for the message."""
    missing = [label for label in LABELS if label not in {file.label for file in files}]
    if missing:
        raise InvalidDataset(
            f"The {place} has no images in {' and none in '.join(f'{label}/' for label in missing)}; expected both "
            f"{' and '.join(f'{label}/' for label in LABELS)} inside."
        )


def load_folder(folder: Path, size: int) -> LabelledImages:
    """The images in `folder/NORMAL` and `folder/PNEUMONIA`; raises `InvalidDataset` as `read_folder` does."""
    return read_folder(folder, size)[0]


def read_folder(
    folder: Path, size: int, count: int | None = None, advance: Advance | None = None
) -> tuple[LabelledImages, dict[str, str]]:
    """(about `count` images from class folders, except test parts; name -> reason for each unreadable file).

    advance: called with (files read, files in all). Raises `InvalidDataset` if a label is missing or nothing can be
    read.
    """
    others: list[Path] = []
    files = list_class_files(folder, others)
    check_labels(files, "folder")
    chosen = [files[index] for index in sample(files, count)]
    reading = ClassReading(chosen, lambda name: read_file(folder / name), size)
    is_going = True
    while is_going:
        is_going = reading.advance()
        if advance:
            advance(reading.done, reading.total)
    decoders(WORKERS).stop()  # training needs their memory
    passed_over = sort_by_class(path.relative_to(folder).as_posix() for path in others)
    return gather(reading), reading.unreadable | {file.name: "This is not an image." for file in passed_over}


def list_class_files(folder: Path, passed_over: list[Path] | None = None) -> list[ClassFile]:
    """The image files in class folders below a folder, except test parts; raises `InvalidDataset` if it is missing.

    passed_over: gets the files that are not images.
    """
    check_exists(folder)
    names = (path.relative_to(folder).as_posix() for path in list_files([folder], passed_over=passed_over))
    return [file for file in sort_by_class(names) if file.part != TEST]


def gather(reading: ClassReading) -> LabelledImages:
    """The images that a reading found; raises `InvalidDataset` if there are none."""
    if not reading.found:
        raise InvalidDataset("No image in the folder can be read. Give a folder with NORMAL and PNEUMONIA inside.")
    files = [file for file, _ in reading.found]
    return LabelledImages(
        np.stack([pixels for _, pixels in reading.found]),
        np.array([LABELS.index(file.label) for file in files], np.int8),
        tuple(file.patient for file in files),
        tuple(file.name for file in files),
        tuple(reading.facts),
    )
