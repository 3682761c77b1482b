"""Each array operation does what its name says, to the right side and by the right amount."""

import cv2
import numpy as np
import pytest

from xray_model.augmentation import transforms

SIDE = 64
STILL = {"rotation": 0.0, "shift": (0.0, 0.0), "shear": 0.0, "zoom": (1.0, 1.0), "flipped": False}


@pytest.fixture
def spot():
    """One bright spot, right of the centre and above it."""
    grey = np.zeros((SIDE, SIDE), np.float32)
    grey[20:24, 44:48] = 200
    return grey


@pytest.fixture
def film():
    """A smooth picture with all grey levels."""
    noise = np.random.default_rng(0).random((SIDE, SIDE), dtype=np.float32)
    return cv2.normalize(cv2.GaussianBlur(noise, (0, 0), 3), None, 0, 255, cv2.NORM_MINMAX)


def rng():
    return np.random.default_rng(3)


def place(grey):
    """(x, y) of the centre of mass from the picture's centre, y downwards, in pixels."""
    rows, columns = np.indices(grey.shape)
    centre = (SIDE - 1) / 2
    return float((columns * grey).sum() / grey.sum()) - centre, float((rows * grey).sum() / grey.sum()) - centre


def warped(grey, **settings):
    return transforms.warp(grey, transforms.affine_matrix(grey.shape, **(STILL | settings)), "black")


def test_nothing_moves_without_a_reason(film):
    assert transforms.affine_matrix(film.shape, **STILL) is None
    same = transforms.warp(film, None, "nearest")
    np.testing.assert_array_equal(same, film)
    assert same is not film


def test_rotation_above_zero_is_clockwise(spot):
    x, y = place(spot)
    assert place(warped(spot, rotation=90)) == pytest.approx((-y, x), abs=0.1)


@pytest.mark.parametrize(("shift", "expected"), [((0.1, 0.0), (0, -6.4)), ((0.0, 0.1), (-6.4, 0))])
def test_shift_moves_up_and_left_by_shares_of_the_side(spot, shift, expected):
    moved = np.subtract(place(warped(spot, shift=shift)), place(spot))
    assert moved == pytest.approx(expected, abs=0.1)


def test_zoom_below_one_enlarges_its_own_axis(spot):
    x, y = place(spot)
    assert place(warped(spot, zoom=(0.8, 1.0))) == pytest.approx((x, y / 0.8), abs=0.3)
    assert place(warped(spot, zoom=(1.0, 0.8))) == pytest.approx((x / 0.8, y), abs=0.3)


def test_shear_above_zero_lifts_the_right(spot):
    assert place(warped(spot, shear=10))[1] > place(spot)[1] + 1  # the spot is on the right: rows are read higher up
    assert place(warped(spot[:, ::-1], shear=10))[1] < place(spot[:, ::-1])[1] - 1


def test_flip_is_exact(film):
    np.testing.assert_allclose(warped(film, flipped=True), film[:, ::-1], atol=1e-4)


def test_fill_says_what_stands_outside(film):
    matrix = transforms.affine_matrix(film.shape, **(STILL | {"shift": (0.25, 0.0)}))
    assert not transforms.warp(film, matrix, "black")[-8:].any()
    np.testing.assert_allclose(transforms.warp(film, matrix, "nearest")[-8:], np.tile(film[-1], (8, 1)), atol=1e-3)


def test_elastic_moves_by_at_most_its_reach_and_keeps_its_seed():
    ramp = np.tile(np.arange(SIDE, dtype=np.float32), (SIDE, 1))
    moved = transforms.elastic(ramp, 0.05, rng(), "nearest")
    assert 0.5 * 0.05 * SIDE < np.abs(moved - ramp).max() <= 0.05 * SIDE + 0.1
    np.testing.assert_array_equal(moved, transforms.elastic(ramp, 0.05, rng(), "nearest"))


def test_local_contrast_widens_a_flat_film(film):
    flat = film * np.float32(0.1) + 100
    assert transforms.clahe(flat, 4.0).std() > 1.5 * flat.std()


