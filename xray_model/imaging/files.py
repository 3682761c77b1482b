"""Many files: which ones are meant by names and folders, and working on several of them at once, in order."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from xray_model.errors import InvalidRadiograph
from xray_model.imaging.radiograph import SUFFIXES
from xray_model.imaging.zip_archives import is_archive, open_archive

PACKED = ".zip"
AHEAD = 8  # files worked on or waiting: enough that no core waits for a slow file, few enough that memory stays flat

Answer = TypeVar("Answer")


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


def map_ahead(work: Callable[[Path], Answer], paths: Iterable[Path], workers: int) -> Iterator[tuple[Path, Answer]]:
    """Each path, in order, with `work(path)`, which runs in threads and at most `AHEAD` paths before the caller."""
    pending: deque[tuple[Path, Future[Answer]]] = deque()
    pool = ThreadPoolExecutor(workers, thread_name_prefix="map-ahead")
    try:
        for path in paths:
            pending.append((path, pool.submit(work, path)))
            if len(pending) >= max(AHEAD, workers):
                yield _next(pending)
        while pending:
            yield _next(pending)
    finally:
        pool.shutdown(cancel_futures=True)


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


def _next(pending: deque[tuple[Path, Future[Answer]]]) -> tuple[Path, Answer]:
    path, future = pending.popleft()
    return path, future.result()
