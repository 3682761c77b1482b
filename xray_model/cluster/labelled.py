"""Labelled files at an address: class folders or a CSV table, listed and read as those of this machine are."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from xray_model.cluster.places import Place, names_at, read_place
from xray_model.datasets.folder_labels import TEST, sort_by_class
from xray_model.datasets.folder_reader import ClassReading, check_labels, gather, load_folder
from xray_model.datasets.labelled_images import LabelledImages
from xray_model.datasets.manifest import LabelledFile, read_table, with_both_labels
from xray_model.errors import InvalidDataset
from xray_model.imaging.zip_archives import MAX_BYTES, is_archive


def list_labelled_at(address: str, passed_over: list[Path]) -> list[LabelledFile]:
    """As `list_labelled` does for a folder or a table of this machine; raises `InvalidDataset`, `InvalidConfig`."""
    names = names_at(address, passed_over)
    if names != [""]:
        locate = partial(_below, address.rstrip("/"))
        return with_both_labels([LabelledFile(locate(f.name), f.label, f.patient) for f in sort_by_class(names)])
    data = read_place(address)
    if is_archive(data) or len(data) > MAX_BYTES:
        raise InvalidDataset(
            f"Expected class folders or a CSV table of at most {MAX_BYTES // 2**20} MB at {address}. Unpack an archive."
        )
    return with_both_labels(read_table(data, partial(_below, address.rpartition("/")[0])))


def load_address(address: str, size: int) -> LabelledImages:
    """As `load_folder` does for a folder of this machine; raises `InvalidDataset`, `InvalidConfig`."""
    files = [file for file in sort_by_class(names_at(address, [])) if file.part != TEST]
    check_labels(files, "folder")
    locate = partial(_below, address.rstrip("/"))
    reading = ClassReading(files, lambda name: read_place(locate(name)), size)
    while reading.advance():
        pass
    return gather(reading)


def everywhere(data: Place) -> Place:
    """The same place as other machines and processes name it."""
    return data.absolute() if isinstance(data, Path) else data


def loader(data: Place) -> Callable[[Any, int], LabelledImages]:
    """What reads the labelled images of a folder, or of an address."""
    return load_folder if isinstance(data, Path) else load_address


def _below(folder: str, name: str) -> str:
    return name if "://" in name else f"{folder}/{name}".replace("\\", "/")
