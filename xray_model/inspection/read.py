"""The images that a look is taken at: of a folder, an archive or a run's choice, not more than one has patience for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from xray_model.datasets.choice import FOLDER, PUBLIC, DataChoice
from xray_model.datasets.folder_labels import ClassFile, part_of, sample
from xray_model.datasets.folder_reader import list_class_files, read_folder
from xray_model.datasets.labelled_images import LabelledImages
from xray_model.datasets.load import Advance, load_images, unreadable_sentence
from xray_model.datasets.phantom_sets import SETS
from xray_model.datasets.pneumoniamnist import PARTS
from xray_model.datasets.server_folders import server_files
from xray_model.datasets.zip_reader import ArchiveReading
from xray_model.imaging.resize import SIDE
from xray_model.labels import LABELS

MOST = 1000  # images that the web process looks at: ten seconds, and 50 MB while it does


def read_for_review(data: Path, count: int, say: Callable[[str], None]) -> tuple[LabelledImages, int]:
    """(about `count` images of a folder or archive, as training would read them; how many there are)."""
    if data.is_file():
        reading = ArchiveReading(data, data.name, count)
        while reading.advance():
            pass
        upload = reading.finish()
        images, unreadable, in_all = upload.images, upload.unreadable, upload.in_all
    else:
        images, unreadable = read_folder(data, SIDE, count)
        in_all = len(list_class_files(data))
    if unreadable:
        say(unreadable_sentence(unreadable))
    return images, in_all


def load_for_review(
    choice: DataChoice, own: LabelledImages | None = None, advance: Advance | None = None, most: int = MOST
) -> tuple[LabelledImages, int]:
    """(the choice's images or, of more than `most`, a part that is always the same; how many there are)."""
    if own is not None:
        facts = zip(own.names, own.labels, own.groups, strict=True)
        files = [ClassFile(name, LABELS[int(label)], part_of(name), patient) for name, label, patient in facts]
        return own.take(sample(files, most)), len(own)
    in_all = choice.count or _count(choice)
    most = (
        min(most, SETS[choice.kind].shipped) if choice.kind in SETS else most
    )  # any more would have to be drawn first
    part = replace(choice, count=most) if in_all > most else choice
    return load_images(part, SIDE, advance), in_all


def _count(choice: DataChoice) -> int:
    if choice.kind == PUBLIC:
        return sum(map(sum, PARTS.values()))
    return len(server_files(choice.path)) if choice.kind == FOLDER else 0
