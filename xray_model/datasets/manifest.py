"""Labelled files for `evaluate`, from class folders, an archive or a CSV table; only the table is read here."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from xray_model.datasets.folder_labels import patient_of, sort_by_class
from xray_model.datasets.folder_reader import check_exists
from xray_model.errors import InvalidDataset
from xray_model.imaging.files import list_files
from xray_model.imaging.zip_archives import is_archive
from xray_model.labels import LABELS, NORMAL, PNEUMONIA

SPELLINGS = {NORMAL: ("normal", "0", "0.0"), PNEUMONIA: ("pneumonia", "1", "1.0")}
COLUMNS = ("path", "label")
SEPARATORS = ",;\t"  # the most frequent one in the table's first line counts


@dataclass(frozen=True)
class LabelledFile:
    """One file. path: or its address. label: PNEUMONIA or NORMAL. patient: resampled as a whole by the bootstrap."""

    path: Path | str
    label: str
    patient: str


def list_labelled(source: Path, passed_over: list[Path] | None = None) -> list[LabelledFile]:
    """The files in class folders, below a folder or in a ZIP archive, or those that a CSV table lists.

    Class folders may have any layout that training accepts, and every part of it is listed. A table has the columns
    `path` (relative to the table's folder) and `label` (NORMAL or PNEUMONIA, 0 or 1), and may have `patient`, in any
    case. passed_over: receives the files that are not images. Raises `InvalidDataset` unless both labels are present.
    """
    check_exists(source)
    files = _table(source) if _is_table(source) else _folders(source, [] if passed_over is None else passed_over)
    return with_both_labels(files)


def with_both_labels(files: list[LabelledFile]) -> list[LabelledFile]:
    """The same files; raises `InvalidDataset` unless both labels are present."""
    missing = [label for label in LABELS if label not in {file.label for file in files}]
    if missing:
        raise InvalidDataset(
            f"There are no {' and no '.join(missing)} images; expected both, in folders NORMAL/ and PNEUMONIA/ or in a "
            "CSV table with the columns path and label."
        )
    return files


def _is_table(source: Path) -> bool:
    if not source.is_file():
        return False
    with source.open("rb") as stream:
        return not is_archive(stream.read(4))


def _folders(source: Path, passed_over: list[Path]) -> list[LabelledFile]:
    names = [path.relative_to(source).as_posix() for path in list_files([source], passed_over=passed_over)]
    sorted_files = sort_by_class(names)
    return [LabelledFile(source / file.name, file.label, file.patient) for file in sorted_files]


def _table(table: Path) -> list[LabelledFile]:
    folder = table.parent

    def locate(name: str) -> Path:
        return folder / (name if (folder / name).exists() else name.replace("\\", "/"))  # a path written on Windows

    try:
        return read_table(table.read_bytes(), locate)
    except OSError as error:
        raise InvalidDataset("The table cannot be read: expected a CSV file in UTF-8.") from error


def read_table(data: bytes, locate: Callable[[str], Path | str]) -> list[LabelledFile]:
    """The files that a CSV table lists. locate: where a file with this `path` lies. Raises `InvalidDataset`."""
    try:
        text = data.decode("utf-8-sig")
        first = text.partition("\n")[0]
        reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=max(SEPARATORS, key=first.count))
        reader.fieldnames = [name.strip().lower() for name in reader.fieldnames or ()]
        rows = list(reader)
    except (UnicodeDecodeError, csv.Error) as error:
        raise InvalidDataset("The table cannot be read: expected a CSV file in UTF-8.") from error
    if not rows or not set(COLUMNS) <= set(rows[0]):
        raise InvalidDataset("The table lacks rows, or the columns path and label in its first line.")
    return [_row(row, number, locate) for number, row in enumerate(rows, start=2)]


def _row(row: dict[str, str], line: int, locate: Callable[[str], Path | str]) -> LabelledFile:
    written = (row["label"] or "").strip().lower()
    label = next((label for label, spellings in SPELLINGS.items() if written in spellings), None)
    if label is None:
        raise InvalidDataset(
            f"Line {line} of the table has the label {written!r}; expected NORMAL or PNEUMONIA, 0 or 1."
        )
    name = (row["path"] or "").strip()
    if not name:
        raise InvalidDataset(f"Line {line} of the table has no path.")
    return LabelledFile(locate(name), label, row.get("patient") or patient_of(name.replace("\\", "/")))
