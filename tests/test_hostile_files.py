"""Hundreds of damaged and malicious files: each is a `Radiograph`, or one clear sentence, soon."""

from __future__ import annotations

import struct
import time
import zlib
from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image

from tests.pictures import flat_png, grey_tiff, png_chunk, saved, smooth, tiff
from xray_model.decoding import MAX_PIXELS
from xray_model.errors import InvalidRadiograph
from xray_model.radiograph import Radiograph

SMOOTH = smooth(120, 100)
SEED = 20260101
SECONDS = 2.0  # of processor time for one file; the usual is a millisecond
GREATEST, NEGATIVE = b"\xff\xff\xff\xff", b"\0\0\0\x80"


def originals() -> dict[str, bytes]:
    """Sound files of every kind that is read."""
    colour = np.dstack([SMOOTH, SMOOTH[::-1], SMOOTH[:, ::-1]])
    return {
        "png": saved(SMOOTH),
        "png16": saved(SMOOTH.astype(np.uint16) * 257),
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
        "tiff16": grey_tiff(SMOOTH.astype(np.uint16) * 16, order=">"),
        "tiff-lzw": saved(SMOOTH, "TIFF", compression="tiff_lzw"),
        "tiff-deflate": saved(colour, "TIFF", compression="tiff_adobe_deflate"),
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


def flipped(data: bytes, rng: np.random.Generator, within: int) -> bytes:
    """Eight bits turned over, among the first `within` bytes."""
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
        yield f"{name}-alone", head
        yield f"{name}-noise", head + noise
        yield f"{name}-zeros", head + bytes(4000)
        yield f"{name}-other", head + saved(SMOOTH, "BMP")


def built() -> Iterator[tuple[str, bytes]]:
    """Files made to hurt."""
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
    page = bytearray(grey_tiff(SMOOTH))
    page[-4:] = page[4:8]
    yield "tiff-next-page-is-itself", bytes(page)


CORPUS = dict(corpus())


def test_corpus_is_large_and_the_same_each_time():
    assert len(CORPUS) >= 600
    assert dict(corpus()) == CORPUS


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
def test_originals_are_sound():
    for data in originals().values():
        assert Radiograph.from_bytes(data).pixels.shape == SMOOTH.shape


@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("name", CORPUS)
def test_hostile_file(name):
    started = time.process_time()
    try:
        radiograph = Radiograph.from_bytes(CORPUS[name])
    except InvalidRadiograph as error:
        said = str(error)
        assert said.endswith(".")
        assert 25 < len(said) < 200
        assert not any(sign in said for sign in ("Traceback", "/", "Error", "0x", "\n"))
    else:
        assert radiograph.pixels.dtype == np.uint8
        assert 64 * 64 <= radiograph.pixels.size <= MAX_PIXELS
        assert radiograph.pixels.min() < radiograph.pixels.max()
    assert time.process_time() - started < SECONDS


@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize(
    "name", [name for name in CORPUS if name.endswith(("cut-0.001", "cut-0.3", "cut-0.5", "alone"))]
)
def test_half_a_file_is_never_a_radiograph(name):
    with pytest.raises(InvalidRadiograph):
        Radiograph.from_bytes(CORPUS[name])
