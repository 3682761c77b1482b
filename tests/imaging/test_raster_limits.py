"""What is no radiograph, or would cost too much, is refused in a sentence, soon."""

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


@pytest.mark.parametrize(
    "text", [b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", b"<html>", b"\0" * 999]
)
def test_what_is_no_image_is_refused(text):
    assert "not an image that can be read here" in refusal(text)


def test_empty_file_is_refused():
    assert "0 bytes" in refusal(b"")


def test_too_many_bytes_are_refused_before_they_are_read():
    assert "more than 64 MB" in refusal(bytes(MAX_BYTES + 1))


@pytest.mark.parametrize("level", [0, 128, 255])
def test_blank_image_is_refused(level):
    assert "blank" in refusal(saved(np.full((80, 80), level, np.uint8)))


def test_blank_deep_image_is_refused():
    assert "blank" in refusal(saved(np.zeros((80, 80), np.uint16)))


@pytest.mark.parametrize("shape", [(1, 1), (63, 300), (300, 63)])
def test_tiny_image_is_refused(shape):
    assert "at least 64 a side" in refusal(saved(smooth(*(max(2, side) for side in shape))[: shape[0], : shape[1]]))


def test_too_many_pixels_are_refused():
    assert "7,000 x 6,000 pixels; at most 40,000,000" in refusal(flat_png(7000, 6000))


def test_tiff_tile_larger_than_any_picture_is_refused():
    tags = {
        256: (4, 80),
        257: (4, 80),
        258: (3, 8),
        259: (3, 8),
        262: (3, 1),
        277: (3, 1),
        322: (4, 40000),
        323: (4, 40000),
    }
    tags |= {324: (4, 8), 325: (4, 100)}
    assert "tiles of 1,600,000,000 pixels" in refusal(tiff(tags, bytes(100)))


def test_tiff_compression_outside_the_list_is_refused():
    data = saved(Image.fromarray(SMOOTH).convert("1"), "TIFF", compression="group3")
    assert "'group3' is not read here" in refusal(data)


def test_tiff_with_a_chain_of_a_million_pages_is_refused_at_once():
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
    """A few bytes that ask for gigabytes."""
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
    """Kind of bomb -> (what was said, megabytes, seconds), one after the other in a process of their own."""
    folder = tmp_path_factory.mktemp("bombs")
    files = {"harmless": saved(SMOOTH)} | bombs()
    for name, data in files.items():
        (folder / name).write_bytes(data)
    command = [sys.executable, "-c", BOMBS, *(folder / name for name in files)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return dict(zip(bombs(), json.loads(done.stdout), strict=True))


@pytest.mark.parametrize("kind", bombs())
def test_bomb_costs_neither_memory_nor_time(kind, cost):
    """20,000 x 20,000 pixels (WebP: 12,000) from a few hundred KB."""
    said, megabytes, seconds = cost[kind]
    assert len(bombs()[kind]) < 700_000
    assert "pixels; at most 40,000,000 are read" in said
    assert megabytes < 50
    assert seconds < 2
