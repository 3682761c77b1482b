"""Finding image files in folders and ZIP archives, and reading their bytes."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable
from pathlib import Path

from xray_model.errors import InvalidRadiograph
from xray_model.imaging.dicom import is_dicom
from xray_model.imaging.zip_archives import MAX_BYTES, STARTS, is_archive, open_archive, read_member

SUFFIXES = (".png", ".jpg", ".jpeg", ".jfif", ".webp", ".bmp", ".tif", ".tiff", ".dcm", ".dicom")
PACKED = ".zip"
PICTURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"II*\0", b"MM\0*", STARTS[0])  # magic numbers, for other suffixes
HEAD = 256  # bytes that tell what a file is
INDEX = "dicomdir"  # a DICOM file that names others


def list_files(
    paths: Iterable[Path],
    leave_out: Iterable[Path] = (),
    on_error: Callable | None = None,
    passed_over: list[Path] | None = None,
) -> list[Path]:
    """The given files, and the image files at any depth of the given folders, sorted and without repeats.

    An image is recognised by its suffix or, failing that, by its first bytes. A ZIP archive is listed as the files in
    it, `films.zip/ward 3/film.png`, or as itself if it cannot be opened. Hidden files and folders are skipped (macOS
    puts a `._name.png` beside each file), and so are the folders `leave_out`. on_error: called with the `OSError` of
    a folder that cannot be listed. passed_over: receives the files that are not images.
    """
    found: dict[Path, None] = {}
    left_out = {folder.resolve() for folder in leave_out}
    for path in paths:
        if path.is_dir():
            found |= dict.fromkeys(_walk(path, left_out, on_error, [] if passed_over is None else passed_over))
        else:
            found |= dict.fromkeys(_members(path))
    return list(found)


def name_some(names: list[str], most: int = 5) -> str:
    """The first `most` names and how many more there are: "a.txt, b.txt and 3 more"."""
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _walk(folder: Path, left_out: set[Path], on_error: Callable | None, passed_over: list[Path]) -> list[Path]:
    found: list[Path] = []
    for place, folders, names in os.walk(folder, onerror=on_error):
        here = Path(place)
        folders[:] = [name for name in folders if not name.startswith(".") and (here / name).resolve() not in left_out]
        for name in sorted(names):
            if not name.startswith("."):
                (found if _is_picture(here / name) else passed_over).append(here / name)
    return [file for path in sorted(found) for file in (_members(path) if path.suffix.lower() == PACKED else [path])]


def _is_picture(path: Path) -> bool:
    def head() -> bytes:
        if not path.is_file():  # a pipe would wait for ever
            return b""
        with path.open("rb") as stream:
            return stream.read(HEAD)

    return is_picture(path.name, head)


def is_picture(name: str, head: Callable[[], bytes]) -> bool:
    """Whether a file is an image or an archive, by its name or, failing that, its first `HEAD` bytes.

    head: reads them; may raise `OSError`.
    """
    if name.lower().endswith((*SUFFIXES, PACKED)):
        return True
    if name.lower() == INDEX:
        return False
    try:
        start = head()
    except OSError:
        return False
    return start.startswith(PICTURES) or is_dicom(start)


def _members(path: Path) -> list[Path]:
    """The files in an archive; for any other file, and an unreadable or empty archive, the path itself."""
    if not path.is_file():  # a pipe would wait for ever
        return [path]
    try:
        with path.open("rb") as stream:
            is_zip = is_archive(stream.read(4))
        names = open_archive(path).names if is_zip else ()
    except (OSError, InvalidRadiograph):
        names = ()
    return [path / name for name in names] or [path]


def read_file(path: Path) -> bytes:
    """The bytes of a file, or of `archive.zip/image.png` inside a ZIP; raises `InvalidRadiograph`.

    At most `MAX_BYTES` and one more: the extra byte shows that the file is too long.
    """
    try:
        size = _size(path)
        if size is None and (member := read_member(path)) is not None:
            return member
        with path.open("rb") as stream:
            return stream.read(min(size or 0, MAX_BYTES) + 1)  # read() allocates what it is asked to read
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise InvalidRadiograph(f"The file cannot be opened ({reason}). Give the path of an image file.") from error


def _size(path: Path) -> int | None:
    """Size of a file in bytes, None if it does not exist; raises `InvalidRadiograph` for a folder or a device."""
    try:
        facts = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    if not stat.S_ISREG(facts.st_mode):  # a pipe would wait for ever
        raise InvalidRadiograph("This is a folder or a device, not a file. Give the path of an image file.")
    return facts.st_size
