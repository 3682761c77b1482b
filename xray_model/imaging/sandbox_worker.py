"""The decoding process behind `decode_apart`: for each file on standard input, a line of JSON and the pixels.

It ends with its standard input, and so with the process that started it. It writes no file and prints nothing else.
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

MEMORY = 1536 * 2**20  # bytes of address space: the most demanding picture, a WebP of 40 million pixels, takes half
HEAD = struct.Struct(">QI")  # the file's length; the input size to squeeze for, or 0 for all pixels and full depth


def main() -> None:
    """Answer files until the input ends."""
    limit_resources()
    warnings.simplefilter("ignore")
    questions, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # a C library that prints must not garble an answer
    while head := questions.read(HEAD.size):
        length, size = HEAD.unpack(head)
        for part in answer(questions.read(length), size):
            answers.write(part)
        answers.flush()


def answer(data: bytes, size: int) -> Iterator[bytes | memoryview]:
    """The answer for one file, in parts: the JSON line, the pixels, the full-depth levels."""
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
    """Bound memory, be killed first when it runs out, write no core file, end on Ctrl+C; as far as the system can."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Python's own handler would wait for the decoder
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")
    with contextlib.suppress(ImportError, OSError, ValueError):  # Windows has no such limits
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core file would hold the picture
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


if __name__ == "__main__":
    main()
