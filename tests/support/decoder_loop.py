"""The DICOM codec process, kept alive from one stream to the next, for tests and fuzzing with thousands of streams.

`run` replaces `subprocess.run` in `imaging.dicom.pixels`: the same codecs and limits, without a start for each stream.
"""

from __future__ import annotations

import signal
import struct
import subprocess
import sys
import threading
from typing import Any

from tests.support.server import ROOT
from xray_model.imaging.dicom import codec_process

HEAD = struct.Struct(">Q")
LOOP = """
import resource, sys
from tests.support.decoder_loop import HEAD
from xray_model.imaging.dicom import codec_process
codec_process.SECONDS = resource.RLIM_INFINITY  # the limit would count all streams together
codec_process.limit_resources()
while head := sys.stdin.buffer.read(HEAD.size):
    message = sys.stdin.buffer.read(HEAD.unpack(head)[0])
    try:
        answer = codec_process.answer(message)
    except Exception:
        answer = b""
    sys.stdout.buffer.write(HEAD.pack(len(answer)) + answer)
    sys.stdout.flush()
"""


class DecoderLoop:
    """The process and its record. streams: how many it got. deaths: signal name, or "late" for a timeout -> count."""

    def __init__(self, seconds: float = codec_process.SECONDS) -> None:
        self._seconds = seconds
        self._process: subprocess.Popen[bytes] | None = None
        self.streams = 0
        self.deaths: dict[str, int] = {}

    def run(self, command: list[str], *, input: bytes, **_: Any) -> subprocess.CompletedProcess[bytes]:
        """Like `subprocess.run` with `check=True` and a timeout."""
        self.streams += 1
        process = self._started()
        late = threading.Event()
        clock = threading.Timer(self._seconds, lambda: (late.set(), process.kill()))
        clock.start()
        answer = self._ask(process, input)
        clock.cancel()
        if late.is_set():
            self._count("late")
            raise subprocess.TimeoutExpired(command, self._seconds)
        if answer is None:
            self._count(signal.Signals(-process.wait()).name if process.wait() < 0 else "exit")
        if not answer:
            raise subprocess.CalledProcessError(1, command)
        return subprocess.CompletedProcess(command, 0, answer)

    def stop(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()

    def _ask(self, process: subprocess.Popen[bytes], message: bytes) -> bytes | None:
        """The answer, empty for a refused stream; None if the process died."""
        try:
            process.stdin.write(HEAD.pack(len(message)) + message)
            process.stdin.flush()
            (size,) = HEAD.unpack(process.stdout.read(HEAD.size))
            answer = process.stdout.read(size)
        except (OSError, struct.error):
            return None
        return answer if len(answer) == size else None

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self.stop()  # closes a dead process's pipes
            pipe = subprocess.PIPE
            command = [sys.executable, "-c", LOOP]
            self._process = subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL)
        return self._process

    def _count(self, reason: str) -> None:
        self.deaths[reason] = self.deaths.get(reason, 0) + 1
