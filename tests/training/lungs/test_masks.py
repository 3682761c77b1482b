"""Noisy masks made clean or left out, and pictures of no chest: what the lung finder learns from."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
import pytest

from xray_model.explanation.lungs import KINDS
from xray_model.phantoms import draw_phantom
from xray_model.training.lungs import no_chest as no_chest
from xray_model.training.lungs.masks import clean_mask, split_lungs
from xray_model.training.lungs.no_chest import draw_no_chest
from xray_model.training.lungs.pairs import BATCH, INPUT_SIZE, MAP_SIZE, UNKNOWN, draw_batches

SIDE = 224
NO_CHESTS = [draw.__name__.strip("_") for draw in no_chest._NO_CHESTS]


def ellipse(x: int, width: int = 34, height: int = 70, y: int = 110) -> np.ndarray:
    """One lung as bool (224, 224)."""
    return cv2.ellipse(np.zeros((SIDE, SIDE), np.uint8), (x, y), (width, height), 0, 0, 360, 1, -1) > 0


def two_lungs() -> np.ndarray:
    return ellipse(65) | ellipse(160)


def test_a_clean_mask_stays_as_it_is_but_for_its_very_edge():
    cleaned = clean_mask(two_lungs())
    assert cleaned.dtype == np.uint8
    for lung, truth in zip(cleaned > 0, (ellipse(65), ellipse(160)), strict=True):
        assert (lung >= truth).all()
        assert (lung & ~truth).sum() < 0.01 * truth.sum()


def test_the_picture_s_left_comes_first_whatever_is_larger():
    for widths in ((30, 36), (36, 30)):
        first, second = split_lungs(ellipse(65, widths[0]) | ellipse(160, widths[1]))
        assert np.array_equal(first > 0, ellipse(65, widths[0]))
        assert np.array_equal(second > 0, ellipse(160, widths[1]))


def test_islands_are_dropped():
    noisy = two_lungs()
    noisy[205:220, 100:130] = noisy[2:6, 2:6] = True  # below the diaphragm, in a corner
    assert np.array_equal(clean_mask(noisy), clean_mask(two_lungs()))


def test_holes_and_narrow_dents_are_filled():
    noisy = two_lungs()
    noisy[90:120, 50:75] = False  # a hole
    noisy[104:116, 80:99] = False  # a dent from the hilum
    assert noisy.sum() < two_lungs().sum() - 800
    assert (clean_mask(noisy)[0] > 0).sum() == pytest.approx(ellipse(65).sum(), rel=0.01)


@pytest.mark.parametrize(
    "mask",
    [
        pytest.param(np.zeros((SIDE, SIDE), bool), id="empty"),
        pytest.param(np.ones((SIDE, SIDE), bool), id="everything"),
        pytest.param(ellipse(65), id="one lung"),
        pytest.param(ellipse(65) | ellipse(160, 5, 70), id="a sliver"),
        pytest.param(ellipse(65) | ellipse(160, 30, 38), id="half as high"),
        pytest.param(ellipse(65, 40, 40) | ellipse(160, 40, 40), id="both flat"),
        pytest.param(ellipse(65, 16, 70) | ellipse(101, 16, 70), id="side by side"),
        pytest.param(ellipse(65) | (ellipse(160) & ~ellipse(148, 25, 55)), id="an opacity cut away"),
        pytest.param(ellipse(110, 70, 40, 60) | ellipse(110, 70, 40, 165), id="one above the other"),
    ],
)
def test_implausible_masks_are_left_out(mask):
    assert clean_mask(mask) is None


@pytest.mark.parametrize("seed", range(6))
def test_a_phantom_s_own_lungs_are_plausible(seed):
    truth = draw_phantom(seed, size=SIDE).lung_mask
    cleaned = clean_mask(truth.copy())
    assert cleaned is not None
    assert (cleaned.any(axis=0) & truth).sum() >= 0.99 * truth.sum()


@cache
def radiograph(side: int) -> np.ndarray:
    """Drawn once; a phantom takes longer than what these tests do with it."""
    return draw_phantom(3, size=side).pixels.astype(np.float32)


@pytest.mark.parametrize("side", [224, 150])
@pytest.mark.parametrize("kind", NO_CHESTS)
def test_no_chest_keeps_to_the_grey_levels_and_to_its_seed(kind, side, monkeypatch):
    monkeypatch.setattr(no_chest, "_NO_CHESTS", (getattr(no_chest, f"_{kind}"),))
    grey = radiograph(side).copy()
    for seed in range(8):
        picture, again = (draw_no_chest(grey, np.random.default_rng(seed)) for _ in range(2))
        assert (picture.shape, picture.dtype) == (grey.shape, np.float32)
        assert picture.min() >= 0
        assert picture.max() <= 255
        assert np.array_equal(picture, again)
        assert np.abs(picture - grey).mean() > 5, "it is not the radiograph"
    assert np.array_equal(grey, radiograph(side)), "the radiograph itself stays"


def test_every_kind_is_drawn(monkeypatch):
    drawn = []
    spies = [lambda grey, _, kind=kind: drawn.append(kind) or grey for kind in NO_CHESTS]
    monkeypatch.setattr(no_chest, "_NO_CHESTS", tuple(spies))
    for seed in range(100):
        draw_no_chest(radiograph(64), np.random.default_rng(seed))
    assert set(drawn) == set(NO_CHESTS)


def test_turned_and_inverted_are_what_they_say():
    grey, rng = radiograph(64), np.random.default_rng(0)
    turned = [no_chest._turned(grey, rng) for _ in range(30)]
    for turns in (1, 2, 3):
        assert any(np.array_equal(picture, np.rot90(grey, turns)) for picture in turned)
    assert not any(np.array_equal(picture, grey) for picture in turned)
    assert np.array_equal(no_chest._inverted(grey, rng), 255 - grey)


@pytest.fixture(scope="module")
def pairs() -> tuple[np.ndarray, np.ndarray]:
    phantoms = [draw_phantom(seed, size=SIDE) for seed in range(BATCH + 3)]
    return np.stack([one.pixels for one in phantoms]), np.stack([split_lungs(one.lung_mask) for one in phantoms])


def test_a_lesson_is_a_picture_and_its_two_lungs(pairs):
    [(images, truth)] = list(draw_batches(*pairs, epoch=0))  # the three that are left over wait for another epoch
    masks, kind = truth["lungs"], truth["kind"]
    assert images.shape == (BATCH, INPUT_SIZE, INPUT_SIZE)
    assert masks.shape == (BATCH, MAP_SIZE, MAP_SIZE, 2)
    assert kind.shape == (BATCH, len(KINDS))
    assert images.dtype == masks.dtype == np.float32
    assert min(images.min(), masks.min()) >= 0
    assert images.max() == pytest.approx(255, abs=1e-3)
    assert masks.max() == pytest.approx(1, abs=1e-3)
    chest = kind[:, 0] == 1
    assert 0.4 < chest.mean() < 0.85, "more than a third shows no chest"
    assert (masks[chest].max(axis=(1, 2, 3)) > 0.9).all()
    assert np.isin(kind[chest], (0, 1)).all()
    assert (kind[~chest] == (0, UNKNOWN, UNKNOWN)).all()


def test_lungs_stay_on_their_side_though_some_pictures_are_mirrored(pairs):
    [(_, truth)] = list(draw_batches(*pairs, epoch=1))
    masks, columns = truth["lungs"], np.arange(MAP_SIZE)
    assert 0 < (truth["kind"][:, KINDS.index("mirrored")] == 1).mean() < 0.6
    for mask in masks[masks.max(axis=(1, 2)).min(axis=1) > 0.5]:
        first, second = (np.average(columns, weights=lung.sum(axis=0)) for lung in np.moveaxis(mask, -1, 0))
        assert first < second


def test_an_epoch_is_the_same_again_and_another_is_not(pairs):
    first, again, other = (next(draw_batches(*pairs, epoch=epoch)) for epoch in (2, 2, 3))
    assert np.array_equal(first[0], again[0])
    assert all(np.array_equal(first[1][name], again[1][name]) for name in ("lungs", "kind"))
    assert not np.array_equal(first[0], other[0])
