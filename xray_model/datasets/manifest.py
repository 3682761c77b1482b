"""Files with labels, from class folders or from a table, for `evaluate`: nothing is read here but the table."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from xray_model.datasets.class_folders import patient_of
from xray_model.errors import InvalidDataset
from xray_model.imaging.files import SUFFIXES
from xray_model.labels import LABELS, NORMAL, PNEUMONIA

SPELLINGS = {NORMAL: ("normal", "0"), PNEUMONIA: ("pneumonia", "1")}


@dataclass(frozen=True)
class LabelledFile:
    """label: PNEUMONIA or NORMAL. patient: who must not be split when figures are drawn again."""

    path: Path
    label: str
    patient: str


def list_labelled(source: Path) -> list[LabelledFile]:
    """The files of `source/NORMAL` and `source/PNEUMONIA`, or of the rows of a CSV table.

    A table has the columns `path` (from the table's folder) and `label` (NORMAL or PNEUMONIA, 0 or 1), and may have
    `patient`. Raises `InvalidDataset` unless both labels are there.
    """
    files = _table(source) if source.is_file() else _folders(source)
    missing = [label for label in LABELS if label not in {file.label for file in files}]
    if missing:
        raise InvalidDataset(
            f"There are no {' and no '.join(missing)} images; expected both, in folders NORMAL/ and PNEUMONIA/ or in a "
            "CSV table with the columns path and label."
        )
    return files


def _folders(folder: Path) -> list[LabelledFile]:
    return [
        LabelledFile(path, label, patient_of(path.name))
        for label in LABELS
        for path in sorted((folder / label).glob("*"))
        if path.suffix.lower() in SUFFIXES
    ]


def _table(table: Path) -> list[LabelledFile]:
    try:
        with table.open(newline="", encoding="utf-8-sig") as stream:
            rows = list(csv.DictReader(stream))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InvalidDataset("The table cannot be read: expected a CSV file in UTF-8.") from error
    if not rows or not {"path", "label"} <= set(rows[0]):
        raise InvalidDataset("The table lacks rows, or the columns path and label in its first line.")
    return [_row(row, number, table.parent) for number, row in enumerate(rows, start=2)]


def _row(row: dict[str, str], line: int, folder: Path) -> LabelledFile:
    said = (row["label"] or "").strip().lower()
    label = next((label for label, words in SPELLINGS.items() if said in words), None)
    if label is None:
        raise InvalidDataset(f"Line {line} of the table has the label {said!r}; expected NORMAL or PNEUMONIA, 0 or 1.")
    if not row["path"]:
        raise InvalidDataset(f"Line {line} of the table has no path.")
    return LabelledFile(folder / row["path"], label, row.get("patient") or patient_of(row["path"]))
