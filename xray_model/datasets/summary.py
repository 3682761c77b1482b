"""What the Train page says about images before a run: counts, licence, population, split and problems."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from xray_model.datasets.choice import ARCHIVE, DRAWN, PHANTOMS, PUBLIC, DataChoice
from xray_model.datasets.folder_labels import VALIDATION, ClassFile, part_of, sample
from xray_model.datasets.phantom_sets import SETS
from xray_model.datasets.pneumoniamnist import MEGABYTES, PARTS, find_pneumoniamnist
from xray_model.datasets.server_folders import licence_of, server_files
from xray_model.datasets.zip_reader import FEWEST_OF_A_LABEL, UploadedImages
from xray_model.errors import InvalidDataset
from xray_model.labels import LABELS, NORMAL, PNEUMONIA
from xray_model.notice import POPULATION
from xray_model.phantoms import finding_of

# A promise, kept by `pages.ui.train.upload`, `UploadedImages`, `training.worker`, `jobs.center` and `jobs.restart`.
KEPT = (
    "yours. The archive is dropped once it is read; its images, reduced to 224 pixels, stay in this server's memory "
    "while your session lasts. A run has a copy in a folder of its own until it has finished, and keeps those that "
    "measured it until it is removed: when you discard it, or 15 minutes after you left, which begin anew if the "
    "server was stopped and started again"
)
PHANTOM_WORDS = {  # of the bundled model's hospital, and of the other: title, note, population
    True: (
        "Synthetic phantoms",
        "Drawn by this app from numbered seeds: no patient, no file. About half of them carry an opacity. The bundled "
        "model learned from others like them.",
        "synthetic phantoms, no patients",
    ),
    False: (
        "Phantoms of another hospital",
        "Drawn by this app: older children and adults, another detector, fainter opacities, in about half of them. The "
        "bundled model has seen none like these.",
        "synthetic phantoms of older children and adults, no patients",
    ),
}
KERMANY = "CC BY 4.0 (Kermany, Zhang, Goldbaum 2018, doi: 10.17632/rscbjbr9sj.2)"


@dataclass(frozen=True)
class DataSummary:
    """A summary of the images of a run. counts: images by label, empty if not known yet. population: whose they are.

    validation: a sentence on how the validation images are chosen.
    """

    title: str
    counts: dict[str, int]
    licence: str
    population: str
    note: str
    validation: str = ""
    problems: tuple[str, ...] = ()

    @property
    def images(self) -> int:
        """Images of both labels."""
        return sum(self.counts.values())


def describe_data(choice: DataChoice) -> DataSummary:
    """What is known before anything is loaded; fast, and with problems listed instead of raised."""
    if choice.kind in DRAWN:
        return _describe_phantoms(choice)
    if choice.kind == PUBLIC:
        return _describe_public(choice)
    if choice.kind == ARCHIVE:
        whose = "a visitor's own images"
        return DataSummary("Images of a visitor's own", {}, "the visitor's own", whose, "A ZIP of class folders.")
    try:
        return _describe_folder(choice)
    except InvalidDataset as error:
        return DataSummary("Server folder", {}, "", "", "", problems=(str(error),))


def describe_upload(upload: UploadedImages) -> DataSummary:
    """The summary of an archive that has been read."""
    images, known = upload.images, describe_data(DataChoice(ARCHIVE, None))
    facts = zip(images.names, images.labels, images.groups, strict=True)
    files = [ClassFile(name, LABELS[int(label)], part_of(name), patient) for name, label, patient in facts]
    taken = [] if upload.count is None else [f"{len(images):,} of its {upload.in_all:,} images were taken."]
    closed = [f"Its {upload.tests:,} test images stay closed."] if upload.tests else []
    note = " ".join([*taken, *closed])
    return DataSummary("Your own images", images.counts(), KEPT, known.population, note, split_sentence(files))


def split_sentence(files: Sequence[ClassFile]) -> str:
    """A sentence on how files in class folders are split into training and validation."""
    held_out = [file for file in files if file.part == VALIDATION]
    if len({file.label for file in held_out}) == len(LABELS):
        return f"The {len(held_out):,} images in the folder val measure the run; no patient in them is trained on."
    if sum(file.patient != file.name for file in files) > len(files) / 2:
        patients = len({file.patient for file in files})
        return f"Split by patient, as named in the file names: {patients:,} patients."
    return "The file names name no patients, so images are split by file; those that look the same stay together."


def _describe_phantoms(choice: DataChoice) -> DataSummary:
    count = choice.count or 0
    title, note, population = PHANTOM_WORDS[choice.kind == PHANTOMS]
    normal = _normal_phantoms(count, SETS[choice.kind].first)
    counts = {NORMAL: normal, PNEUMONIA: count - normal}
    return DataSummary(title, counts, "Apache-2.0", population, note)


@lru_cache(maxsize=32)
def _normal_phantoms(count: int, first: int) -> int:
    """How many of the `count` phantoms from the seed `first` on have no opacity."""
    return sum(finding_of(first + i) == "none" for i in range(count))


def _describe_public(choice: DataChoice) -> DataSummary:
    files = [
        ClassFile(f"{part}/{label}/{i}", label, part_of(f"{part}/x"), "")
        for part, counts in PARTS.items()
        for label, count in zip(LABELS, counts, strict=True)
        for i in range(count)
    ]
    size = f"about {MEGABYTES[choice.size]} MB, kept on this server"
    here = "" if find_pneumoniamnist(choice.size) else f" It is downloaded when a run begins: {size}."
    note = (
        "Real radiographs of children, reduced. The bundled model learned from the same set, so compare with care. "
        f"Its test images stay closed.{here}"
    )
    split = "Split as its makers did, image by image: it names no patients."
    title = f"PneumoniaMNIST, {choice.size} pixels"
    return DataSummary(title, _counts(files, choice.count), KERMANY, POPULATION, note, split)


def _describe_folder(choice: DataChoice) -> DataSummary:
    files = server_files(choice.path)
    chosen = [files[index] for index in sample(files, choice.count)]
    counts = _counts(files, choice.count)
    problems = [
        f"The folder has {count} {label} images; expected {FEWEST_OF_A_LABEL} or more."
        for label, count in counts.items()
        if count < FEWEST_OF_A_LABEL
    ]
    part = f" {len(chosen):,} of its {len(files):,} images." if len(chosen) < len(files) else ""
    return DataSummary(
        title=f"Server folder {choice.path}",
        counts=counts,
        licence=licence_of(choice.path),
        population="as whoever runs the server says",
        note=f"A folder of this server.{part}",
        validation=split_sentence(chosen),
        problems=tuple(problems),
    )


def _counts(files: Sequence[ClassFile], count: int | None) -> dict[str, int]:
    """Images of each label in a sample of `count`."""
    found = Counter(files[index].label for index in sample(files, count))
    return {label: found[label] for label in LABELS}
