"""ZIP archives of radiographs, read in memory: nothing is unpacked onto a disk, and no declared size is trusted.

Sizes are counted while a file unpacks. A file that cannot be read is refused by itself, with a reason; the clutter that
macOS and Windows leave in archives is skipped.
"""

from __future__ import annotations

import io
import re
import stat
import threading
import unicodedata
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import count, islice
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Any

from xray_model.errors import InvalidRadiograph

MAX_BYTES = 64 * 2**20  # of one file, in an archive or not
MAX_ENTRIES = 20_000  # the largest public data set of this kind has 11,700, half of them clutter
MAX_UNPACKED = 512 * 2**20  # bytes, of a whole uploaded archive
MAX_RATIO = 100  # uncompressed films with wide black margins reach 30
SMALL = 2**20  # bytes, below which the ratio does not matter
CHUNK = 2**20
MAX_NAME = 500  # characters that are shown

STARTS = (b"PK\x03\x04", b"PK\x05\x06")
ENTRY = re.compile(rb"PK\x01\x02")  # begins each line of the table of contents
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # other decompressors may allocate gigabytes at the start
ENCRYPTED, UTF_8 = 0x1, 0x800  # flag bits
LITTER = ("__macosx", "thumbs.db", "desktop.ini")
DRIVE = re.compile(r"[A-Za-z]:")
CONTROLS = ("Cc", "Cs", "Zl", "Zp")  # Unicode categories: controls, surrogates, line and paragraph separators
UNSEEN = re.compile("[\u202a-\u202e\u2066-\u2069]")  # reverse the writing direction, which can disguise a name


def is_archive(data: bytes) -> bool:
    """Whether a file is a ZIP archive, by its first bytes."""
    return data[:4] in STARTS


@dataclass(frozen=True)
class _Entry:
    info: zipfile.ZipInfo
    leads_out: bool


class Archive:
    """An opened ZIP archive. `names`: its files in order, safe as paths, unique, with "/" between folders."""

    def __init__(self, source: bytes | Path) -> None:
        """Open an upload's bytes or a file of this machine; raises `InvalidRadiograph`.

        From an upload at most `MAX_UNPACKED` bytes are unpacked in all; a file may have any size.
        """
        self._left = MAX_UNPACKED if isinstance(source, bytes) else None
        self._turn = threading.Lock()
        try:
            self._size = _check_contents(source)
            self._zip = zipfile.ZipFile(io.BytesIO(source) if isinstance(source, bytes) else source)
            self._entries = dict(_named(self._zip.infolist()))
        except InvalidRadiograph:
            raise
        except Exception as error:  # zipfile raises a dozen exception types on damaged archives
            raise InvalidRadiograph("The ZIP archive is damaged or cut off. Pack it again.") from error

    @property
    def names(self) -> tuple[str, ...]:
        """Every file except clutter, including those that `read` will refuse."""
        return tuple(self._entries)

    def read(self, name: str) -> bytes:
        """Unpack one file in memory; raises `InvalidRadiograph`."""
        entry = self._entries.get(name)
        if entry is None:
            raise InvalidRadiograph("The archive holds no file of this name.")
        _check_entry(entry)
        try:
            return self._unpack(entry.info)
        except InvalidRadiograph:
            raise
        except Exception as error:  # zipfile and the decompressor raise anything
            raise InvalidRadiograph("The file is damaged inside the archive. Pack it again.") from error

    def _unpack(self, info: zipfile.ZipInfo) -> bytes:
        packed = min(info.compress_size, self._size)
        parts: list[bytes] = []
        size = 0
        with self._zip.open(info) as stream:
            while part := stream.read(CHUNK):
                size += len(part)
                self._count(len(part))
                _check_size(size, packed)
                parts.append(part)
        data = b"".join(parts)
        if is_archive(data):
            raise InvalidRadiograph("This is an archive inside the archive, which is not opened. Unpack it first.")
        return data

    def _count(self, size: int) -> None:
        if self._left is None:
            return
        with self._turn:
            self._left -= size
            if self._left < 0:
                raise InvalidRadiograph(
                    f"The archive unpacks to more than {MAX_UNPACKED // 2**20} MB; the rest is not opened. "
                    "Send it in parts."
                )


