"""The stored values of a DICOM picture: copied where they lie open, decompressed in a process of its own where not."""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xray_model.errors import InvalidRadiograph
from xray_model.imaging.dicom.admission import COLUMNS, ROWS, photometric
from xray_model.imaging.dicom.header import CUT_OFF, ITEM, UNDEFINED, Element, Header, Walk
from xray_model.imaging.dicom.transfer_syntax import JPEG_EXTENDED, JPEG_FAMILY, NATIVE
from xray_model.imaging.raster import check_size

ALLOCATED, STORED_BITS, HIGH_BIT, REPRESENTATION = 0x00280100, 0x00280101, 0x00280102, 0x00280103
DECODER = Path(__file__).with_name("codec_process.py")
DECODE_SECONDS = 30  # by the clock: on a slow, busy machine a large JPEG 2000 takes some
_turn = threading.BoundedSemaphore(2)  # decoders at once, whoever asks: each may take a few hundred MB

JPEG_2000_START, JPEG_2000_SIZE = b"\xff\x4f\xff\x51", 8  # first marker, and where the width is (ISO 15444-1 A.5.1)
JPEG_SIZES = frozenset((*range(0xC0, 0xD0), 0xF7)) - {0xC4, 0xC8, 0xCC}  # start of frame, JPEG-LS last
MAX_MARKERS = 1000


@dataclass(frozen=True)
class Layout:
    """How a value lies in its cell (PS3.5 section 8.1.1): `stored` bits of `allocated`, the topmost being `high`."""

    rows: int
    columns: int
    allocated: int
    stored: int
    high: int
    signed: bool

    @classmethod
    def of(cls, header: Header) -> Layout:
        """Read and check it; raises `InvalidRadiograph` before anything is allocated."""
        rows, columns = header.integer(ROWS), header.integer(COLUMNS)
        allocated = header.integer(ALLOCATED)
        if not rows or not columns or not allocated:
            raise InvalidRadiograph("The DICOM file does not say how large its picture is. Export it again.")
        check_size(columns, rows)
        stored = header.integer(STORED_BITS) or allocated
        high = header.integer(HIGH_BIT)
        layout = cls(
            rows, columns, allocated, stored, stored - 1 if high is None else high, header.integer(REPRESENTATION) == 1
        )
        layout._check()
        return layout

    def _check(self) -> None:
        if self.allocated not in (8, 16) or not 8 <= self.stored <= self.high + 1 <= self.allocated:
            raise InvalidRadiograph(
                f"The DICOM file keeps {self.stored} bits in {self.allocated}; expected 8 to 16 bits in 8 or 16."
            )

    def index(self, cells: NDArray[Any]) -> NDArray[np.uint16]:
        """Each value minus the lowest there can be, so that signed ones begin at 0 too; other bits are cleared."""
        values = cells.astype(np.uint16)
        values >>= self.high + 1 - self.stored
        values &= 2**self.stored - 1
        if self.signed:
            values ^= 2 ** (self.stored - 1)
        return values


def read_stored(data: bytes, header: Header, layout: Layout) -> NDArray[np.uint16]:
    """The picture's values as `Layout.index`, (rows, columns); raises `InvalidRadiograph`."""
    if header.pixels is None:
        raise InvalidRadiograph("The DICOM file holds no picture. Export the image itself.")
    if header.syntax in NATIVE:
        return layout.index(_copy(data, header.pixels, layout, header.little))
    frame = _frame(data, header.pixels)
    _check_stream(frame, header.syntax, layout)
    return layout.index(_decode_apart(frame, header, layout))


