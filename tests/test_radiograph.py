"""The door: every kind of file that a radiograph comes in, and a clear sentence for what is none."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time

import numpy as np
import pytest
from PIL import Image, ImageCms, ImageOps

from tests.pictures import flat_png, grey_tiff, saved, smooth, tiff
from xray_model.decoding import UPRIGHT
from xray_model.errors import InvalidRadiograph
from xray_model.phantoms import draw_phantom
from xray_model.radiograph import MAX_BYTES, Radiograph, resize_grey

SMOOTH = smooth()
# What makes `SMOOTH` look as a camera with this orientation tag would have stored it.
STORED_AS = {
    1: lambda image: image,
    2: ImageOps.mirror,
    3: lambda image: image.rotate(180),
    4: ImageOps.flip,
    5: lambda image: image.transpose(Image.Transpose.TRANSPOSE),
    6: lambda image: image.rotate(90, expand=True),
    7: lambda image: image.transpose(Image.Transpose.TRANSVERSE),
    8: lambda image: image.rotate(-90, expand=True),
}


def read(data: bytes) -> Radiograph:
    return Radiograph.from_bytes(data)


def refusal(data: bytes) -> str:
    with pytest.raises(InvalidRadiograph) as caught:
        read(data)
    return str(caught.value)


def near(pixels: np.ndarray, expected: np.ndarray = SMOOTH, levels: float = 1.5) -> bool:
    return pixels.shape == expected.shape and float(np.abs(pixels.astype(float) - expected).max()) <= levels


@pytest.mark.parametrize("file_format", ["PNG", "BMP", "TIFF"])
def test_eight_bits_come_back_untouched(file_format):
    radiograph = read(saved(SMOOTH, file_format))
    assert np.array_equal(radiograph.pixels, SMOOTH)
    assert radiograph.source.format == file_format
    assert (radiograph.source.width, radiograph.source.height, radiograph.source.bit_depth) == (80, 96, 8)
    assert radiograph.source.notes == ()


@pytest.mark.parametrize("file_format", ["JPEG", "WEBP"])
@pytest.mark.parametrize("colours", ["L", "RGB"])
def test_lossy_formats_come_back_nearly(file_format, colours):
    radiograph = read(saved(Image.fromarray(SMOOTH).convert(colours), file_format, quality=95))
    assert near(radiograph.pixels, levels=6)
    assert radiograph.source.notes == ()  # grey in three channels is no colour


@pytest.mark.parametrize("compression", ["raw", "packbits", "tiff_lzw", "tiff_adobe_deflate", "jpeg"])
def test_tiff_compressions_of_radiographs_are_read(compression):
    assert near(read(saved(SMOOTH, "TIFF", compression=compression)).pixels, levels=6)


@pytest.mark.parametrize("bits", [10, 12, 14, 16])
@pytest.mark.parametrize("order", ["<", ">"])
def test_deep_tiff_fills_its_own_scale_in_both_byte_orders(bits, order):
    deep = np.rint(SMOOTH / 255 * (2**bits - 1)).astype(np.uint16)
    radiograph = read(grey_tiff(deep, order=order))
    assert near(radiograph.pixels)
    assert radiograph.source.bit_depth == bits


def test_sixteen_bit_png_is_not_clipped_to_white():
    radiograph = read(saved(SMOOTH.astype(np.uint16) * 257))
    assert np.array_equal(radiograph.pixels, SMOOTH)
    assert radiograph.source.bit_depth == 16


@pytest.mark.parametrize("levels", [SMOOTH, SMOOTH.astype(np.uint16) * 16], ids=["8 bits", "12 bits"])
def test_film_stored_with_white_as_zero_is_turned_round(levels):
    full_scale = 255 if levels.dtype == np.uint8 else 4095
    stored = (full_scale - levels.astype(int)).astype(levels.dtype)
    assert near(read(grey_tiff(stored, photometric=0)).pixels)


def test_float_tiff_of_ordinary_levels_is_read_and_of_shares_is_refused():
    assert near(read(grey_tiff(SMOOTH.astype(np.float32))).pixels)
    assert "within 0-1" in refusal(grey_tiff(SMOOTH.astype(np.float32) / 255))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -3.0, 70000.0])
def test_levels_that_are_no_levels_are_refused(bad):
    levels = SMOOTH.astype(np.float32)
    levels[5, 5] = bad
    assert "numbers from 0 to 65535" in refusal(grey_tiff(levels))


def test_palette_is_resolved():
    image = Image.fromarray(SMOOTH).convert("P")  # a grey palette
    assert np.array_equal(read(saved(image)).pixels, SMOOTH)
    shuffled = np.random.default_rng(0).permutation(256).astype(np.uint8)
    image = Image.fromarray(np.argsort(shuffled).astype(np.uint8)[SMOOTH])
    image.putpalette(np.repeat(shuffled, 3).tolist())
    assert np.array_equal(read(saved(image)).pixels, SMOOTH)


@pytest.mark.parametrize("file_format", ["JPEG", "TIFF"])
def test_cmyk_becomes_the_same_grey(file_format):
    image = Image.fromarray(SMOOTH).convert("RGB").convert("CMYK")
    assert near(read(saved(image, file_format)).pixels, levels=6)


@pytest.mark.parametrize("mode", ["LA", "RGBA"])
def test_transparent_parts_become_black(mode):
    alpha = np.full_like(SMOOTH, 255)
    alpha[:20] = 0
    image = Image.fromarray(SMOOTH).convert(mode)
    image.putalpha(Image.fromarray(alpha))
    pixels = read(saved(image)).pixels
    assert not pixels[:20].any()
    assert near(pixels[20:], SMOOTH[20:])


def test_transparent_palette_entry_becomes_black():
    image = Image.fromarray(SMOOTH).convert("P")
    image.info["transparency"] = int(SMOOTH[0, 0])
    pixels = read(saved(image, transparency=int(SMOOTH[0, 0]))).pixels
    assert pixels[0, 0] == 0
    assert pixels[-1, -1] == SMOOTH[-1, -1]


def test_one_bit_is_read_with_a_warning():
    radiograph = read(saved(Image.fromarray(SMOOTH).convert("1")))
    assert set(np.unique(radiograph.pixels)) == {0, 255}
    assert radiograph.source.bit_depth == 1
    assert "grey levels are lost" in radiograph.source.notes[0]


def test_colour_is_named_in_a_note():
    pink = np.dstack([SMOOTH, SMOOTH // 2, SMOOTH // 2])
    assert read(saved(pink)).source.notes == ("Colour was converted to grey.",)


def test_other_colour_spaces_are_refused_by_name():
    assert "colour space LAB" in refusal(saved(Image.new("LAB", (80, 80)), "TIFF"))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize(("file_format", "levels"), [("JPEG", 6), ("PNG", 0), ("WEBP", 6), ("TIFF", 0)])
def test_exif_rotation_is_undone(orientation, file_format, levels):
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = saved(STORED_AS[orientation](Image.fromarray(SMOOTH)), file_format, exif=exif)
    assert near(read(data).pixels, levels=levels)


def test_exif_rotation_is_named_in_a_note():
    exif = Image.Exif()
    exif[0x0112] = 6
    radiograph = read(saved(STORED_AS[6](Image.fromarray(SMOOTH)), "JPEG", exif=exif))
    assert "turned upright" in radiograph.source.notes[0]
    assert sorted(UPRIGHT) == list(range(2, 9))


def test_lzw_tiff_is_turned_once_not_twice():
    exif = Image.Exif()
    exif[0x0112] = 6
    image = STORED_AS[6](Image.fromarray(SMOOTH))
    assert np.array_equal(read(saved(image, "TIFF", exif=exif, compression="tiff_lzw")).pixels, SMOOTH)


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
@pytest.mark.parametrize(
    "exif", [b"Exif\0\0garbage", b"Exif\0\0II*\0\xff\xff\xff\xff", b"Exif\0\0MM\0*\0\0\0\x08\xff\xff"]
)
def test_damaged_metadata_does_not_cost_the_radiograph(exif):
    assert near(read(saved(SMOOTH, "JPEG", quality=95, exif=exif)).pixels, levels=6)


@pytest.mark.parametrize("profile", [b"no profile at all", None])
def test_colour_profiles_are_ignored(profile):
    profile = profile or ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for file_format in ("PNG", "TIFF"):
        assert np.array_equal(read(saved(SMOOTH, file_format, icc_profile=profile)).pixels, SMOOTH)


@pytest.mark.parametrize("file_format", ["PNG", "WEBP", "TIFF"])
def test_animations_and_pages_are_refused(file_format):
    other = Image.fromarray(255 - SMOOTH)
    data = saved(
        SMOOTH, file_format, save_all=True, append_images=[other], **({} if file_format == "TIFF" else {"duration": 9})
    )
    assert "several pictures" in refusal(data)


def test_photograph_with_a_second_picture_behind_it_is_read():
    data = saved(SMOOTH, "MPO", save_all=True, append_images=[Image.fromarray(255 - SMOOTH)], quality=95)
    radiograph = read(data)
    assert near(radiograph.pixels, levels=6)
    assert radiograph.source.format == "JPEG"


def test_animated_gif_and_other_formats_are_refused():
    frames = {"save_all": True, "append_images": [Image.fromarray(255 - SMOOTH)]}
    for data in (saved(SMOOTH, "GIF", **frames), saved(SMOOTH, "PPM"), saved(Image.fromarray(SMOOTH), "ICO")):
        assert "Expected a PNG, JPEG, WebP, BMP or TIFF file" in refusal(data)


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
    started = time.perf_counter()
    assert refusal(bytes(data)).endswith(".")
    assert time.perf_counter() - started < 2


def test_jpeg_with_thousands_of_scans_is_refused():
    data = saved(SMOOTH, "JPEG", progressive=True)
    start = data.rindex(b"\xff\xda")
    assert "more than 100 scans" in refusal(data[:start] + data[start:-2] * 5000 + data[-2:])
    assert near(read(data).pixels, levels=12)


BOMB = """
import json, resource, sys, time
from xray_model.radiograph import Radiograph
from xray_model.errors import InvalidRadiograph
def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
Radiograph.from_bytes(open(sys.argv[2], "rb").read())
before, started = peak(), time.perf_counter()
try:
    Radiograph.from_file(sys.argv[1]); said = ""
