"""Where a run's images come from: phantoms, a folder of this server, or PneumoniaMNIST; each with its licence."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from xray_model.datasets import LabelledImages, concatenate, load_folder, phantom_images, split_by_patient
from xray_model.errors import InvalidConfig, InvalidDataset
from xray_model.labels import LABELS, NORMAL, PNEUMONIA
from xray_model.notice import POPULATION
from xray_model.phantom_cache import VISITOR_SEEDS, training_phantoms
from xray_model.pneumoniamnist import MD5, download_pneumoniamnist, load_pneumoniamnist
from xray_model.radiograph import SUFFIXES

KINDS = ("phantoms", "folder", "pneumoniamnist")
FEWEST, MOST = 20, 20_000  # images: fewer cannot be split and judged, more do not fit a small host's memory
KERMANY = "CC BY 4.0 (Kermany, Zhang, Goldbaum 2018, doi: 10.17632/rscbjbr9sj.2)"

Advance = Callable[[str, int, int, str], None]  # what, done, total, sentence


@dataclass(frozen=True)
class DataChoice:
    """What to train on. kind: one of `KINDS`. count: phantoms to draw. path: a folder's name below $XRAY_DATA_DIR.

    size: pixels of PneumoniaMNIST's images, 64, 128 or 224. Raises `InvalidConfig`.
    """

    kind: str = "phantoms"
    count: int = 600
    path: str | None = None
    size: int = 64

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise InvalidConfig(f"Got data {self.kind!r}; expected one of {', '.join(KINDS)}.")
        if not FEWEST <= self.count <= MOST:
            raise InvalidConfig(f"Got {self.count} phantoms; expected from {FEWEST} to {MOST:,}.")
        if self.size not in MD5:
            raise InvalidConfig(f"PneumoniaMNIST comes at {', '.join(map(str, MD5))} pixels; got {self.size}.")

    def to_dict(self) -> dict[str, Any]:
        """The choice as plain values, for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, settings: dict[str, Any]) -> DataChoice:
        """A choice as `to_dict` gives it; raises `InvalidConfig`."""
        try:
            return cls(**settings)
        except TypeError as error:
            raise InvalidConfig(f"The choice of data cannot be read ({error}).") from error


@dataclass(frozen=True)
class DataSummary:
    """What a page says about data before they are loaded. counts: images by label, empty when not known yet."""

    title: str
    counts: dict[str, int]
    licence: str
    population: str
    note: str
    problems: tuple[str, ...] = ()

    @property
    def images(self) -> int:
        """Images of both labels."""
        return sum(self.counts.values())


def list_server_folders() -> list[str]:
    """Names below `$XRAY_DATA_DIR` of folders with NORMAL and PNEUMONIA inside; "." is the folder itself."""
    root = os.environ.get("XRAY_DATA_DIR")
    if not root or not Path(root).is_dir():
        return []
    folders = [Path(root), *sorted(path for path in Path(root).iterdir() if path.is_dir())]
    return [str(path.relative_to(root)) for path in folders if all((path / label).is_dir() for label in LABELS)]


def describe_data(choice: DataChoice) -> DataSummary:
    """Counts, licence and a sentence; cheap, and problems instead of exceptions."""
    if choice.kind == "phantoms":
        half = choice.count // 2
        note = "Drawn by this app from numbered seeds: no patient, no file. Half of them carry an opacity."
        counts = {NORMAL: choice.count - half, PNEUMONIA: half}
        return DataSummary("Synthetic phantoms", counts, "Apache-2.0", "synthetic phantoms, no patients", note)
    if choice.kind == "pneumoniamnist":
        counts = {NORMAL: 1214 + 135, PNEUMONIA: 3494 + 389}  # the record's train and val
        note = (
            "Real radiographs, reduced; downloaded when the run begins (4 to 214 MB). Its test images are left alone."
        )
        return DataSummary(f"PneumoniaMNIST, {choice.size} pixels", counts, KERMANY, POPULATION, note)
    return _describe_folder(choice)


def _describe_folder(choice: DataChoice) -> DataSummary:
    facts = ("as the server's owner says", "as the server's owner says", "A folder of this server.")
    if choice.path not in list_server_folders():
        problem = "This server has no such folder with NORMAL and PNEUMONIA inside: choose another source."
        return DataSummary("Server folder", {}, *facts, (problem,))
    folder = _server_folder(choice)
    counts = {label: sum(path.suffix.lower() in SUFFIXES for path in (folder / label).iterdir()) for label in LABELS}
    few = [label for label, count in counts.items() if count < FEWEST // 2]
    problems = tuple(f"The folder has {counts[label]} {label} images; expected {FEWEST // 2} or more." for label in few)
    return DataSummary(f"Server folder {choice.path}", counts, *facts, problems)


def _server_folder(choice: DataChoice) -> Path:
    if choice.path not in list_server_folders():
        raise InvalidDataset("This server has no such folder with NORMAL and PNEUMONIA inside: choose another source.")
    return Path(os.environ["XRAY_DATA_DIR"]) / choice.path


def peek(choice: DataChoice, count: int = 8, size: int = 224) -> LabelledImages | None:
    """A few examples to show; None when nothing can be shown yet."""
    if choice.kind == "phantoms":
        return phantom_images(range(VISITOR_SEEDS, VISITOR_SEEDS + count), size)
    if choice.kind == "folder":
        return _peek_folder(_server_folder(choice), count, size)
    return None


def _peek_folder(folder: Path, count: int, size: int) -> LabelledImages | None:
    import numpy as np

    from xray_model.errors import InvalidRadiograph
    from xray_model.radiograph import Radiograph, resize_grey

    shown = []
    for index, label in enumerate(LABELS):
        files = sorted(path for path in (folder / label).iterdir() if path.suffix.lower() in SUFFIXES)
        for path in files[: count // 2]:
            try:
                shown.append((resize_grey(Radiograph.from_file(path).pixels, size), index, f"{label}/{path.name}"))
            except InvalidRadiograph:
                continue
    if not shown:
        return None
    grey, labels, names = zip(*shown, strict=True)
    return LabelledImages(np.stack(grey), np.array(labels, np.int8), names, names)


def load_data(
    choice: DataChoice, size: int, validation_share: float, seed: int, advance: Advance | None = None
) -> tuple[LabelledImages, LabelledImages]:
    """(training, validation) at `size` pixels, split by patient where names allow; raises `InvalidDataset`.

    advance: is told what is under way, how much of it is done, and a sentence.
    """

    def tell(what: str, verb: str, unit: str) -> Callable[[int, int], None] | None:
        return lambda done, total: (
            advance(what, done, total, f"{verb} {done:,} of {total:,} {unit}.") if advance else None
        )

    if choice.kind == "pneumoniamnist":
        file = download_pneumoniamnist(
            choice.size, on_progress=tell("download", "Downloading PneumoniaMNIST:", "bytes")
        )
        return load_pneumoniamnist(file, size)
    if choice.kind == "phantoms":
        images = training_phantoms(choice.count, size, advance=tell("images", "Drawing phantoms:", "images"))
    else:
        images = load_folder(_server_folder(choice), size)
    return split_by_patient(images, validation_share, seed)


def with_phantoms(training: LabelledImages, count: int, size: int) -> LabelledImages:
    """The training images and `count` phantoms."""
    return concatenate([training, training_phantoms(count, size)]) if count else training
