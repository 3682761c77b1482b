"""Kind, size and depth of a compressed picture, read from its stream before a decoder allocates for it."""

from __future__ import annotations

import struct
from typing import NamedTuple

from xray_model.errors import InvalidRadiograph
from xray_model.imaging.dicom import transfer_syntax as syntaxes

JPEG_START, JPEG_2000_START = b"\xff\xd8", b"\xff\x4f\xff\x51"  # first markers
JPEG_2000_SIZE, JPEG_2000_DEPTH = 8, 42  # offsets of the width and of the depth (ISO 15444-1 A.5.1)
FRAMES = frozenset((*range(0xC0, 0xD0), 0xF7)) - {0xC4, 0xC8, 0xCC}  # JPEG's starts of frame, JPEG-LS last
SYNTAXES = {  # start of frame -> the transfer syntax that it belongs to
    0xC0: syntaxes.JPEG_BASELINE,
    0xC1: syntaxes.JPEG_EXTENDED,
    0xC3: syntaxes.JPEG_LOSSLESS_FIRST_ORDER,
    0xF7: syntaxes.JPEG_LS_LOSSLESS,
}
MAX_MARKERS = 1000


class Stream(NamedTuple):
    """The start-of-frame marker (0 for JPEG 2000), bits of a sample, rows and columns."""

    marker: int
    bits: int
    rows: int
    columns: int


def read_stream(stream: bytes) -> Stream | None:
    """What the start of a JPEG, JPEG-LS or JPEG 2000 stream says; None if it cannot be read."""
    try:
        start = stream.find(JPEG_2000_START)
        if start >= 0 and stream[:2] != JPEG_START:
            right, bottom, left, top = struct.unpack_from(">4I", stream, start + JPEG_2000_SIZE)
            (depth,) = struct.unpack_from("B", stream, start + JPEG_2000_DEPTH)
            return Stream(0, (depth & 0x7F) + 1, bottom - top, right - left)
        return _jpeg_frame(stream)
    except struct.error:
        return None


def stream_syntax(stream: bytes) -> str:
    """The transfer syntax of a stream whose file does not state it; raises `InvalidRadiograph` if it is unknown."""
    coded = read_stream(stream)
    if coded is None or not (coded.marker == 0 or coded.marker in SYNTAXES):
        raise InvalidRadiograph("The DICOM file does not say how its picture is compressed. Export it again.")
    return SYNTAXES.get(coded.marker, syntaxes.JPEG_2000)


def _jpeg_frame(stream: bytes) -> Stream | None:
    """The first start of frame (ISO 10918-1 B.2.2); raises `struct.error` if the stream ends before it."""
    at = 2
    for _ in range(MAX_MARKERS):
        fill, marker = struct.unpack_from("2B", stream, at)
        if fill != 0xFF:
            break
        if marker in FRAMES:
            return Stream(marker, *struct.unpack_from(">B2H", stream, at + 4))
        at += 1 if marker == 0xFF else 2 + struct.unpack_from(">H", stream, at + 2)[0]
    return None
