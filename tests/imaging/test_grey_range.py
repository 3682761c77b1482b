"""Which levels are black and white: the picture's own extremes, ignoring defects and borders."""

from __future__ import annotations

import numpy as np
import pytest

from tests.support.pictures import saved, smooth
from tests.support.reading import near, read
from xray_model.imaging.grey_range import find_range, full_scale, stretch_8_bits

SHARES = (smooth(120, 100) - 20.0) / 215  # 0 to 1


def levels(highest: int, lowest: int = 0) -> np.ndarray:
    return np.rint(lowest + SHARES * (highest - lowest)).astype(np.uint16)


@pytest.mark.parametrize("highest", [300, 1100, 1150, 2100, 3000, 17000, 50000])
def test_a_picture_has_the_range_that_it_uses(highest):
    assert find_range(levels(highest)) == (0, highest, True)


@pytest.mark.parametrize("bits", range(8, 17))
def test_a_depth_that_is_nearly_filled_is_believed(bits):
    full = 2**bits - 1
    assert find_range(levels(full)) == (0, full, False)
    assert find_range(levels(int(full * 0.9))) == (0, full, False)
    assert find_range(levels(int(full * 0.7)), bits) == (0, full, False)
    assert find_range(levels(int(full * 0.6)), bits) == (0, int(full * 0.6), True)
    assert full_scale(full) == full


@pytest.mark.parametrize("side", ["bright", "dark"])
def test_defects_of_the_detector_do_not_decide(side):
    picture = levels(1100, 400)
    value = 65535 if side == "bright" else 0
    for place in ((50, 50), (slice(None), 30), (77, slice(None))):
        spoilt = picture.copy()
        spoilt[place] = value
        np.testing.assert_allclose(find_range(spoilt), (400, 1100, True), atol=5)


@pytest.mark.parametrize(("border", "value"), [("frame", 65535), ("frame", 0), ("strip", 65535)])
def test_a_border_of_one_level_does_not_decide(border, value):
    width = 9 if border == "frame" else ((0, 0), (30, 0))
    framed = np.pad(levels(1100, 400), width, constant_values=value)
    found = find_range(framed)
    assert found.own
    assert abs(found.low - 400) < 30  # pixels next to the border are excluded, too
    assert abs(found.high - 1100) < 30
    shares = found.above_black(framed, inverted=False) / found.span
    assert shares[4, 4] == (1 if value else 0) or border == "strip"


def test_a_picture_that_begins_far_from_zero_is_brought_down():
    assert find_range(levels(30000, 20000)) == (20000, 30000, True)
    assert find_range(levels(4095, 300)) == (0, 4095, False)  # the air around a patient is not quite black
    assert find_range(np.full((80, 80), 7, np.uint16)).span == 1


def test_signed_values_begin_at_zero_or_at_the_lowest():
    zero = 2**15
    assert find_range(levels(zero + 1100, zero), zero=zero) == (zero, zero + 1100, True)
    assert find_range(levels(zero + 900, zero - 200), zero=zero) == (zero - 200, zero + 900, True)
    assert find_range(levels(4095), 12, zero=2**11) == (0, 4095, False)


def test_inverted_levels_are_flipped_within_the_range():
    picture = levels(1100)
    found = find_range(picture)
    np.testing.assert_array_equal(found.above_black(picture, inverted=True), 1100 - picture)
    assert (found.depth, found.window) == (11, (550, 1100))


def test_eight_bits_are_stretched_only_if_few_levels_are_used():
    ordinary = smooth()
    assert stretch_8_bits(ordinary)[0] is ordinary
    dark = (ordinary - 20) // 4
    stretched, notes = stretch_8_bits(dark)
    assert (stretched.min(), stretched.max()) == (0, 255)
    assert notes == ("Only the levels 0 to 53 are in use: they are shown from black to white.",)
    assert read(saved(dark)).source.notes == notes


def test_deep_grey_in_colour_channels_equals_plain_grey():
    import cv2

    grey = levels(4095)
    alike = np.dstack([grey] * 3)
    alpha = np.dstack([alike, np.full_like(grey, 65535)])
    clear = alpha.copy()
    clear[:20, :, 3] = 0
    for file_format in (".png", ".tiff"):
        twin = read(cv2.imencode(".png", grey)[1].tobytes())
        for channels in (alike, alpha):
            found = read(cv2.imencode(file_format, channels)[1].tobytes())
            np.testing.assert_array_equal(found.pixels, twin.pixels)
            assert (found.source.bit_depth, found.source.notes) == (12, ())
    assert not read(cv2.imencode(".png", clear)[1].tobytes()).pixels[:20].any()
    blue = np.dstack([grey, grey // 2, grey // 2])
    assert "Colour was converted to grey." in read(cv2.imencode(".png", blue)[1].tobytes()).source.notes
    assert near(twin.pixels, np.rint(SHARES * 255))
