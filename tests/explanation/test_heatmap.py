"""The map, the picture made from it, and the words for where it is strongest."""

from __future__ import annotations

import tracemalloc

import cv2
import numpy as np
import pytest

from tests.support.pictures import smooth
from xray_model.errors import InvalidConfig
from xray_model.explanation.heatmap import COLORMAPS, DEFAULT_COLORMAP, Heatmap, describe_place, signed_evidence
from xray_model.imaging.radiograph import Radiograph
from xray_model.labels import NORMAL, PNEUMONIA

FILM = np.full((96, 128), 100, np.uint8)


def heatmap(*cells: tuple[int, int, float], reference: float = 0.0, side: int = 7) -> Heatmap:
    values = np.zeros((side, side), np.float32)
    for row, column, value in cells:
        values[row, column] = value
    return Heatmap(values, PNEUMONIA, reference=reference)


def test_evidence_is_the_weighted_mean_of_the_feature_map():
    rng = np.random.default_rng(0)
    features, gradient = rng.normal(size=(2, 3, 4, 5)).astype(np.float32), rng.normal(size=(2, 5)).astype(np.float32)
    evidence = signed_evidence(features, gradient)
    by_hand = [[[features[n, i, j] @ gradient[n] / 12 for j in range(4)] for i in range(3)] for n in range(2)]
    assert evidence.shape == (2, 3, 4)
    assert evidence.dtype == np.float32
    assert np.allclose(evidence, by_hand, atol=1e-6)
    pooled = features.mean(axis=(1, 2))
    assert np.allclose(evidence.sum(axis=(1, 2)), (pooled * gradient).sum(axis=1), atol=1e-5)  # logits, shared out


def test_each_target_takes_its_own_side_of_the_evidence():
    evidence = np.array([[2.0, -1.0], [0.0, -3.0]], np.float32)
    for_pneumonia, for_normal = (Heatmap.from_evidence(evidence, label, 0.5) for label in (PNEUMONIA, NORMAL))
    assert for_pneumonia.values.tolist() == [[2, 0], [0, 0]]
    assert for_normal.values.tolist() == [[0, 1], [0, 3]]
    assert (for_normal.target, for_normal.reference, for_normal.maximum) == (NORMAL, 0.5, 3.0)
    with pytest.raises(InvalidConfig, match="'COVID'; expected PNEUMONIA or NORMAL"):
        Heatmap.from_evidence(evidence, "COVID")


def test_empty_map_stays_empty():
    empty = heatmap(reference=1.0)
    assert empty.is_empty
    assert (empty.strength, empty.peak, empty.region()) == (0.0, None, None)
    assert not empty.resized(50, 60).any()
    assert not empty.coloured(50, 60)[..., 3].any()
    assert np.array_equal(empty.overlay(FILM, 1.0), np.dstack([FILM] * 3))


def test_weak_map_stays_weak_and_a_strong_one_is_full():
    weak, strong = heatmap((3, 3, 0.2), reference=1.0), heatmap((3, 3, 4.0), reference=1.0)
    assert weak.strength == pytest.approx(0.2)
    assert weak.resized(70, 70).max() < 0.25
    assert strong.strength == 1.0
    assert strong.resized(70, 70).max() == pytest.approx(1.0, abs=0.05)
    assert heatmap((3, 3, 0.2)).strength == 1.0  # without a reference a map is its own


def test_resized_map_lies_over_the_picture():
    strength = heatmap((1, 5, 1.0)).resized(140, 280)
    assert (strength.shape, strength.dtype) == ((140, 280), np.float32)
    assert strength.min() >= 0
    assert strength.max() <= 1
    row, column = np.unravel_index(strength.argmax(), strength.shape)
    assert abs(row - 30) <= 3
    assert abs(column - 220) <= 6


def test_the_form_is_the_whole_evidence_s_and_the_strength_the_answer_s():
    """At the lungs' rim pooled evidence fades with the cell's share; the drawing does not."""
    field = np.zeros((70, 70), bool)
    field[:, 5:40] = True
    whole = np.zeros((7, 7), np.float32)
    whole[3, 0], whole[3, 2], whole[1, 6] = 2.0, 1.2, 9.0  # half of the first cell is lung, nothing of the last
    pooled = whole * [0.5, 1, 1, 1, 0, 0, 0]
    drawn = Heatmap.from_evidence(pooled.astype(np.float32), PNEUMONIA, 2.4, field, whole)
    assert drawn.maximum == pytest.approx(1.2)
    assert drawn.peak == pytest.approx((0.5 / 7 + 0.02, 3.5 / 7), abs=0.03)
    assert drawn.resized(70, 70).max() == pytest.approx(drawn.strength, abs=0.02)
    assert drawn.strength == pytest.approx(0.5)
    assert not drawn.resized(70, 70)[:, 42:].any()
    assert Heatmap.from_evidence(-pooled.astype(np.float32), PNEUMONIA, 2.4, field, -whole).peak is None


