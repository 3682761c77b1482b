"""Decompresses one picture in a process of its own: `python -P codec_process.py`, options and stream in, pixels out.

The decoders are C++ and the stream is anybody's: one that hangs, dies or asks for all memory takes only this process
with it. It gets no header, so no name; it writes no file. Imports nothing of this package and is never imported by it.

Standard input: a line of JSON (what `pydicom.pixels.get_decoder` needs), then the compressed frame. Standard output: a
line with the dtype, then the pixels in rows.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

MEMORY = 1536 * 2**20  # bytes of address space: JPEG 2000 of 40 million pixels needs two thirds of it
SECONDS = 30  # of processor time
RLE, BASELINE, EXTENDED = "1.2.840.10008.1.2.5", "1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51"


def main() -> None:
    """Read, decode, write; any failure is an exit code."""
    limit_resources()
    sys.stdout.buffer.write(answer(sys.stdin.buffer.read()))
    sys.stdout.flush()
    os._exit(0)  # what GDCM does while it is taken down is not worth waiting for


def answer(message: bytes) -> bytes:
    """The standard output that belongs to a standard input; raises anything."""
    options, _, frame = message.partition(b"\n")
    pixels = decompress(frame, **json.loads(options))
    return f"{pixels.dtype.str}\n".encode() + pixels.tobytes()


def limit_resources() -> None:
    """Where the system can: bounded memory and time, and first in line if the machine runs out of memory."""
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")
    with contextlib.suppress(ImportError, OSError, ValueError):  # Windows has no such limits
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core file would be the picture on disk
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def decompress(frame: bytes, syntax: str, **options: Any) -> NDArray[Any]:
    """The stored values of one compressed frame, (rows, columns) or (rows, columns, channels).

    RLE is read by pydicom itself, the rest by GDCM, which goes by what the stream says. It reads JPEG Extended of 12
    bits, too; pydicom does not ask it to unless the syntax is called by another name.
    """
    from pydicom.encaps import encapsulate
    from pydicom.pixels import get_decoder

    plugin = "pydicom" if syntax == RLE else "gdcm"
    syntax = BASELINE if syntax == EXTENDED else syntax
    options |= {"number_of_frames": 1}
    pixels, _ = get_decoder(syntax).as_array(encapsulate([frame]), index=0, raw=True, decoding_plugin=plugin, **options)
    return np.ascontiguousarray(pixels)


if __name__ == "__main__":
    main()