def read_member(path: Path) -> bytes | None:
    """The bytes of `archive.zip/folder/film.png`; None if no parent of the path is a file.

    Raises `InvalidRadiograph`.
    """
    for parent in path.parents:
        if parent.is_file():
            return open_archive(parent).read(path.relative_to(parent).as_posix())
    return None


def open_archive(path: Path) -> Archive:
    """The archive at a path, cached for the next call; raises `InvalidRadiograph` and `OSError`."""
    facts = path.stat()
    return _opened(path, facts.st_mtime_ns, facts.st_size)


@lru_cache(maxsize=2)
def _opened(path: Path, _changed: int, _size: int) -> Archive:
    return Archive(path)


def _check_contents(source: bytes | Path) -> int:
    """The archive's size in bytes; raises before an endless table of contents is read into memory."""
    if isinstance(source, bytes):
        _check_entries(source)
        return len(source)
    with source.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as view:
        _check_entries(view)
        return len(view)


def _check_entries(data: Any) -> None:
    if sum(1 for _ in islice(ENTRY.finditer(data), MAX_ENTRIES + 1)) > MAX_ENTRIES:
        raise InvalidRadiograph(f"The archive holds more than {MAX_ENTRIES:,} files. Send it in parts.")


def _check_entry(entry: _Entry) -> None:
    """Refuse what must not even be opened."""
    info = entry.info
    if entry.leads_out:
        raise InvalidRadiograph("The file's path leads out of the archive, so it was not opened. Pack it again.")
    if stat.S_ISLNK(info.external_attr >> 16):
        raise InvalidRadiograph("This is a link to another file, not an image. Pack the image itself.")
    if info.flag_bits & ENCRYPTED:
        raise InvalidRadiograph("The file is encrypted in the archive. Pack it without a password.")
    if info.compress_type not in METHODS:
        raise InvalidRadiograph("The file is packed in a way that is not supported. Pack it as an ordinary ZIP.")


def _check_size(size: int, packed: int) -> None:
    if size > MAX_BYTES:
        raise InvalidRadiograph(f"The file is larger than {MAX_BYTES // 2**20} MB. Send a smaller export.")
    if size > max(SMALL, MAX_RATIO * packed):
        raise InvalidRadiograph(f"The file unpacks to more than {MAX_RATIO} times its packed size: not opened.")


def _named(infos: list[zipfile.ZipInfo]) -> Iterator[tuple[str, _Entry]]:
    taken: set[str] = set()
    for info in infos:
        raw = _decoded(info).replace("\\", "/")
        parts = [part for part in raw.split("/") if part not in ("", ".", "..")]
        if info.is_dir() or not parts or _is_litter(parts):
            continue
        leads_out = raw.startswith("/") or ".." in raw.split("/") or DRIVE.match(raw) is not None
        name = _free(shown_name("/".join(parts).replace(":", "_") if leads_out else "/".join(parts)), taken)
        taken.add(name)
        yield name, _Entry(info, leads_out)


def _decoded(info: zipfile.ZipInfo) -> str:
    """The file's name; old programs write UTF-8 without the flag, and Python then assumes code page 437."""
    if info.flag_bits & UTF_8:
        return info.filename
    try:
        return info.filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return info.filename


def _is_litter(parts: list[str]) -> bool:
    return any(part.startswith(".") or part.casefold() in LITTER for part in parts)


def shown_name(name: str) -> str:
    """A file's name without control characters, which a terminal or page would obey; at most `MAX_NAME` long."""
    name = UNSEEN.sub("", name)
    kept = "".join("\N{REPLACEMENT CHARACTER}" if unicodedata.category(sign) in CONTROLS else sign for sign in name)
    return kept[-MAX_NAME:]


def _free(name: str, taken: set[str]) -> str:
    if name not in taken:
        return name
    return next(found for number in count(2) if (found := f"{name} ({number})") not in taken)