@pytest.mark.parametrize(("row", "column"), [(0, 0), (0, 6), (3, 3), (6, 2), (5, 5)])
def test_peak_is_the_middle_of_the_strongest_cell(row, column):
    x, y = heatmap((row, column, 1.0), (2, 4, 0.1)).peak
    assert x == pytest.approx((column + 0.5) / 7, abs=0.05)
    assert y == pytest.approx((row + 0.5) / 7, abs=0.05)
    assert isinstance(x, float)


def test_peak_of_a_plateau_is_not_its_first_corner():
    """Interpolation overshoots between equal cells: the summit is between them, not where clipping starts."""
    x, y = heatmap((3, 3, 1.0), (3, 4, 1.0), (4, 3, 1.0), (4, 4, 1.0)).peak
    assert x == pytest.approx(4 / 7, abs=0.01)
    assert y == pytest.approx(4 / 7, abs=0.01)


def test_single_cell_map_can_be_drawn():
    one = Heatmap(np.array([[2.0]], np.float32), PNEUMONIA)
    assert one.resized(64, 80).min() == pytest.approx(1.0)
    assert one.overlay(FILM).shape == (96, 128, 3)


@pytest.mark.parametrize(
    ("x", "y", "words"),
    [
        (0.2, 0.1, "right upper zone"),
        (0.8, 0.5, "left middle zone"),
        (0.2, 0.9, "right lower zone"),
        (0.5, 0.5, "midline, middle zone"),
        (0.45, 1.0, "midline, lower zone"),
        (0.57, 0.0, "left upper zone"),
        (0.0, 1.0, "right lower zone"),
    ],
)
def test_place_in_words_is_the_patients_side(x, y, words):
    assert describe_place(x, y) == words


def test_region_is_the_place_of_the_peak():
    assert heatmap((5, 1, 1.0)).region() == "right lower zone"


def test_overlay_takes_a_radiograph_or_its_pixels():
    radiograph = Radiograph.from_array(smooth())
    strong = heatmap((3, 3, 1.0))
    assert np.array_equal(strong.overlay(radiograph), strong.overlay(radiograph.pixels))


def test_overlay_mixes_film_and_map_by_opacity():
    """Full map and full opacity: its colour alone. No map: the film alone. Between: in proportion."""
    strong = heatmap((3, 3, 1.0))
    rgba = strong.coloured(96, 128)
    full, half = strong.overlay(FILM, 1.0).astype(int), strong.overlay(FILM, 0.5).astype(int)
    top = np.unravel_index(rgba[..., 3].argmax(), rgba.shape[:2])
    assert rgba[..., 3].max() >= 250
    assert np.abs(full[top] - rgba[top][:3]).max() <= 3
    assert np.array_equal(full[0, 0], [100, 100, 100])
    assert np.abs(half - (full + 100) / 2).max() <= 1
    assert np.array_equal(strong.overlay(FILM, 0.0), np.dstack([FILM] * 3))


def test_overlay_in_strips_is_the_overlay_of_the_whole():
    film = smooth(700, 300)
    strong = heatmap((3, 3, 1.0), (6, 0, 0.4))
    rgba = strong.coloured(700, 300).astype(np.float64)
    alpha = rgba[..., 3:] / 255 * 0.6
    whole = film[..., None] * (1 - alpha) + rgba[..., :3] * alpha
    assert np.abs(strong.overlay(film) - whole).max() <= 0.51


def test_overlay_of_a_large_film_needs_little_beyond_itself():
    film = smooth(2500, 2500)
    strong = heatmap((3, 3, 1.0))
    tracemalloc.start()
    strong.overlay(film)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 16 * film.size  # bytes; blending it at once in floats takes more than twice that


@pytest.mark.parametrize("name", COLORMAPS)
def test_colour_maps_get_steadily_lighter(name):
    """Perceptually uniform: lightness (CIELAB) rises all the way, so that stronger is brighter also in grey."""
    ramp = Heatmap(np.linspace(0, 1, 256, dtype=np.float32)[None], PNEUMONIA)
    rgb = ramp.coloured(1, 256, name)[..., :3]
    lightness = cv2.cvtColor(rgb.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)[0, :, 0]
    assert np.diff(lightness[::8]).min() > 0
    assert DEFAULT_COLORMAP in COLORMAPS


def test_wrong_settings_are_refused():
    for opacity in (-0.1, 1.1, float("nan")):
        with pytest.raises(InvalidConfig, match="expected a number from 0 to 1"):
            heatmap().overlay(FILM, opacity)
    with pytest.raises(InvalidConfig, match="'jet': choose one of inferno"):
        heatmap().overlay(FILM, colormap="jet")