def test_tone_does_what_it_says_and_never_leaves_the_scale(film):
    np.testing.assert_array_equal(transforms.tone(film, 0, 0, 0), film)
    np.testing.assert_allclose(transforms.tone(film, 0, 0, 0.1), np.clip(film + 25.5, 0, 255), atol=1e-3)
    np.testing.assert_allclose(transforms.tone(film, np.log(2), 0, 0), film**2 / 255, atol=1e-2)
    middle = film * np.float32(0.2) + 100
    assert transforms.tone(middle, 0, np.log(1.5), 0).std() == pytest.approx(1.5 * middle.std(), rel=1e-3)
    extreme = transforms.tone(film, 1.5, 1.5, 0.5)
    assert extreme.min() >= 0
    assert extreme.max() <= 255


def test_blur_is_given_for_224_pixels_and_scales_with_the_side(film):
    np.testing.assert_array_equal(transforms.blur(film, 7.0), cv2.GaussianBlur(film, (0, 0), 7.0 * SIDE / 224))
    np.testing.assert_array_equal(transforms.blur(film, 0.01), film)


def amplitude(picture):
    """Half the height of a wave, away from the film's edges."""
    return np.ptp(picture[16:48, 16:48]) / 2


@pytest.mark.parametrize("factor", [0.5, 1.5])
def test_detail_acts_on_its_own_band(factor):
    rows, columns = np.indices((SIDE, SIDE))
    edges = (128 + 40 * (-1.0) ** (rows + columns)).astype(np.float32)  # as fine as pixels go
    assert amplitude(transforms.detail(edges, np.log(factor), 0.0)) == pytest.approx(40 * factor, rel=0.02)
    assert amplitude(transforms.detail(edges, 0.0, np.log(factor))) == pytest.approx(40, rel=0.02)
    ribs = (128 + 40 * np.sin(2 * np.pi * rows / 8)).astype(np.float32)
    left = [np.exp(-2 * (np.pi * sigma * SIDE / 224 / 8) ** 2) for sigma in (transforms.FINE, np.hypot(2.8, 11))]
    expected = 40 * (1 + (factor - 1) * (left[0] - left[1]))  # a Gaussian's share of a sine of 8 pixels
    assert amplitude(transforms.detail(ribs, 0.0, np.log(factor))) == pytest.approx(expected, rel=0.03)


def test_detail_leaves_the_brightness_and_clips(film):
    assert transforms.detail(film, 0.0, 0.0) is film
    flat = np.full((SIDE, SIDE), 90, np.float32)
    np.testing.assert_allclose(transforms.detail(flat, 1.5, 1.5), flat, atol=1e-3)
    strong = transforms.detail(film, 1.5, 1.5)
    assert strong.min() >= 0
    assert strong.max() <= 255
    assert strong.std() > film.std()


def test_noise_has_the_standard_deviation_that_was_asked_for():
    grey = np.full((SIDE, SIDE), 128, np.float32)
    assert transforms.noise(grey, 0.05, rng()).std() == pytest.approx(0.05 * 255, rel=0.05)


def test_borders_paint_each_strip_and_nothing_else(film):
    out = transforms.mask_borders(film, (0.125, 0.0, 0.25, 0.5), rng())
    level = out[0, 0]
    assert (out[:8] == level).all()
    assert (out[:, :16] == level).all()
    assert (out[:, 32:] == level).all()
    np.testing.assert_array_equal(out[8:, 16:32], film[8:, 16:32])


def test_erasing_paints_the_box_and_nothing_else(film):
    out = transforms.erase(film, (0.25, 0.5, 0.25, 0.125), rng())
    box = out[16:32, 32:40]
    assert (box == box[0, 0]).all()
    assert np.count_nonzero(out != film) == box.size


@pytest.mark.parametrize("name", ["elastic", "mask_borders", "erase", "noise", "detail"])
def test_the_picture_that_came_in_is_left_alone(film, name):
    before = film.copy()
    arguments = {
        "elastic": (0.05, rng(), "black"),
        "mask_borders": ((0.1,) * 4, rng()),
        "erase": ((0.1,) * 4, rng()),
        "noise": (0.1, rng()),
        "detail": (0.5, 0.5),
    }[name]
    getattr(transforms, name)(film, *arguments)
    np.testing.assert_array_equal(film, before)
