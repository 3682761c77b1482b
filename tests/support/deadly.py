"""Decoders with a weakness: a file may kill or stop their process, as a flaw in a C library would let it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from types import SimpleNamespace

import pytest

from xray_model.imaging import sandbox
from xray_model.inference import batch

KILLS, HANGS = b"kills its decoder", b"hangs its decoder"
WORKER = f"""
import os, time
from xray_model.imaging import sandbox_worker
sound = sandbox_worker.answer
def answer(data, size):
    if {KILLS!r} in data:
        os.abort()
    if {HANGS!r} in data:
        time.sleep(600)
    return sound(data, size)
sandbox_worker.answer = answer
sandbox_worker.main()
"""


@contextmanager
def deadly_decoders(monkeypatch: pytest.MonkeyPatch) -> Iterator[sandbox.Decoders]:
    """Pages and command line decode in such processes."""
    weak = sandbox.Decoders(1)
    worker = partial(subprocess.Popen, [sys.executable, "-c", WORKER])
    started = SimpleNamespace(**vars(subprocess) | {"Popen": lambda _, **options: worker(**options)})
    with monkeypatch.context() as patch:
        patch.setattr(sandbox, "decoders", lambda _: weak)
        patch.setattr(batch, "decoders", lambda _: weak)
        patch.setattr(sandbox, "subprocess", started)  # the decoders' own: other processes start as ever
        yield weak
    weak.stop()
