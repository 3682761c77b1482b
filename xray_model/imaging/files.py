"""Files and their bytes: which ones are meant by names and folders, and how one is read."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable
from pathlib import Path

from xray_model.errors import InvalidRadiograph
from xray_model.imaging.zip_archives import MAX_BYTES, is_archive, open_archive, read_member

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff", ".dcm", ".dicom")
PACKED = ".zip"


def list_files(paths: Iterable[Path], leave_out: Path | None = None, on_error: Callable | None = None) -> list[Path]:
    """Named files as they are, folders as what they hold: image files at any depth, sorted; nothing twice.

    A ZIP archive, named or in a folder, is the files in it: `films.zip/ward 3/film.png`. One that cannot be opened
    stands for itself. Hidden files and folders are passed over (macOS puts a `._name.png` beside each file), and so is
    the folder `leave_out`. on_error: called with the `OSError` of a folder that cannot be listed.
    """
    found: dict[Path, None] = {}
    for path in paths:
        found |= dict.fromkeys(_walk(path, leave_out, on_error) if path.is_dir() else _members(path))
    return list(found)


def _walk(folder: Path, leave_out: Path | None, on_error: Callable | None) -> list[Path]:
    found = []
    for place, folders, names in os.walk(folder, onerror=on_error):
        here = Path(place)
        folders[:] = [name for name in folders if not name.startswith(".") and not _same(here / name, leave_out)]
        shown = [name for name in names if not name.startswith(".")]
        found += [here / name for name in shown if name.lower().endswith((*SUFFIXES, PACKED))]
    return [file for path in sorted(found) for file in (_members(path) if path.suffix.lower() == PACKED else [path])]


def _members(path: Path) -> list[Path]:
    """The files in an archive; any other file, and an archive without any, is itself: reading it says what is wrong."""
    if not path.is_file():  # a pipe would wait for ever
        return [path]
    try:
        with path.open("rb") as stream:
            is_zip = is_archive(stream.read(4))
        names = open_archive(path).names if is_zip else ()
    except (OSError, InvalidRadiograph):
        names = ()
    return [path / name for name in names] or [path]


def _same(path: Path, other: Path | None) -> bool:
    return other is not None and path.resolve() == other.resolve()


def read_file(path: Path) -> bytes:
    """The bytes of a file, or of `archive.zip/image.png` inside a ZIP; raises `InvalidRadiograph`.

    Of a file that is too long, one byte more than `MAX_BYTES`, which shows it.
    """
    try:
        size = _size(path)
        if size is None and (member := read_member(path)) is not None:
            return member
        with path.open("rb") as stream:
            return stream.read(min(size or 0, MAX_BYTES) + 1)  # a larger number would be allocated, file or no file
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise InvalidRadiograph(f"The file cannot be opened ({reason}). Give the path of an image file.") from error


def _size(path: Path) -> int | None:
    """Bytes of a file; None if there is none; raises `InvalidRadiograph` for what is no file."""
    try:
        facts = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    if not stat.S_ISREG(facts.st_mode):  # a pipe would wait for ever
        raise InvalidRadiograph("This is a folder or a device, not a file. Give the path of an image file.")
    return facts.st_size
