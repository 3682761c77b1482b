"""Decoding in separate processes, so that a hostile file can harm only its decoder.

The processes (`sandbox_worker.py`) stay ready for more files. If one dies, or is stopped because it takes too long, its
file is refused and a new process is started for the next. Answers are checked and never unpickled.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from functools import cache
from pathlib import Path
from queue import Empty, LifoQueue
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from xray_model.errors import InvalidRadiograph
from xray_model.imaging.full_depth import DISPLAY_PIXELS, Levels
from xray_model.imaging.metadata import Acquisition, Source
from xray_model.imaging.radiograph import Radiograph
from xray_model.imaging.raster import MAX_PIXELS
from xray_model.imaging.sandbox_worker import HEAD
from xray_model.imaging.zip_archives import MAX_BYTES

SECONDS = 40.0  # wall-clock time for one file, of which a DICOM codec may take 30
WORKERS = 2  # files decoded at once on a server: each may take `sandbox_worker.MEMORY`
TICK = 0.2  # seconds between two checks for files that take too long
ROOT = Path(__file__).parents[2]
ENVIRONMENT = {
    "OPENBLAS_NUM_THREADS": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
    # Otherwise glibc returns each picture's memory to the system and fetches it again, a third of the time
    "MALLOC_MMAP_THRESHOLD_": str(2**25),
    "MALLOC_TRIM_THRESHOLD_": str(2**26),
}


def decode_apart(data: bytes) -> Radiograph:
    """`Radiograph.from_bytes` in another process, which is stopped after `SECONDS`; raises `InvalidRadiograph`."""
    return decoders(WORKERS).decode(data)


@cache
def decoders(count: int) -> Decoders:
    """This process's shared pool of `count` decoders."""
    return Decoders(count)


class Decoders:
    """A pool of up to `count` decoding processes, started when needed, ended with this one; safe between threads."""

    def __init__(self, count: int) -> None:
        self._workers = [_Worker() for _ in range(count)]
        self._idle: LifoQueue[_Worker] = LifoQueue()  # the last one used comes first: one visitor starts one process
        for worker in self._workers:
            self._idle.put(worker)
        self._busy = threading.Event()
        threading.Thread(target=self._watch, name="decoders", daemon=True).start()

    def decode(self, data: bytes, size: int | None = None) -> Radiograph:
        """`Radiograph.from_bytes`, waiting while all processes are busy; raises `InvalidRadiograph`.

        size: a model's input size, to return the radiograph `squeezed` for it.
        """
        if len(data) > MAX_BYTES:
            raise InvalidRadiograph(f"The file is larger than {MAX_BYTES // 2**20} MB. Send a smaller export.")
        worker = self._idle.get()
        try:
            self._busy.set()
            return worker.decode(data, size)
        finally:
            self._idle.put(worker)

    def stop(self) -> None:
        """End the idle processes; the next file starts them again."""
        idle = []
        with contextlib.suppress(Empty):
            while True:
                idle.append(self._idle.get_nowait())
        for worker in idle:
            worker.stop()
            self._idle.put(worker)

    def _watch(self) -> None:
        """Stop late workers. One thread for all: a timer per file would cost as much as decoding a small one."""
        while self._busy.wait():
            self._busy.clear()
            time.sleep(TICK)
            at_work = [worker.stop_if_late() for worker in self._workers]
            if any(at_work):
                self._busy.set()


class _Worker:
    """One decoding process, started for its first file and again after each death."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()  # guards the next two
        self._due: float | None = None  # deadline of its file, by the monotonic clock
        self._is_late = False

    def decode(self, data: bytes, size: int | None = None) -> Radiograph:
        process = self._started()
        self._is_due_in(SECONDS)
        try:
            return _ask(process, data, size)
        except InvalidRadiograph:
            raise
        except BaseException as error:  # whatever it was: after half an answer the process cannot be used again
            self._is_due_in(None)
            sentence = f"was not decoded within {SECONDS:.0f} s" if self._is_late else "stopped its decoder"
            self.stop()
            if not isinstance(error, Exception):
                raise
            raise InvalidRadiograph(f"The image {sentence}. Export it again.") from None
        finally:
            self._is_due_in(None)

    def stop_if_late(self) -> bool:
        """Kill the process if its file is overdue; False when it is idle."""
        with self._lock:
            if self._due is None or self._process is None:
                return False
            if time.monotonic() > self._due:
                self._is_late = True
                self._process.kill()
            return True

    def stop(self) -> None:
        """End the process, whatever it is doing."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            with contextlib.suppress(OSError):  # flushing what was not yet sent fails
                process.communicate()

    def _is_due_in(self, seconds: float | None) -> None:
        with self._lock:
            self._due = None if seconds is None else time.monotonic() + seconds

    def _started(self) -> subprocess.Popen[bytes]:
        if self._is_late:  # it was killed, perhaps just after its last answer arrived
            self.stop()
            self._is_late = False
        if self._process is None or self._process.poll() is not None:
            self._process = _start()
        return self._process


def _start() -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "xray_model.imaging.sandbox_worker"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # decoders may print a file's contents
        env={**os.environ, **ENVIRONMENT},
    )


def _ask(process: subprocess.Popen[bytes], data: bytes, size: int | None) -> Radiograph:
    """Send a file and read the answer; raises `InvalidRadiograph` for a refusal, anything for a broken answer."""
    assert process.stdin
    assert process.stdout
    process.stdin.write(HEAD.pack(len(data), size or 0))
    process.stdin.write(data)
    process.stdin.flush()
    answer = json.loads(process.stdout.readline(2**20) or _end())
    if "refused" in answer:
        raise InvalidRadiograph(str(answer["refused"]))
    pixels = _read_array(process.stdout, answer["shape"], np.uint8, MAX_PIXELS)
    deep = answer["levels"]
    levels = None
    if deep:
        values = _read_array(process.stdout, deep.pop("shape"), np.uint16, DISPLAY_PIXELS)
        levels = Levels(values, **deep)
    return Radiograph(pixels, _source(answer["source"]), levels)


def _end() -> bytes:
    raise EOFError


def _read_array(stream: IO[bytes], shape: list[int], dtype: Any, most: int) -> NDArray[Any]:
    height, width = shape
    if not 0 < height * width <= most:
        raise ValueError(shape)
    data = stream.read(height * width * np.dtype(dtype).itemsize)
    return np.frombuffer(data, dtype).reshape(height, width)  # read-only; raises if the stream ended early


def _source(facts: dict[str, Any]) -> Source:
    found = facts["acquisition"]
    if found:
        pairs = {name: tuple(found[name]) for name in ("spacing", "window") if found[name]}
        found = Acquisition(**{**found, **pairs})
    lists = {name: tuple(facts[name]) for name in ("notes", "removed_tags")}
    return Source(**{**facts, **lists, "acquisition": found})
