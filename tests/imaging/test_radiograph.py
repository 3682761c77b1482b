"""`Radiograph`, from files and arrays, and as the model's input, whatever size it was saved at."""

from __future__ import annotations

import os

import numpy as np
import pytest
from PIL import Image

from tests.support.pictures import saved, smooth
from tests.support.reading import SMOOTH, near, read
from xray_model.errors import InvalidRadiograph
from xray_model.imaging.radiograph import Radiograph
from xray_model.imaging.resize import SIDE, input_grey, resize_grey
from xray_model.phantoms import draw_phantom


def test_one_radiograph_at_four_sizes_is_one_input():
    """Saved at 224 to 2048 pixels, the model sees the same picture, within one grey level on average."""
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
    assert np.array_equal(Radiograph.from_array(smooth(300, 300)).grey(300), smooth(300, 300))
    assert resize_grey(SMOOTH, 64).dtype == np.uint8


@pytest.mark.parametrize("size", [96, 128, 160, 224, 320])
@pytest.mark.parametrize("side", [80, 160, 224, 500])
def test_every_input_is_first_reduced_to_224_pixels(side, size):
    """A page's full picture, the command line's small one, and an image stored as the training images are."""
    film = Radiograph.from_array(draw_phantom(3, size=side).pixels)
    expected = film.grey(size)
    assert expected.shape == (size, size)
    assert np.array_equal(film.squeezed(size).grey(size), expected)
    assert np.array_equal(input_grey(film.pixels, size), expected)
    if size <= SIDE:
        stored = resize_grey(film.pixels, SIDE)
        assert np.array_equal(resize_grey(stored, size), expected)


@pytest.mark.parametrize("side", [700, 1000, 2048])
def test_block_averaging_first_makes_hardly_any_difference(side):
    pixels = draw_phantom(3, size=side).pixels
    exact = np.asarray(Image.fromarray(pixels).resize((224, 224), Image.Resampling.BILINEAR)).astype(int)
    apart = np.abs(resize_grey(pixels, 224) - exact)
    assert apart.mean() < 0.3
    assert np.percentile(apart, 99.9) <= 2  # the marker's edge differs more


def test_resizing_antialiases():
    """Lines one pixel wide average out; subsampling would leave stripes."""
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


def test_from_file_reads_or_gives_the_reason(tmp_path):
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
