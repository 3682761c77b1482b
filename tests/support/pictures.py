"""Image files in memory: one smooth picture, saved in many ways."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from typing import Any

import numpy as np
from PIL import Image


def smooth(height: int = 96, width: int = 80) -> np.ndarray:
    """uint8 (height, width), 20 to 235, brighter to the right and to the bottom, hence without any symmetry."""
    rows, columns = np.mgrid[0:height, 0:width]
    return np.rint(20 + 140 * rows / (height - 1) + 75 * columns / (width - 1)).astype(np.uint8)


def saved(picture: np.ndarray | Image.Image, file_format: str = "PNG", **options: Any) -> bytes:
    """The bytes of an image file."""
    image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    out = io.BytesIO()
    image.save(out, file_format, **options)
    return out.getvalue()


def png_chunk(kind: bytes, body: bytes) -> bytes:
    """One PNG chunk with its length and checksum."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def packed_zeros(count: int) -> bytes:
    """What zlib makes of so many zero bytes, from one piece repeated: packing all of them takes seconds."""
    piece = 1 << 20
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    repeated = packer.compress(bytes(piece)) + packer.flush(zlib.Z_FULL_FLUSH)
    rest = packer.compress(bytes(count % piece)) + packer.flush()
    checksum = (count % 65521) << 16 | 1  # Adler-32 of zeros
    return b"\x78\xda" + repeated * (count // piece) + rest + struct.pack(">I", checksum)


def flat_png(width: int, height: int, kind: int = 0) -> bytes:
    """A valid PNG of zeros: 20,000 x 20,000 pixels of 8 bits take some hundred KB."""
    channels = {0: 1, 2: 3, 6: 4}[kind]
    body = packed_zeros((1 + width * channels) * height)
    header = struct.pack(">IIBBBBB", width, height, 8, kind, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + png_chunk(b"IDAT", body) + png_chunk(b"IEND", b"")


def tiff(tags: dict[int, tuple[int, int]], strip: bytes, order: str = "<") -> bytes:
    """A one-page TIFF by hand. tags: number -> (type, value); 3 is a short, 4 a long. The strip lies at byte 8."""
    tags = {273: (4, 8), 279: (4, len(strip)), **tags}
    start = 8 + len(strip) + len(strip) % 2
    mark = b"II*\0" if order == "<" else b"MM\0*"
    head = mark + struct.pack(order + "I", start) + strip + b"\0" * (len(strip) % 2)
    entries = b""
    for number, (kind, value) in sorted(tags.items()):
        packed = struct.pack(order + "HH", value, 0) if kind == 3 else struct.pack(order + "I", value)
        entries += struct.pack(order + "HHI", number, kind, 1) + packed
    return head + struct.pack(order + "H", len(tags)) + entries + struct.pack(order + "I", 0)


def grey_tiff(levels: np.ndarray, photometric: int = 1, order: str = "<", **extra: tuple[int, int]) -> bytes:
    """An uncompressed grey TIFF of uint8, uint16 or float32 (height, width); photometric 0 means white is zero."""
    height, width = levels.shape
    kind = 3 if levels.dtype.kind == "f" else 1
    tags = {
        256: (4, width), 257: (4, height), 258: (3, levels.dtype.itemsize * 8), 259: (3, 1), 262: (3, photometric),
        277: (3, 1), 278: (4, height), 339: (3, kind),
    }  # fmt: skip
    return tiff(
        tags | {int(number[1:]): value for number, value in extra.items()},
        levels.astype(levels.dtype.newbyteorder(order)).tobytes(),
        order,
    )


def packed(*files: tuple[str | zipfile.ZipInfo, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A ZIP archive of (name, data), the same each time."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in files:
            if isinstance(name, str):
                archive.writestr(zipfile.ZipInfo(name), data, method)
            else:
                archive.writestr(name, data)
    return out.getvalue()
