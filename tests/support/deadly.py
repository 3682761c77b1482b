"""Decoders that certain files kill or hang, as a flaw in a C library might allow."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from xray_model.imaging import sandbox
from xray_model.inference import batch

KILLS, HANGS, EATS = b"kills its decoder", b"hangs its decoder", b"eats its decoder's memory"
WORKER = f"""
import os, time
from xray_model.imaging import sandbox_worker
sound = sandbox_worker.answer
def answer(data, size):
    if {KILLS!r} in data:
        os.abort()
    if {HANGS!r} in data:
        time.sleep(600)
    if {EATS!r} in data:
        bytearray(2 * sandbox_worker.MEMORY)
    return sound(data, size)
sandbox_worker.answer = answer
sandbox_worker.main()
"""


@contextmanager
def deadly_decoders(monkeypatch: pytest.MonkeyPatch) -> Iterator[sandbox.Decoders]:
    """Make pages and command line decode in such processes."""
    command = [sys.executable, "-c", WORKER]
    weak = sandbox.Decoders(1)
    with monkeypatch.context() as patch:
        patch.setattr(sandbox, "decoders", lambda _: weak)
        patch.setattr(batch, "decoders", lambda _: weak)
        started = {"Popen": lambda _, **options: subprocess.Popen(command, **options)}
        patch.setattr(sandbox, "subprocess", SimpleNamespace(**vars(subprocess) | started))
        yield weak
    weak.stop()
