"""Every kind of image file that a radiograph may come in, and the notes on it."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageCms, ImageOps

from tests.support.pictures import grey_tiff, saved
from tests.support.reading import SMOOTH, near, read, refusal
from xray_model.imaging.raster import UPRIGHT

# How a camera would store an upright picture with this orientation tag.
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
    assert radiograph.source.notes == ()  # grey in three channels is not colour


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
def test_film_stored_with_white_as_zero_is_inverted_back(levels):
    full_scale = 255 if levels.dtype == np.uint8 else 4095
    stored = (full_scale - levels.astype(int)).astype(levels.dtype)
    assert near(read(grey_tiff(stored, photometric=0)).pixels)


def test_float_tiff_is_read_with_ordinary_levels_and_refused_with_levels_up_to_1():
    assert near(read(grey_tiff(SMOOTH.astype(np.float32))).pixels)
    assert "within 0-1" in refusal(grey_tiff(SMOOTH.astype(np.float32) / 255))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -3.0, 70000.0])
def test_numbers_that_cannot_be_levels_are_refused(bad):
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
    pink = np.dstack([SMOOTH, SMOOTH * 0.8, SMOOTH * 0.8]).astype(np.uint8)
    assert read(saved(pink)).source.notes == ("Colour was converted to grey.",)


def test_other_colour_spaces_are_refused_by_name():
    assert "colour space LAB" in refusal(saved(Image.new("LAB", (80, 80)), "TIFF"))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize(("file_format", "levels"), [("JPEG", 6), ("PNG", 0), ("WEBP", 6), ("TIFF", 0)])
def test_exif_rotation_is_undone(orientation, file_format, levels):
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = saved(STORED_AS[orientation](Image.fromarray(SMOOTH)), file_format, exif=exif)
    radiograph = read(data)
    assert near(radiograph.pixels, levels=levels)
    assert (orientation in UPRIGHT) == (orientation > 1)
    if file_format != "TIFF":  # which Pillow turns by itself
        assert ("turned upright" in " ".join(radiograph.source.notes)) == (orientation > 1)


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


def test_photograph_followed_by_a_second_picture_is_read():
    data = saved(SMOOTH, "MPO", save_all=True, append_images=[Image.fromarray(255 - SMOOTH)], quality=95)
    radiograph = read(data)
    assert near(radiograph.pixels, levels=6)
    assert radiograph.source.format == "JPEG"


def test_animated_gif_and_other_formats_are_refused():
    frames = {"save_all": True, "append_images": [Image.fromarray(255 - SMOOTH)]}
    for data in (saved(SMOOTH, "GIF", **frames), saved(SMOOTH, "PPM"), saved(Image.fromarray(SMOOTH), "ICO")):
        assert "Expected a PNG, JPEG, WebP, BMP or TIFF file" in refusal(data)
