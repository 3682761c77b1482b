"""Decoding in a process of its own: whatever a stranger's file does to a decoder, it does not do to the server.

Two processes (`apart_worker.py`) wait for files; one that dies, or takes too long and is stopped, costs its own file a
sentence and is started anew for the next. What comes back is checked and never unpickled.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from queue import LifoQueue
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from xray_model.archives import MAX_BYTES
from xray_model.decoding import MAX_PIXELS
from xray_model.errors import InvalidRadiograph
from xray_model.levels import DISPLAY_PIXELS, Levels
from xray_model.radiograph import Radiograph
from xray_model.source import Acquisition, Source

SECONDS = 40.0  # by the clock, for one file: a compressed DICOM picture has 30 of them
WORKERS = 2  # files decoded at once, whoever sends them
ROOT = Path(__file__).parent.parent


def decode_apart(data: bytes) -> Radiograph:
    """`Radiograph.from_bytes` in another process, stopped after `SECONDS`; raises `InvalidRadiograph`."""
    if len(data) > MAX_BYTES:
        raise InvalidRadiograph(f"The file has more than {MAX_BYTES // 2**20} MB. Send a smaller export.")
    worker = _idle.get()
    try:
        return worker.decode(data)
    finally:
        _idle.put(worker)


class _Worker:
    """One decoding process, started at the first file and after each death."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._is_late = False

    def decode(self, data: bytes) -> Radiograph:
        self._is_late = False
        clock = threading.Timer(SECONDS, self._stop_late)
        clock.start()
        try:
            return _ask(self._started(), data)
        except InvalidRadiograph:
            raise
        except BaseException as error:  # whatever it was: after half an answer there is no next one
            self._stop()
            if not isinstance(error, Exception):
                raise
            sentence = f"was not decoded within {SECONDS:.0f} s" if self._is_late else "stopped its decoder"
            raise InvalidRadiograph(f"The image {sentence}. Export it again.") from None
        finally:
            clock.cancel()

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "xray_model.apart_worker"],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,  # decoders print what they find in a file
                env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"},
            )
        return self._process

    def _stop_late(self) -> None:
        self._is_late = True
        if self._process is not None:
            self._process.kill()

    def _stop(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            with contextlib.suppress(OSError):  # what was not yet sent cannot be sent
                process.communicate()


_idle: LifoQueue[_Worker] = LifoQueue()  # the last one used comes first: one visitor needs one process
for _ in range(WORKERS):
    _idle.put(_Worker())


def _ask(process: subprocess.Popen[bytes], data: bytes) -> Radiograph:
    assert process.stdin
    assert process.stdout
    process.stdin.write(len(data).to_bytes(8, "big"))
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
    return np.frombuffer(data, dtype).reshape(height, width)  # read-only, and raises where the stream ended early


def _source(facts: dict[str, Any]) -> Source:
    found = facts["acquisition"]
    if found:
        pairs = {name: tuple(found[name]) for name in ("spacing", "window") if found[name]}
        found = Acquisition(**{**found, **pairs})
    lists = {name: tuple(facts[name]) for name in ("notes", "removed_tags")}
    return Source(**{**facts, **lists, "acquisition": found})
