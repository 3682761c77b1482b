"""Many files: which ones are meant by names and folders, and reading them ahead of whoever works on them, in order."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from xray_model.errors import InvalidRadiograph
from xray_model.radiograph import SUFFIXES, Radiograph, resize_grey

AHEAD = 8  # radiographs decoded and waiting: enough that the network never waits, few enough that memory stays flat


def list_files(paths: Iterable[Path], leave_out: Path | None = None, on_error: Callable | None = None) -> list[Path]:
    """Named files as they are, folders as what they hold: image files at any depth, sorted; nothing twice.

    Hidden files and folders are passed over (macOS puts a `._name.png` beside each file), and so is the folder
    `leave_out`. on_error: called with the `OSError` of a folder that cannot be listed.
    """
    found: dict[Path, None] = {}
    for path in paths:
        found |= dict.fromkeys(_walk(path, leave_out, on_error) if path.is_dir() else [path])
    return list(found)


def read_ahead(paths: Iterable[Path], side: int | None = None) -> Iterator[tuple[Path, Radiograph | str]]:
    """Each path, in order, with its radiograph or with the sentence that says why there is none.

    Decoding runs in threads, at most `AHEAD` files before the caller. side: keep the model's (side, side) input instead
    of all pixels; `Radiograph.grey(side)` is then the same, and a folder of large films stays small in memory.
    """
    pending: deque[tuple[Path, Future[Radiograph | str]]] = deque()
    pool = ThreadPoolExecutor(max_workers=min(AHEAD, os.cpu_count() or 1), thread_name_prefix="decode")
    try:
        for path in paths:
            pending.append((path, pool.submit(_read, path, side)))
            if len(pending) >= AHEAD:
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
        found += [here / name for name in names if name.lower().endswith(SUFFIXES) and not name.startswith(".")]
    return sorted(found)


def _same(path: Path, other: Path | None) -> bool:
    return other is not None and path.resolve() == other.resolve()


def _next(pending: deque[tuple[Path, Future[Radiograph | str]]]) -> tuple[Path, Radiograph | str]:
    path, future = pending.popleft()
    return path, future.result()


def _read(path: Path, side: int | None) -> Radiograph | str:
    try:
        radiograph = Radiograph.from_file(path)
    except InvalidRadiograph as error:
        return str(error)  # the words only: the error itself would keep the file's bytes alive
    if side is None:
        return radiograph
    return replace(radiograph, pixels=resize_grey(radiograph.pixels, side), levels=None)
