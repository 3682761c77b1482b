"""The process behind `decode_apart`: reads a length and that many bytes, answers with a line of JSON and pixels, again.

It ends with its standard input, hence with the server. It writes no file and prints nothing else.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import warnings
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import BinaryIO

from xray_model.errors import InvalidRadiograph
from xray_model.radiograph import Radiograph

MEMORY = 1536 * 2**20  # bytes of address space: the greediest picture, a WebP of 40 million pixels, takes half of it


def main() -> None:
    """Answer until the input ends."""
    limit_resources()
    warnings.simplefilter("ignore")
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # a C library that prints must not print into an answer
    while head := sys.stdin.buffer.read(8):
        for part in answer(sys.stdin.buffer, int.from_bytes(head, "big")):
            answers.write(part)
        answers.flush()


def answer(stream: BinaryIO, size: int) -> Iterator[bytes | memoryview]:
    """One file's answer in parts: the line, the pixels, the full-depth levels."""
    try:
        radiograph = Radiograph.from_bytes(stream.read(size))
    except InvalidRadiograph as error:
        yield json.dumps({"refused": str(error)}).encode() + b"\n"
        return
    deep = radiograph.levels
    levels = deep and {
        "shape": deep.values.shape, "bit_depth": deep.bit_depth, "center": deep.center, "width": deep.width
    }  # fmt: skip
    facts = {"source": asdict(radiograph.source), "shape": radiograph.pixels.shape, "levels": levels}
    yield json.dumps(facts).encode() + b"\n"
    yield radiograph.pixels.data
    if deep:
        yield deep.values.data


def limit_resources() -> None:
    """Where the system can: bounded memory, first in line if the machine runs out of it, no core file."""
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")
    with contextlib.suppress(ImportError, OSError, ValueError):  # Windows has no such limits
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # it would be the picture on disk
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


if __name__ == "__main__":
    main()
