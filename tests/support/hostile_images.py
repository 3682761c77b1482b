"""A hostile corpus: hundreds of damaged and malicious image files and archives, the same each time."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

import cv2
import numpy as np
from PIL import Image

from tests.support.pictures import flat_png, grey_tiff, packed, png_chunk, saved, smooth, tiff

SMOOTH = smooth(120, 100)
SEED = 20260101
GREATEST = b"\xff\xff\xff\xff"
LEADING_OUT = ("../../a.png", "/etc/a.png", "a/../../b.png", "C:\\a.png", "..\\a.png", "\\\\host\\a.png")
NAMES = ("Röntgen", "胸部X線", "صدر", "छाती", "грудь", "🫁", "a\u202egnp", "a\nb", "\x1b[31m", " ", "x" * 60_000)


def originals() -> dict[str, bytes]:
    """Sound files of every supported kind."""
    colour = np.dstack([SMOOTH, SMOOTH[::-1], SMOOTH[:, ::-1]])
    return {
        "png": saved(SMOOTH),
        "png16": saved(SMOOTH.astype(np.uint16) * 257),
        "png16-colour": cv2.imencode(".png", colour.astype(np.uint16) * 16)[1].tobytes(),
        "png16-alpha": cv2.imencode(".png", np.dstack([colour, SMOOTH]).astype(np.uint16) * 200)[1].tobytes(),
        "tiff16-colour": cv2.imencode(".tiff", colour.astype(np.uint16) * 16)[1].tobytes(),
        "png-palette": saved(Image.fromarray(colour).quantize(64)),
        "png-alpha": saved(Image.fromarray(colour).convert("RGBA")),
        "jpeg": saved(SMOOTH, "JPEG", exif=b"Exif\0\0II*\0\x08\0\0\0\0\0", icc_profile=bytes(300)),
        "jpeg-progressive": saved(colour, "JPEG", progressive=True),
        "jpeg-cmyk": saved(Image.fromarray(colour).convert("CMYK"), "JPEG"),
        "webp": saved(colour, "WEBP"),
        "webp-lossless": saved(colour, "WEBP", lossless=True, exif=b"Exif\0\0MM\0*\0\0\0\x08\0\0"),
        "bmp": saved(colour, "BMP"),
        "bmp-palette": saved(SMOOTH, "BMP"),
        "tiff": grey_tiff(SMOOTH),
        "tiff16-little": grey_tiff(SMOOTH.astype(np.uint16) * 16, order="<"),
        "tiff16-big": grey_tiff(SMOOTH.astype(np.uint16) * 16, order=">"),
        "tiff-float": grey_tiff(SMOOTH.astype(np.float32)),
        "1bit": saved(Image.fromarray(SMOOTH).convert("1")),
        "tiff-lzw": saved(SMOOTH, "TIFF", compression="tiff_lzw"),
        "tiff-deflate": saved(colour, "TIFF", compression="tiff_adobe_deflate"),
        "tiff-cmyk": saved(Image.fromarray(colour).convert("CMYK"), "TIFF"),
        "tiff-jpeg": saved(colour, "TIFF", compression="jpeg"),
    }


def corpus() -> Iterator[tuple[str, bytes]]:
    """(name, bytes) of every case, the same each time."""
    rng = np.random.default_rng(SEED)
    for name, data in originals().items():
        for share in (0.001, 0.01, 0.1, 0.3, 0.5, 0.8, 0.95, 0.999):
            yield f"{name}-cut-{share}", data[: max(1, int(len(data) * share))]
        for number in range(12):
            yield f"{name}-flip-{number}", flipped(data, rng, within=len(data))
        for number in range(8):
            yield f"{name}-head-{number}", flipped(data, rng, within=min(len(data), 200))
        for offset in (0, 4, 8, 12, 16, 20, 24, 28):
            yield f"{name}-greatest-{offset}", data[:offset] + GREATEST + data[offset + 4 :]
            yield f"{name}-zero-{offset}", data[:offset] + bytes(4) + data[offset + 4 :]
        yield f"{name}-tail", data + b"tail" * 5000
        yield f"{name}-twice", data + data
    yield from crossed(rng)
    yield from built()
    yield from odd()
    yield from flat()
    yield from archives()


def flipped(data: bytes, rng: np.random.Generator, within: int) -> bytes:
    """Flip eight bits among the first `within` bytes."""
    out = bytearray(data)
    for place in rng.integers(0, within, 8):
        out[place] ^= 1 << int(rng.integers(8))
    return bytes(out)


def crossed(rng: np.random.Generator) -> Iterator[tuple[str, bytes]]:
    """One format's first bytes on another's body, and on noise."""
    heads = {"png": b"\x89PNG\r\n\x1a\n", "jpeg": b"\xff\xd8\xff\xe0", "bmp": b"BM", "tiff": b"II*\0", "big": b"II+\0"}
    heads["webp"] = b"RIFF\xff\xff\xff\x7fWEBPVP8L"
    noise = rng.integers(0, 256, 4000, dtype=np.uint8).tobytes()
    for name, head in heads.items():
        yield f"magic-{name}-alone", head
        yield f"magic-{name}-noise", head + noise
        yield f"magic-{name}-zeros", head + bytes(4000)
        yield f"magic-{name}-other", head + saved(SMOOTH, "BMP")


def built() -> Iterator[tuple[str, bytes]]:
    """Files built to attack a decoder."""
    signature = b"\x89PNG\r\n\x1a\n"
    end = png_chunk(b"IEND", b"")
    for width, height in ((0, 0), (0, 100), (100, 2**31 - 1), (2**31 - 1, 2**31 - 1), (30000, 30000), (6000, 6000)):
        header = png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
        yield f"png-declares-{width}x{height}", signature + header + png_chunk(b"IDAT", zlib.compress(b"")) + end
    header = png_chunk(b"IHDR", struct.pack(">IIBBBBB", 100, 100, 8, 0, 0, 0, 0))
    swollen = zlib.compress(bytes(30_000_000))
    body = png_chunk(b"IDAT", zlib.compress(bytes(101 * 100))) + end
    yield "png-text-bomb", signature + header + png_chunk(b"zTXt", b"note\0\0" + swollen) + body
    yield "png-profile-bomb", signature + header + png_chunk(b"iCCP", b"note\0\0" + swollen) + body
    yield "png-data-bomb", signature + header + png_chunk(b"IDAT", swollen) + end
    yield "png-many-chunks", signature + header + png_chunk(b"tEXt", b"a\0b") * 20000 + body
    yield "png-blank-6000", flat_png(6000, 6000)
    plain = {256: (4, 100), 257: (4, 100), 258: (3, 8), 259: (3, 1), 262: (3, 1), 277: (3, 1), 278: (4, 100)}
    for tag, kind, value in (
        (256, 4, 0), (257, 4, 2**32 - 1), (256, 4, 6000), (258, 3, 65535), (258, 3, 64), (259, 3, 5), (259, 3, 7),
        (259, 3, 8), (259, 3, 34712), (262, 3, 999), (273, 4, 2**32 - 1), (277, 3, 65535), (278, 4, 2**32 - 1),
        (278, 4, 0), (279, 4, 2**32 - 1), (284, 3, 2), (317, 3, 2), (339, 3, 9), (322, 4, 2**32 - 1),
    ):  # fmt: skip
        yield f"tiff-tag-{tag}-{value}", tiff(plain | {tag: (kind, value)}, bytes(range(100)) * 100)


def odd() -> Iterator[tuple[str, bytes]]:
    """Files with several pictures, with invalid levels, or with garbage metadata."""
    other = Image.fromarray(255 - SMOOTH)
    for file_format in ("PNG", "WEBP", "GIF"):
        yield f"animated-{file_format}", saved(SMOOTH, file_format, save_all=True, append_images=[other], duration=9)
    yield "pages-tiff", saved(SMOOTH, "TIFF", save_all=True, append_images=[other])
    page = bytearray(grey_tiff(SMOOTH))
    page[-4:] = page[4:8]
    yield "pages-that-are-one-for-ever", bytes(page)
    for level in (np.nan, np.inf, -np.inf, -1.0, 1e30):
        levels = SMOOTH.astype(np.float32)
        levels[5, 5] = level
        yield f"nan-or-so-{level}", grey_tiff(levels)
    yield "nan-everywhere", grey_tiff(np.full(SMOOTH.shape, np.nan, np.float32))
    garbage = np.random.default_rng(SEED).bytes(3000)
    for file_format in ("PNG", "JPEG", "WEBP", "TIFF"):
        yield f"icc-garbage-{file_format}", saved(SMOOTH, file_format, icc_profile=garbage)
        if file_format != "TIFF":  # there EXIF is the file's own table
            for head in (b"", b"II*\0\xff\xff\xff\xff", b"MM\0*\0\0\0\x08\xff\xff"):
                yield f"exif-garbage-{file_format}-{head[:2].hex()}", saved(SMOOTH, file_format, exif=head + garbage)


def flat() -> Iterator[tuple[str, bytes]]:
    """Blank pictures and empty files."""
    for file_format in ("PNG", "JPEG", "WEBP", "BMP", "TIFF"):
        for name, level in (("black", 0), ("white", 255)):
            yield f"{name}-{file_format}", saved(np.full_like(SMOOTH, level), file_format)
    for name, level in (("black", 0), ("white", 2**16 - 1)):
        yield f"{name}-png16", saved(np.full(SMOOTH.shape, level, np.uint16))
        yield f"{name}-float", grey_tiff(np.full(SMOOTH.shape, level, np.float32))
    yield "empty", b""
    for size in (1, 2, 3, 4, 132):
        yield f"empty-but-for-{size}", bytes(size)


def archives() -> Iterator[tuple[str, bytes]]:
    """ZIP archives with paths that lead out, odd names, archives inside, and a bomb."""
    film = saved(SMOOTH)
    for path in LEADING_OUT:
        yield f"slip-{path}", packed((path, film))
    inner = packed(("film.png", film))
    for depth in range(1, 6):
        inner = packed(("inner.zip", inner), (f"{depth}.png", inner))
        yield f"nested-{depth}", inner
    for path in NAMES:
        yield f"name-{path[:20]!r}", packed((f"{path}.png", film))
    yield "zip-bomb", packed(("bomb", bytes(30 * 2**20)))
    yield "zip-of-nothing", packed()
    sound = packed(("ward/a.png", film), ("b.png", film))
    rng = np.random.default_rng(SEED)
    for share in (0.01, 0.3, 0.6, 0.9, 0.99):
        yield f"zip-cut-{share}", sound[: int(len(sound) * share)]
    for number in range(20):
        yield f"zip-flip-{number}", flipped(sound, rng, within=len(sound))