except InvalidRadiograph as error:
    said = str(error)
print(json.dumps([said, peak() - before, time.perf_counter() - started]))
"""


def large_webp(side: int) -> bytes:
    """An animated WebP whose header declares a (side, side) canvas; its decoder would allocate that twice."""
    data = bytearray(saved(SMOOTH, "WEBP", save_all=True, append_images=[Image.fromarray(255 - SMOOTH)]))
    start = data.index(b"VP8X") + 12
    data[start : start + 6] = (side - 1).to_bytes(3, "little") * 2
    return bytes(data)


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


@pytest.mark.parametrize("kind", ["png", "bmp", "tiff", "jpeg", "webp"])
def test_bomb_costs_neither_memory_nor_time(kind, tmp_path):
    """20,000 x 20,000 pixels (WebP: 12,000) from a few hundred KB, measured in a process of its own."""
    bomb, harmless = tmp_path / "bomb", tmp_path / "harmless"
    bomb.write_bytes(bombs()[kind])
    harmless.write_bytes(saved(SMOOTH))
    assert bomb.stat().st_size < 700_000
    done = subprocess.run([sys.executable, "-c", BOMB, bomb, harmless], capture_output=True, text=True, check=True)
    said, megabytes, seconds = json.loads(done.stdout)
    assert "pixels; at most 40,000,000 are read" in said
    assert megabytes < 50
    assert seconds < 2


def test_one_radiograph_at_four_sizes_is_one_input():
    """Saved at 224, 512, 1024 and 2048 pixels: the model sees the same picture within one grey level on average."""
    film = Image.fromarray(draw_phantom(3, size=2048).pixels)
    inputs = []
    for side in (224, 512, 1024, 2048):
        data = saved(film.resize((side, side), Image.Resampling.LANCZOS))
        inputs.append(read(data).grey(224))
    for grey in inputs:
        assert grey.shape == (224, 224)
        assert grey.dtype == np.float32
        assert float(np.abs(grey - inputs[-1]).mean()) < 1.0


def test_grey_squeezes_to_a_square_and_keeps_what_fits():
    radiograph = Radiograph.from_array(smooth(300, 200))
    grey = radiograph.grey(64)
    assert grey[0, 0] < grey[0, -1] < grey[-1, -1]
    assert np.array_equal(Radiograph.from_array(smooth(64, 64)).grey(64), smooth(64, 64))
    assert resize_grey(SMOOTH, 64).dtype == np.uint8


def test_resizing_antialiases():
    """Lines one pixel wide average out; a resize that samples would leave stripes."""
    stripes = np.zeros((512, 512), np.uint8)
    stripes[:, ::2] = 200
    inner = Radiograph.from_array(stripes).grey(64)[:, 2:-2]
    assert np.abs(inner - 100).max() <= 2


def test_array_is_copied_and_the_pixels_are_read_only():
    array = smooth()
    radiograph = Radiograph.from_array(array)
    array[:] = 0
    assert np.array_equal(radiograph.pixels, SMOOTH)
    with pytest.raises(ValueError, match="read-only"):
        radiograph.pixels[0, 0] = 1


@pytest.mark.parametrize(
    ("array", "bits", "part"),
    [
        (SMOOTH.astype(np.uint16) * 16, 12, None),
        (SMOOTH / 1.0, 8, None),
        (SMOOTH > 99, 1, None),
        (SMOOTH.astype(np.uint16) * 16, 8, "from 0 to 255"),
        (np.where(SMOOTH > 99, np.nan, 1.0), 8, "from 0 to 255"),
        (np.dstack([SMOOTH] * 3), 8, r"shape \(96, 80, 3\)"),
        (SMOOTH.astype(complex), 8, "complex128"),
        (SMOOTH, 0, "0 bits"),
        (np.zeros((0, 0)), 8, "0 x 0 pixels"),
    ],
)
def test_arrays(array, bits, part):
    if part is None:
        assert near(Radiograph.from_array(array, bits).pixels, SMOOTH if bits > 1 else (SMOOTH > 99) * 255)
        return
    with pytest.raises(InvalidRadiograph, match=part):
        Radiograph.from_array(array, bits)


def test_from_file_reads_and_says_why_not(tmp_path):
    path = tmp_path / "a file.png"
    path.write_bytes(saved(SMOOTH))
    assert np.array_equal(Radiograph.from_file(str(path)).pixels, SMOOTH)
    with pytest.raises(InvalidRadiograph, match=r"cannot be opened \(No such file or directory\)"):
        Radiograph.from_file(tmp_path / "absent.png")
    with pytest.raises(InvalidRadiograph, match="a folder or a device"):
        Radiograph.from_file(tmp_path)


def test_pipe_is_refused_and_does_not_wait(tmp_path):
    os.mkfifo(tmp_path / "pipe.png")
    with pytest.raises(InvalidRadiograph, match="a folder or a device"):
        Radiograph.from_file(tmp_path / "pipe.png")


def test_messages_carry_no_file_name(tmp_path):
    path = tmp_path / "Mrs-Miller-1950.png"
    path.write_bytes(saved(SMOOTH)[:200])
    with pytest.raises(InvalidRadiograph) as caught:
        Radiograph.from_file(path)
    assert str(caught.value) == "The image is damaged or cut off. Export it again."
