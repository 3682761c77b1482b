"""Files by path or by address, such as `s3://films/film.png`: found by the command, read where they are answered.

Addresses are fsspec's. An archive at an address is not opened: it gets a row that says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

import fsspec
from fsspec.implementations.local import LocalFileSystem

from xray_model.errors import InvalidConfig, InvalidRadiograph
from xray_model.imaging.files import HEAD, is_picture, list_files, read_file
from xray_model.imaging.zip_archives import MAX_BYTES

Place = Path | str  # a path that every machine has, or an address


def list_places(
    places: Iterable[Place], on_error: Callable | None = None, passed_over: list[Path] | None = None
) -> list[Place]:
    """As `list_files`, but strings are addresses; raises `InvalidConfig` for one that cannot be opened or listed."""
    found: dict[Place, None] = {}
    others: list[Path] = [] if passed_over is None else passed_over
    for place in places:
        if isinstance(place, Path):
            found |= dict.fromkeys(list_files([place], on_error=on_error, passed_over=others))
        else:
            found |= dict.fromkeys(f"{place.rstrip('/')}/{name}" if name else place for name in names_at(place, others))
    return list(found)


def names_at(address: str, passed_over: list[Path]) -> list[str]:
    """The image files at any depth below an address, sorted, as names below it; [""] if it is a file itself.

    passed_over: receives the files that are not images. Raises `InvalidConfig`.
    """
    files, root = _opened(address)
    try:
        if not files.isdir(root):
            return [""]
        below = [path[len(root) :].lstrip("/") for path in files.find(root)]
    except Exception as error:  # each kind of storage has exceptions of its own
        raise InvalidConfig(f"{address} cannot be listed ({_reason(error)}).") from error
    found = []
    for name in sorted(below, key=lambda name: name.split("/")):
        if any(part.startswith(".") for part in name.split("/")):
            continue
        head = partial(_read, files, f"{root.rstrip('/')}/{name}", HEAD)
        if is_picture(name.rpartition("/")[2], head):
            found.append(name)
        else:
            passed_over.append(Path(name))
    return found


def read_place(place: Place) -> bytes:
    """The bytes of a file, at most `MAX_BYTES` and one more, as `read_file`; raises `InvalidRadiograph`."""
    try:
        if isinstance(place, Path):
            return read_file(place)
        files, path = _opened(place)
        if isinstance(files, LocalFileSystem):
            return read_file(Path(path))
        return _read(files, path, MAX_BYTES + 1)
    except InvalidRadiograph:
        raise
    except Exception as error:
        raise InvalidRadiograph(
            f"The file cannot be opened ({_reason(error)}). Give the address of an image file."
        ) from error


def _opened(address: str) -> tuple[Any, str]:
    if "::" in address:  # fsspec would unpack archives with any decompressor, without this project's limits
        raise InvalidConfig(f"{address} names a file inside another. Unpack it, and give its own address.")
    try:
        return fsspec.url_to_fs(address)
    except Exception as error:  # a missing package, an unknown protocol, wrong credentials
        raise InvalidConfig(f"{address} cannot be opened ({_reason(error)}).") from error


def _read(files: Any, path: str, most: int) -> bytes:
    if isinstance(files, LocalFileSystem) and not Path(path).is_file():  # a pipe would wait for ever
        return b""
    return files.cat_file(path, start=0, end=most)


def _reason(error: Exception) -> str:
    """What went wrong, without the file's name, which stands beside it already."""
    if isinstance(error, FileNotFoundError):
        return "No such file or directory"
    if isinstance(error, InvalidConfig | ImportError | ValueError):
        return str(error)
    return getattr(error, "strerror", None) or type(error).__name__
