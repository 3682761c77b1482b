"""Files that people upload: good radiographs, and files that cause trouble."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

from PIL import Image

from xray_model import draw_phantom

HUGE_SIDE = 20_000  # pixels: 400 MB of grey levels in a file of 0.4 MB


def phantom_png(path: Path, seed: int, finding: str | None = None, size: int = 320) -> Path:
    """A phantom saved as an 8-bit grey PNG."""
    Image.fromarray(draw_phantom(seed, finding, size).pixels).save(path)
    return path


def huge_png(path: Path) -> Path:
    """A valid all-black PNG of HUGE_SIDE x HUGE_SIDE pixels, written row by row."""
    packer = zlib.compressobj(6)
    rows = b"".join(packer.compress(bytes(1 + HUGE_SIDE)) for _ in range(HUGE_SIDE)) + packer.flush()
    header = struct.pack(">IIBBBBB", HUGE_SIDE, HUGE_SIDE, 8, 0, 0, 0, 0)
    chunks = (_chunk(b"IHDR", header), _chunk(b"IDAT", rows), _chunk(b"IEND", b""))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(chunks))
    return path


def unreadable_files(folder: Path, good: Path) -> dict[Path, str]:
    """File -> what the page must say about it."""
    corrupt, empty, black, animated = (folder / f"{name}.png" for name in ("corrupt", "empty", "black", "animated"))
    corrupt.write_bytes(good.read_bytes()[:2000])
    empty.write_bytes(b"")
    Image.new("L", (400, 400)).save(black)
    frame = Image.open(good)
    frame.save(animated, save_all=True, append_images=[frame.rotate(90)])
    return {
        corrupt: "damaged or cut off",
        empty: "The file is empty",
        black: "the image is blank",
        animated: "several pictures",
        huge_png(folder / "huge.png"): "too many pixels",
    }


def odd_but_readable_files(folder: Path, good: Path) -> list[Path]:
    """The same picture in forms that are rare for radiographs but accepted."""
    picture = Image.open(good)
    cmyk, palette = folder / "cmyk.jpg", folder / "palette.png"
    picture.convert("CMYK").save(cmyk, quality=95)
    picture.quantize(256).save(palette)
    return [cmyk, palette]


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
