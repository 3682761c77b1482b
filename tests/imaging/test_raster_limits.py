"""Files that are not radiographs, or would cost too much, are refused quickly and with a reason."""

from __future__ import annotations

import functools
import json
import subprocess
import sys
import time

import numpy as np
import pytest
from PIL import Image

from tests.support.pictures import flat_png, grey_tiff, saved, smooth, tiff
from tests.support.reading import SMOOTH, near, read, refusal
from tests.support.server import ROOT
from xray_model.imaging.radiograph import MAX_BYTES

HUGE_TILE = {256: (4, 80), 257: (4, 80), 258: (3, 8), 259: (3, 8), 262: (3, 1), 277: (3, 1)}
HUGE_TILE |= {322: (4, 40000), 323: (4, 40000), 324: (4, 8), 325: (4, 100)}


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", "not an image of a supported kind"),
        (b"<html>", "not an image of a supported kind"),
        (b"\0" * 999, "not an image of a supported kind"),
        (b"", "0 bytes"),
        *((saved(np.full((80, 80), level, np.uint8)), "blank") for level in (0, 128, 255)),
        (saved(np.zeros((80, 80), np.uint16)), "blank"),
        (saved(smooth(2, 2)[:1, :1]), "at least 64 a side"),
        (saved(smooth(63, 300)), "at least 64 a side"),
        (saved(smooth(300, 63)), "at least 64 a side"),
        (flat_png(7000, 6000), "7,000 x 6,000 pixels; at most 40,000,000"),
        (tiff(HUGE_TILE, bytes(100)), "tiles of 1,600,000,000 pixels"),
        (saved(Image.fromarray(SMOOTH).convert("1"), "TIFF", compression="group3"), "'group3' is not supported"),
    ],
)
def test_refusals(data, words):
    assert words in refusal(data)


def test_too_many_bytes_are_refused_before_they_are_decoded():
    assert "larger than 64 MB" in refusal(bytes(MAX_BYTES + 1))


def test_tiff_with_an_endless_chain_of_pages_is_refused_at_once():
    data = bytearray(grey_tiff(SMOOTH))
    first = len(data)
    data[-4:] = first.to_bytes(4, "little")
    for number in range(200_000):
        data += b"\0\0" + (first + 6 * (number + 1)).to_bytes(4, "little")
    started = time.process_time()
    assert refusal(bytes(data)).endswith(".")
    assert time.process_time() - started < 2


def test_jpeg_with_thousands_of_scans_is_refused():
    data = saved(SMOOTH, "JPEG", progressive=True)
    start = data.rindex(b"\xff\xda")
    assert "more than 100 scans" in refusal(data[:start] + data[start:-2] * 5000 + data[-2:])
    assert near(read(data).pixels, levels=12)


BOMBS = """
import json, resource, sys, time
from xray_model.imaging.radiograph import Radiograph
from xray_model.errors import InvalidRadiograph
def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
def measured(path):
    before, started = peak(), time.process_time()
    try:
        Radiograph.from_file(path); said = ""
    except InvalidRadiograph as error:
        said = str(error)
    return said, peak() - before, time.process_time() - started
harmless, *bombs = sys.argv[1:]
measured(harmless)
print(json.dumps([measured(path) for path in bombs]))
"""


def large_webp(side: int) -> bytes:
    """An animated WebP whose header declares a (side, side) canvas; its decoder would allocate that twice."""
    data = bytearray(saved(SMOOTH, "WEBP", save_all=True, append_images=[Image.fromarray(255 - SMOOTH)]))
    start = data.index(b"VP8X") + 12
    data[start : start + 6] = (side - 1).to_bytes(3, "little") * 2
    return bytes(data)


@functools.cache
def bombs() -> dict[str, bytes]:
    """Small files whose decoding would take gigabytes."""
    bmp = bytearray(saved(SMOOTH, "BMP"))
    bmp[18:26] = (20000).to_bytes(4, "little") * 2
    tags = {256: (4, 20000), 257: (4, 20000), 258: (3, 16), 259: (3, 8), 262: (3, 1), 277: (3, 1), 278: (4, 20000)}
    jpeg = bytearray(saved(SMOOTH, "JPEG"))
    frame = jpeg.index(b"\xff\xc0")
    jpeg[frame + 5 : frame + 9] = (20000).to_bytes(2, "big") * 2
    return {
        "png": flat_png(20000, 20000),
        "bmp": bytes(bmp),
        "tiff": tiff(tags, bytes(100)),
        "jpeg": bytes(jpeg),
        "webp": large_webp(12000),
    }


@pytest.fixture(scope="module")
def cost(tmp_path_factory) -> dict[str, tuple[str, float, float]]:
    """Kind of bomb -> (the refusal, megabytes, seconds), one after the other in a separate process."""
    folder = tmp_path_factory.mktemp("bombs")
    files = {"harmless": saved(SMOOTH)} | bombs()
    for name, data in files.items():
        (folder / name).write_bytes(data)
    command = [sys.executable, "-c", BOMBS, *(folder / name for name in files)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return dict(zip(bombs(), json.loads(done.stdout), strict=True))


@pytest.mark.parametrize("kind", ["png", "bmp", "tiff", "jpeg", "webp"])
def test_bomb_costs_neither_memory_nor_time(kind, cost):
    """20,000 x 20,000 pixels (WebP: 12,000) from a few hundred KB."""
    said, megabytes, seconds = cost[kind]
    assert len(bombs()[kind]) < 700_000
    assert "pixels; at most 40,000,000 are read" in said
    assert megabytes < 50
    assert seconds < 2
