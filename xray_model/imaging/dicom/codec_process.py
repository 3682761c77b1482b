"""Decompresses one DICOM picture in a separate process: `python -P codec_process.py`.

The codecs are C++ and the stream may be hostile: if one hangs, crashes or exhausts memory, only this process is lost.
It gets no header, hence no patient's name, and writes no file. It imports nothing of this package.

Standard input: a line of JSON (what `pydicom.pixels.get_decoder` needs), then the compressed frame. Standard output: a
line with the dtype, then the pixels, row by row.
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
JPEG_2000 = ("1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.91")
THREADS = "2"  # of OpenJPEG, whose decoding takes longest of all


def main() -> None:
    """Read, decode, write; any failure ends in an exit code."""
    limit_resources()
    sys.stdout.buffer.write(answer(sys.stdin.buffer.read()))
    sys.stdout.flush()
    os._exit(0)  # skips GDCM's slow teardown


def answer(message: bytes) -> bytes:
    """What to write to standard output, given standard input; raises anything."""
    options, _, frame = message.partition(b"\n")
    pixels = decompress(frame, **json.loads(options))
    return f"{pixels.dtype.str}\n".encode() + pixels.tobytes()


def limit_resources() -> None:
    """Bound memory and time, be killed first when memory runs out; as far as the system can."""
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")
    with contextlib.suppress(ImportError, OSError, ValueError):  # Windows has no such limits
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core file would hold the picture
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def decompress(frame: bytes, syntax: str, **options: Any) -> NDArray[Any]:
    """The stored values of one compressed frame, (rows, columns) or (rows, columns, channels).

    pydicom itself decodes RLE, Pillow grey JPEG 2000 (in two threads, which GDCM cannot use), GDCM the rest, going by
    what the stream says. GDCM also decodes 12-bit JPEG Extended, but pydicom does not let it, unless the syntax is
    given as Baseline.
    """
    os.environ["OPJ_NUM_THREADS"] = THREADS
    from pydicom.encaps import encapsulate
    from pydicom.pixels import get_decoder

    grey_2000 = syntax in JPEG_2000 and options.get("samples_per_pixel") == 1
    plugin = "pydicom" if syntax == RLE else "pillow" if grey_2000 else "gdcm"
    syntax = BASELINE if syntax == EXTENDED else syntax
    options |= {"number_of_frames": 1}
    pixels, _ = get_decoder(syntax).as_array(encapsulate([frame]), index=0, raw=True, decoding_plugin=plugin, **options)
    return np.ascontiguousarray(pixels)


if __name__ == "__main__":
    main()
