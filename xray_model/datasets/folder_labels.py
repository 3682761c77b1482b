"""Label, part and patient of images, from the names of files and folders; no file is read here."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from xray_model.labels import LABELS

TRAINING, VALIDATION, TEST = "training", "validation", "test"
PARTS = {
    **dict.fromkeys(("train", "training"), TRAINING),
    **dict.fromkeys(("val", "valid", "validation"), VALIDATION),
    **dict.fromkeys(("test", "testing"), TEST),
}
KNOWN = {label.casefold(): label for label in LABELS}
# How data sets name patients: Kermany's persons and series, NIH's number_visit, others' "patient 12".
PATIENT = re.compile(r"(?:NORMAL2-)?IM-\d+|(?:person|patient|subject|pat|subj)[-_ ]?\d+|\d{8}(?=_\d{3})", re.IGNORECASE)


@dataclass(frozen=True)
class ClassFile:
    """One image file. name: its path below the root. part: TRAINING unless a folder says otherwise.

    patient: a name found in the path, or else the file's own name.
    """

    name: str
    label: str
    part: str
    patient: str


def sort_by_class(names: Iterable[str]) -> list[ClassFile]:
    """The files in folders named after a label, in any case, sorted by label, then by name.

    names: paths below one root, with "/" between folders. The innermost label folder counts.
    """
    found = []
    for name in sorted(names):
        *folders, file = name.split("/")
        at = next((i for i, folder in enumerate(reversed(folders)) if folder.casefold() in KNOWN), None)
        if at is not None:
            inner = "/".join([*folders[len(folders) - at :], file])
            label = KNOWN[folders[-at - 1].casefold()]
            found.append(ClassFile(name, label, part_of(name), patient_in(inner) or name))
    return sorted(found, key=lambda file: LABELS.index(file.label))


def of_label(label: str, files: Iterable[ClassFile]) -> list[ClassFile]:
    """The files with this label, in order."""
    return [file for file in files if file.label == label]


def part_of(name: str) -> str:
    """TRAINING, VALIDATION or TEST, from the innermost folder with such a name; TRAINING if there is none."""
    folders = name.casefold().split("/")[:-1]
    return next((PARTS[folder] for folder in reversed(folders) if folder in PARTS), TRAINING)


def patient_in(name: str) -> str | None:
    """The patient in a file's name, or else in the name of a folder above it; None if there is no such name.

    `person12_bacteria_46` and `person12_virus_3` are one child; `IM-0115` and `NORMAL2-IM-0115` are two series.
    """
    found = map(PATIENT.match, reversed(name.split("/")))
    return next((match.group() for match in found if match), None)


def sample(files: Sequence[ClassFile], count: int | None) -> list[int]:
    """Indices of about `count` files, sorted, with the proportions of labels and parts kept; None takes all.

    Chosen by a hash of the name, so every call gives the same files, and a larger sample contains the smaller ones. The
    validation part is kept whole if it takes at most a third of the sample, since validation images are scarce.
    """
    if count is None or count >= len(files):
        return list(range(len(files)))
    kept = [index for index, file in enumerate(files) if file.part == VALIDATION]
    kept = kept if len(kept) <= count / 3 else []
    groups: dict[tuple[str, str], list[int]] = {}
    for index in sorted(set(range(len(files))) - set(kept)):
        groups.setdefault((files[index].label, files[index].part), []).append(index)
    share = (count - len(kept)) / max(1, len(files) - len(kept))
    for members in groups.values():
        kept += sorted(members, key=lambda i: _lot(files[i]))[: max(1, round(share * len(members)))]
    return sorted(kept)


def _lot(file: ClassFile) -> bytes:
    return hashlib.sha1(file.name.encode("utf-8", "surrogatepass"), usedforsecurity=False).digest()


def patient_of(file_name: str) -> str:
    """The patient in a file's name (`patient_in`), or else the name itself."""
    return patient_in(Path(file_name).name) or Path(file_name).stem