def _copy(data: bytes, element: Element, layout: Layout, little: bool) -> NDArray[Any]:
    order = "<" if little else ">"
    size = layout.rows * layout.columns * layout.allocated // 8
    if element.length == UNDEFINED or element.length < size or element.start + size > len(data):
        raise InvalidRadiograph(CUT_OFF)
    if layout.allocated == 16:
        cells: NDArray[Any] = np.frombuffer(data, f"{order}u2", size // 2, element.start)
    elif element.vr == b"OW" and not little:  # bytes in words, the second one first (PS3.5 section 8.1.2)
        cells = np.frombuffer(data, ">u2", size // 2, element.start).astype("<u2").view(np.uint8)
    else:
        cells = np.frombuffer(data, np.uint8, size, element.start)
    return cells.reshape(layout.rows, layout.columns)


def _frame(data: bytes, element: Element) -> bytes:
    """The fragments of the only frame, without the offset table before them (PS3.5 section A.4)."""
    if element.length != UNDEFINED:
        raise InvalidRadiograph(CUT_OFF)
    _, *fragments = (data[item.start : end] for item, end in _items(data, element))
    return b"".join(fragments)


def _items(data: bytes, element: Element) -> Iterator[tuple[Element, int]]:
    """The items of compressed pixel data, each with its end; some writers forget the delimiter after the last."""
    walk, at = Walk(data, explicit=False, little=True), element.start
    while at + 8 <= len(data) and (item := walk.element(at)).tag == ITEM:
        at = walk.end(item)
        yield item, at


def _check_stream(frame: bytes, syntax: str, layout: Layout) -> None:
    """What the stream itself says, before a decoder allocates for it."""
    if syntax in JPEG_FAMILY and coded_size(frame) != (layout.rows, layout.columns):
        raise InvalidRadiograph("The compressed picture is damaged, or not of the size that the DICOM header says.")
    if syntax == JPEG_EXTENDED and coded_bits(frame) != (8 if layout.stored == 8 else 12):
        raise InvalidRadiograph("The compressed picture is damaged, or not as deep as the DICOM header says.")


def coded_size(stream: bytes) -> tuple[int, int] | None:
    """(rows, columns) that a JPEG, JPEG-LS or JPEG 2000 stream says it has; None if it does not say."""
    try:
        start = stream.find(JPEG_2000_START)
        if start >= 0 and stream[:2] != b"\xff\xd8":
            right, bottom, left, top = struct.unpack_from(">4I", stream, start + JPEG_2000_SIZE)
            return bottom - top, right - left
        return _jpeg_frame(stream)[1:]
    except (struct.error, ValueError):
        return None


def coded_bits(stream: bytes) -> int | None:
    """Bits of a sample that a JPEG or JPEG-LS stream says it has; None if it does not say."""
    try:
        return _jpeg_frame(stream)[0]
    except (struct.error, ValueError):
        return None


def _jpeg_frame(stream: bytes) -> tuple[int, int, int]:
    """(bits, rows, columns) of the start of frame (ISO 10918-1 B.2.2); `ValueError`, `struct.error` without one."""
    at = 2
    for _ in range(MAX_MARKERS):
        fill, marker = struct.unpack_from("2B", stream, at)
        if fill != 0xFF:
            break
        if marker in JPEG_SIZES:
            return struct.unpack_from(">B2H", stream, at + 4)
        at += 1 if marker == 0xFF else 2 + struct.unpack_from(">H", stream, at + 2)[0]
    raise ValueError("No start of frame.")


def _decode_apart(frame: bytes, header: Header, layout: Layout) -> NDArray[Any]:
    """Hand the stream to the decoder's process and take the cells back; raises `InvalidRadiograph` if it dies."""
    try:
        with _turn:
            done = subprocess.run(
                [sys.executable, "-P", str(DECODER)],
                input=_message(frame, header, layout),
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                timeout=DECODE_SECONDS,
                env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"},
                check=True,
            )
        kind, _, cells = done.stdout.partition(b"\n")
        return np.frombuffer(cells, np.dtype(kind.decode())).reshape(layout.rows, layout.columns)
    except subprocess.TimeoutExpired:
        raise InvalidRadiograph(
            f"The picture was not decompressed within {DECODE_SECONDS} s. Export it anew."
        ) from None
    except (subprocess.CalledProcessError, ValueError, TypeError):
        raise InvalidRadiograph("The compressed picture is damaged or cut off. Export it again.") from None


def _message(frame: bytes, header: Header, layout: Layout) -> bytes:
    options = {
        "syntax": header.syntax,
        "rows": layout.rows,
        "columns": layout.columns,
        "bits_allocated": layout.allocated,
        "bits_stored": layout.stored,
        "pixel_representation": int(layout.signed),
        "photometric_interpretation": photometric(header),
    }
    return json.dumps(options).encode() + b"\n" + frame
