"""Labelled folders of this machine, below `$XRAY_DATA_DIR`: names, files and licence."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

from xray_model.datasets.folder_labels import PARTS, TRAINING, ClassFile
from xray_model.datasets.folder_reader import list_class_files
from xray_model.errors import InvalidDataset
from xray_model.labels import LABELS

LICENCES = ("LICENSE", "LICENCE", "DATA_LICENSE", "LICENSE.txt", "LICENCE.txt", "LICENSE.md")
LICENCE_LENGTH = 200  # characters that are shown
NOT_STATED = "not stated in the folder; ask whoever runs this server"


def list_server_folders() -> list[str]:
    """Folders with NORMAL and PNEUMONIA inside, or inside their train folder; "." is `$XRAY_DATA_DIR` itself."""
    root = os.environ.get("XRAY_DATA_DIR")
    if not root or not Path(root).is_dir():
        return []
    folders = [Path(root), *sorted(Path(entry.path) for entry in os.scandir(root) if entry.is_dir())]
    return [str(path.relative_to(root)) for path in folders if _has_labels(path)]


def server_folder(name: str | None) -> Path:
    """The path of a listed folder; raises `InvalidDataset` for any other name."""
    if name not in list_server_folders():
        raise InvalidDataset("This server has no such folder with NORMAL and PNEUMONIA inside: choose another source.")
    return Path(os.environ["XRAY_DATA_DIR"]) / str(name)


def server_files(name: str | None) -> list[ClassFile]:
    """The labelled image files in a listed folder, cached until it changes; raises `InvalidDataset`."""
    folder = server_folder(name)
    inside = [Path(entry.path) for entry in os.scandir(folder) if entry.is_dir()]
    return _listed(folder, tuple(path.stat().st_mtime_ns for path in (folder, *sorted(inside))))


def licence_of(name: str | None) -> str:
    """The start of the licence file in the folder or above it; a phrase saying so if there is none."""
    folder, root = server_folder(name), Path(os.environ["XRAY_DATA_DIR"])
    for path in (place / file for place in (folder, root) for file in LICENCES):
        if path.is_file():
            return " ".join(path.read_text(encoding="utf-8", errors="replace").split())[:LICENCE_LENGTH]
    return NOT_STATED


@lru_cache(maxsize=8)
def _listed(folder: Path, _changed: tuple[int, ...]) -> list[ClassFile]:
    return list_class_files(folder)


def _has_labels(folder: Path) -> bool:
    inside = {entry.name.casefold(): Path(entry.path) for entry in os.scandir(folder) if entry.is_dir()}
    if all(label.casefold() in inside for label in LABELS):
        return True
    return any(_has_labels(path) for name, path in inside.items() if PARTS.get(name) == TRAINING)
