"""Loading and splitting a run's images: phantoms, PneumoniaMNIST, an uploaded archive or a server folder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from xray_model.datasets.choice import ARCHIVE, DRAWN, FOLDER, PUBLIC, DataChoice
from xray_model.datasets.folder_labels import of_label, sample
from xray_model.datasets.folder_reader import read_folder
from xray_model.datasets.labelled_images import LabelledImages, concatenate
from xray_model.datasets.phantom_sets import SETS, training_phantoms
from xray_model.datasets.pneumoniamnist import (
    download_pneumoniamnist,
    find_pneumoniamnist,
    load_pneumoniamnist,
    peek_pneumoniamnist,
)
from xray_model.datasets.server_folders import server_files, server_folder
from xray_model.datasets.splitting import split_images
from xray_model.errors import InvalidDataset, InvalidRadiograph
from xray_model.imaging.files import name_some, read_file
from xray_model.imaging.resize import input_grey
from xray_model.imaging.sandbox import decode_apart
from xray_model.labels import LABELS

Advance = Callable[[str, int, int, str], None]  # stage, done, total, sentence
Warn = Callable[[str, str], None]  # subject, sentence


def load_data(
    choice: DataChoice,
    size: int,
    validation_share: float,
    seed: int,
    advance: Advance | None = None,
    *,
    own: LabelledImages | None = None,
    warn: Warn | None = None,
) -> tuple[LabelledImages, LabelledImages]:
    """(training, validation) at `size` pixels, split by patient if the names allow it; raises `InvalidDataset`.

    advance: called with the stage, how much of it is done, and a sentence. own: the images of an uploaded archive.
    """
    images = load_images(choice, size, advance, own=own, warn=warn)
    return split_images(images.without(choice.left_out), validation_share, seed)


def load_images(
    choice: DataChoice,
    size: int,
    advance: Advance | None = None,
    *,
    own: LabelledImages | None = None,
    warn: Warn | None = None,
) -> LabelledImages:
    """All images of a choice at `size` pixels, those that it leaves out among them; else as `load_data`."""
    return _at(_load(choice, size, advance or _silent, own, warn), size)


def peek(choice: DataChoice, count: int = 8, size: int = 224) -> LabelledImages | None:
    """A few examples to show, half of each label if there are enough; None if none are available yet."""
    if choice.kind in DRAWN:
        return training_phantoms(count, size, SETS[choice.kind], workers=1)
    if choice.kind == PUBLIC:
        file = find_pneumoniamnist(choice.size)
        return peek_pneumoniamnist(file, choice.size, count // 2) if file else None
    return _peek_folder(choice, count, size) if choice.kind == FOLDER else None


def with_phantoms(training: LabelledImages, count: int, size: int) -> LabelledImages:
    """The training images with `count` phantoms added."""
    return concatenate([training, training_phantoms(count, size)]) if count else training


def _load(
    choice: DataChoice, size: int, advance: Advance, own: LabelledImages | None, warn: Warn | None
) -> LabelledImages:
    if choice.kind in DRAWN:
        told = _counted(advance, "Drawing phantoms", "images")
        return training_phantoms(choice.count or 0, size, SETS[choice.kind], advance=told)
    if choice.kind == PUBLIC:
        file = download_pneumoniamnist(choice.size, on_progress=_megabytes(advance))
        return load_pneumoniamnist(file, size, choice.count)
    if choice.kind == ARCHIVE:
        if own is None:
            raise InvalidDataset("These settings are for an uploaded archive: give that ZIP archive as well.")
        return own
    told = _counted(advance, "Reading radiographs", "files")
    images, unreadable = read_folder(server_folder(choice.path), size, choice.count, told)
    if unreadable and warn:
        warn("files", unreadable_sentence(unreadable))
    return images


def unreadable_sentence(unreadable: dict[str, str]) -> str:
    """A sentence that names the first files that were left out."""
    files = "1 file" if len(unreadable) == 1 else f"{len(unreadable):,} files"
    return f"Left out, because they could not be read as images: {files} ({name_some(list(unreadable))})."


def _silent(what: str, done: int, total: int, sentence: str) -> None:
    pass


def _counted(advance: Advance, verb: str, unit: str) -> Callable[[int, int], None]:
    return lambda done, total: advance("images", done, total, f"{verb}: {done:,} of {total:,} {unit}.")


def _megabytes(advance: Advance) -> Callable[[int, int], None]:
    def tell(done: int, total: int) -> None:
        of = f" of {total / 1e6:.0f}" if total else ""
        advance("download", done, total, f"Downloading PneumoniaMNIST: {done / 1e6:.0f}{of} MB.")

    return tell


def _at(images: LabelledImages, size: int) -> LabelledImages:
    if images.grey.shape[1] == size:
        return images
    return replace(images, grey=np.stack([input_grey(grey, size) for grey in images.grey]))


def _peek_folder(choice: DataChoice, count: int, size: int) -> LabelledImages | None:
    folder, files = server_folder(choice.path), server_files(choice.path)
    chosen = [files[index] for index in sample(files, choice.count)]
    first = [file for label in LABELS for file in of_label(label, chosen)[: count // 2]]
    shown = []
    for file in first:
        try:
            shown.append((input_grey(decode_apart(read_file(folder / file.name)).pixels, size), file))
        except InvalidRadiograph:
            continue
    if not shown:
        return None
    labels = np.array([LABELS.index(file.label) for _, file in shown], np.int8)
    names = tuple(file.name for _, file in shown)
    return LabelledImages(np.stack([grey for grey, _ in shown]), labels, names, names)
