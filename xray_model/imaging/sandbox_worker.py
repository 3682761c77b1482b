"""A process behind `decode_apart`: reads a head and a file, answers with a line of JSON and pixels, again and again.

It ends with its standard input, hence with whoever started it. It writes no file and prints nothing else.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import struct
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

from xray_model.errors import InvalidRadiograph
from xray_model.imaging.radiograph import Radiograph

MEMORY = 1536 * 2**20  # bytes of address space: the greediest picture, a WebP of 40 million pixels, takes half of it
HEAD = struct.Struct(">QI")  # the file's bytes; the model's size to squeeze for, 0: all pixels, with full-depth levels


def main() -> None:
    """Answer until the input ends."""
    limit_resources()
    warnings.simplefilter("ignore")
    questions, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # a C library that prints must not print into an answer
    while head := questions.read(HEAD.size):
        length, size = HEAD.unpack(head)
        for part in answer(questions.read(length), size):
            answers.write(part)
        answers.flush()


def answer(data: bytes, size: int) -> Iterator[bytes | memoryview]:
    """One file's answer in parts: the line, the pixels, the full-depth levels."""
    try:
        radiograph = Radiograph.from_bytes(data)
    except InvalidRadiograph as error:
        yield json.dumps({"refused": str(error)}).encode() + b"\n"
        return
    if size:
        radiograph = radiograph.squeezed(size)
    deep = radiograph.levels
    levels = deep and {
        "shape": deep.values.shape, "bit_depth": deep.bit_depth, "center": deep.center, "width": deep.width
    }  # fmt: skip
    facts = {"source": radiograph.source, "shape": radiograph.pixels.shape, "levels": levels}
    yield json.dumps(facts, default=vars).encode() + b"\n"
    yield radiograph.pixels.data
    if deep:
        yield deep.values.data


def limit_resources() -> None:
    """Where the system can: bounded memory, first in line if the machine runs out of it, no core file, a quick end."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Python would wait until the decoder is done
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")
    with contextlib.suppress(ImportError, OSError, ValueError):  # Windows has no such limits
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # it would be the picture on disk
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


if __name__ == "__main__":
    main()
