"""The stored values of a DICOM picture, copied, or decompressed in a separate process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xray_model.errors import InvalidRadiograph
from xray_model.imaging.dicom.admission import COLOUR_PICTURE, COLUMNS, PHOTOMETRIC, ROWS, samples
from xray_model.imaging.dicom.header import CUT_OFF, ITEM, UNDEFINED, Element, Header, Walk
from xray_model.imaging.dicom.stream import read_stream, stream_syntax
from xray_model.imaging.dicom.transfer_syntax import JPEG_EXTENDED, JPEG_FAMILY, NATIVE
from xray_model.imaging.raster import check_size

ALLOCATED, STORED_BITS, HIGH_BIT, REPRESENTATION = 0x00280100, 0x00280101, 0x00280102, 0x00280103
PLANAR = 0x00280006
DECODER = Path(__file__).with_name("codec_process.py")
DECODE_SECONDS = 30  # wall-clock time: a large JPEG 2000 takes a while on a slow, busy machine
TINTED = 0.005  # share of the pixels that may have a colour: the noise of JPEG along edges
_slots = threading.BoundedSemaphore(2)  # decoders at once in this process: each may take a few hundred MB


@dataclass(frozen=True)
class Layout:
    """How values are stored (PS3.5 section 8.1.1): in `stored` of `allocated` bits, of which `high` is the topmost."""

    rows: int
    columns: int
    allocated: int
    stored: int
    high: int
    signed: bool
    channels: int = 1
    planes: bool = False  # whether each channel is stored as a whole, one after the other

    @classmethod
    def of(cls, header: Header) -> Layout:
        """The layout in a header; raises `InvalidRadiograph` for an unsupported one before anything is allocated."""
        rows, columns = header.integer(ROWS), header.integer(COLUMNS)
        allocated = header.integer(ALLOCATED)
        if not rows or not columns or not allocated:
            raise InvalidRadiograph("The DICOM file does not say how large its picture is. Export it again.")
        check_size(columns, rows)
        stored = header.integer(STORED_BITS) or allocated
        high = header.integer(HIGH_BIT)
        high = stored - 1 if high is None else high
        signed, planes = header.integer(REPRESENTATION) == 1, header.integer(PLANAR) == 1
        layout = cls(rows, columns, allocated, stored, high, signed, samples(header), planes)
        layout._check()
        return layout

    def _check(self) -> None:
        if self.allocated not in (8, 16) or not 8 <= self.stored <= self.high + 1 <= self.allocated:
            raise InvalidRadiograph(
                f"The DICOM file keeps {self.stored} bits in {self.allocated}; expected 8 to 16 bits in 8 or 16."
            )

    def index(self, cells: NDArray[Any]) -> NDArray[np.uint16]:
        """Each value minus the lowest possible one, so that signed values start at 0, too; other bits are cleared."""
        values = cells.astype(np.uint16)
        values >>= self.high + 1 - self.stored
        values &= 2**self.stored - 1
        if self.signed:
            values ^= 2 ** (self.stored - 1)
        return values


def read_stored(data: bytes, header: Header, layout: Layout) -> tuple[NDArray[np.uint16], Layout, tuple[str, ...]]:
    """(the picture's values as `Layout.index`, (rows, columns); their true layout; notes).

    Raises `InvalidRadiograph`.
    """
    if header.pixels is None:
        raise InvalidRadiograph("The DICOM file holds no picture. Export the image itself.")
    if header.pixels.length != UNDEFINED and header.syntax in NATIVE:
        cells, found = _copy(data, header.pixels, layout, header.little), layout
    else:
        cells, found = _decompressed(data, header, layout)
    cells = _one_channel(cells)
    found = _as_deep_as(cells, found)
    said = f"The DICOM header says {layout.stored} bits; the picture has {found.stored}, and all are read."
    return found.index(cells), found, (said,) * (found.stored != layout.stored)


def _one_channel(cells: NDArray[Any]) -> NDArray[Any]:
    """The grey of one channel, or of three that agree, as (rows, columns); raises `InvalidRadiograph` for colour."""
    if cells.ndim == 2:
        return cells
    first, second, third = (cells[..., channel] for channel in range(3))
    middle = 128 if cells.itemsize == 1 else 2**15  # means no colour if the first channel is brightness (YBR)
    for others in (first, middle):
        if max(np.mean(np.abs(each.astype(np.int32) - others) > middle / 8) for each in (second, third)) <= TINTED:
            return first
    raise InvalidRadiograph(COLOUR_PICTURE)


def _as_deep_as(cells: NDArray[Any], layout: Layout) -> Layout:
    """The layout, widened if values do not fit into the bits that the header states.

    Unused bits may hold an overlay drawn on the film instead; then the picture is smoother without them.
    """
    stored, high = layout.stored, layout.high
    spare = 8 * cells.itemsize - high - 1
    beyond = cells >> (high + 1) if spare > 0 else cells[:0]
    if not beyond.any():
        return layout
    if layout.signed and np.isin(beyond, (0, 2**spare - 1)).all():  # sign extension
        return layout
    if _roughness(layout.index(cells)) <= _roughness(cells):
        return layout
    bits = 8 * cells.itemsize if layout.signed else int(cells.max()).bit_length()
    return replace(layout, stored=bits - high - 1 + stored, high=bits - 1)


def _roughness(values: NDArray[Any]) -> float:
    """Mean difference between neighbours in a row."""
    return float(np.abs(np.diff(values.astype(np.int32), axis=1)).mean())


def _copy(data: bytes, element: Element, layout: Layout, little: bool) -> NDArray[Any]:
    order = "<" if little else ">"
    size = layout.rows * layout.columns * layout.channels * layout.allocated // 8
    if element.length < size or element.start + size > len(data):
        raise InvalidRadiograph(CUT_OFF)
    if layout.allocated == 16:
        cells: NDArray[Any] = np.frombuffer(data, f"{order}u2", size // 2, element.start)
    elif element.vr == b"OW" and not little:  # pairs of bytes are swapped (PS3.5 section 8.1.2)
        cells = np.frombuffer(data, ">u2", size // 2, element.start).astype("<u2").view(np.uint8)
    else:
        cells = np.frombuffer(data, np.uint8, size, element.start)
    if layout.channels == 1:
        return cells.reshape(layout.rows, layout.columns)
    if layout.planes:
        return np.moveaxis(cells.reshape(layout.channels, layout.rows, layout.columns), 0, -1)
    return cells.reshape(layout.rows, layout.columns, layout.channels)


def _decompressed(data: bytes, header: Header, layout: Layout) -> tuple[NDArray[Any], Layout]:
    """The cells of a compressed picture and their layout, whose depth is the stream's, not the header's."""
    assert header.pixels is not None
    frame = _frame(data, header.pixels)
    syntax = stream_syntax(frame) if header.syntax in NATIVE else header.syntax
    if syntax not in JPEG_FAMILY:
        return _decode_apart(frame, header, layout, syntax), layout
    coded = read_stream(frame)
    if coded is None or (coded.rows, coded.columns) != (layout.rows, layout.columns):
        raise InvalidRadiograph("The compressed picture is damaged, or not of the size that the DICOM header says.")
    if not 8 <= coded.bits <= 16 or (syntax == JPEG_EXTENDED and coded.bits not in (8, 12)):
        raise InvalidRadiograph(
            f"The compressed picture has {coded.bits} bits, which is not supported. Export it again."
        )
    found = replace(layout, allocated=8 if coded.bits == 8 else 16)
    if coded.bits <= found.high:
        found = replace(found, stored=min(found.stored, coded.bits), high=coded.bits - 1)
    return _decode_apart(frame, header, replace(found, stored=coded.bits), syntax), found


def _frame(data: bytes, element: Element) -> bytes:
    """The joined fragments of the only frame, without the offset table (PS3.5 section A.4)."""
    if element.length != UNDEFINED:
        raise InvalidRadiograph(CUT_OFF)
    _, *fragments = (data[item.start : end] for item, end in _items(data, element))
    return b"".join(fragments)


def _items(data: bytes, element: Element) -> Iterator[tuple[Element, int]]:
    """The items of compressed pixel data, each with its end; some programs forget the delimiter after the last."""
    walk, at = Walk(data, explicit=False, little=True), element.start
    while at + 8 <= len(data) and (item := walk.element(at)).tag == ITEM:
        at = walk.end(item)
        yield item, at


def _decode_apart(frame: bytes, header: Header, layout: Layout, syntax: str) -> NDArray[Any]:
    """Decompress the stream in another process; raises `InvalidRadiograph` if that fails or takes too long."""
    try:
        with _slots:
            done = subprocess.run(
                [sys.executable, "-P", str(DECODER)],
                input=_message(frame, header, layout, syntax),
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                timeout=DECODE_SECONDS,
                env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"},
                check=True,
            )
        kind, _, cells = done.stdout.partition(b"\n")
        unsigned = np.dtype(kind.decode().replace("i", "u"))
        shape = (layout.rows, layout.columns, layout.channels)
        return np.frombuffer(cells, unsigned).reshape(shape[: 2 if layout.channels == 1 else 3])
    except subprocess.TimeoutExpired:
        raise InvalidRadiograph(
            f"The picture was not decompressed within {DECODE_SECONDS} s. Export it again."
        ) from None
    except (subprocess.CalledProcessError, ValueError, TypeError):
        raise InvalidRadiograph("The compressed picture is damaged or cut off. Export it again.") from None


def _message(frame: bytes, header: Header, layout: Layout, syntax: str) -> bytes:
    options = {
        "syntax": syntax,
        "rows": layout.rows,
        "columns": layout.columns,
        "bits_allocated": layout.allocated,
        "bits_stored": layout.stored,
        "pixel_representation": int(layout.signed),
        "samples_per_pixel": layout.channels,
        "planar_configuration": 0,  # by pixel, as the codecs return it
        "photometric_interpretation": header.text(PHOTOMETRIC) or "MONOCHROME2",
    }
    return json.dumps(options).encode() + b"\n" + frame
