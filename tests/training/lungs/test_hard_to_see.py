"""What is drawn over lungs that are known: it hides them and does not move them, or moves picture and lungs alike."""

from __future__ import annotations

import numpy as np
import pytest

from xray_model.phantoms import draw_phantom
from xray_model.training.lungs import hard_to_see
from xray_model.training.lungs.hard_to_see import draw_over, finish, frame, halve, on_screen
from xray_model.training.lungs.masks import split_lungs

SIDE = 224


@pytest.fixture(scope="module")
def film() -> tuple[np.ndarray, np.ndarray]:
    phantom = draw_phantom(3, size=SIDE)
    return phantom.pixels.astype(np.float32), split_lungs(phantom.lung_mask).astype(np.float32)


def draws(count: int = 30):
    return map(np.random.default_rng, range(count))


def only(monkeypatch, **shares: float) -> None:
    """Draw some things always and the others never."""
    for name in ("WIRED", "LETTERED", "WHITENED", "FINISHED", "FLATTENED"):
        monkeypatch.setattr(hard_to_see, name, shares.get(name, 0.0))


def test_some_films_stay_as_they_are_and_grey_levels_are_kept_to(film):
    drawn = [draw_over(*film, rng) for rng in draws()]
    assert 3 < sum(np.array_equal(picture, film[0]) for picture in drawn) < 27
    for picture in [*drawn, *(finish(film[0], rng)[0] for rng in draws())]:
        assert (picture.shape, picture.dtype) == (film[0].shape, np.float32)
        assert picture.min() >= 0
        assert picture.max() <= 255


def test_the_same_generator_draws_the_same(film):
    for draw in (halve, on_screen, frame):
        first, again = (draw(*film, np.random.default_rng(5)) for _ in range(2))
        assert np.array_equal(first[0], again[0])
    assert np.array_equal(draw_over(*film, np.random.default_rng(5)), draw_over(*film, np.random.default_rng(5)))
    assert np.array_equal(finish(film[0], np.random.default_rng(5))[0], finish(film[0], np.random.default_rng(5))[0])


def test_a_white_lung_is_brighter_where_lungs_are(film, monkeypatch):
    only(monkeypatch, WHITENED=1.0)
    grey, masks = film
    inside = masks.max(axis=0) > 0
    added = [draw_over(grey, masks, rng) - grey for rng in draws()]
    assert np.mean([change[inside].mean() for change in added]) > 10
    assert max(np.abs(change[:10]).max() for change in added) < 1, "far from the lungs nothing changes"


@pytest.mark.parametrize("name", ["WIRED", "LETTERED"])
def test_wires_and_writing_are_thin(name, film, monkeypatch):
    only(monkeypatch, **{name: 1.0})
    shares = [(np.abs(draw_over(*film, rng) - film[0]) > 8).mean() for rng in draws()]
    assert 0.001 < np.mean(shares) < 0.2


def test_what_is_processed_is_called_so_and_what_is_flat_is_not(film, monkeypatch):
    only(monkeypatch, FLATTENED=1.0)
    for picture, processed in (finish(film[0], rng) for rng in draws()):
        assert not processed
        assert np.ptp(picture) < 0.6 * np.ptp(film[0])
        assert np.corrcoef(picture.ravel(), film[0].ravel())[0, 1] > 0.9
    only(monkeypatch, FINISHED=1.0)
    for picture, processed in (finish(film[0], rng) for rng in draws()):
        assert processed
        assert np.abs(picture - film[0]).mean() > 4


def test_half_a_film_shows_one_lung_at_its_place(film):
    for picture, masks in (halve(*film, rng) for rng in draws()):
        smaller, larger = sorted((masks > 0.5).mean(axis=(1, 2)))
        assert smaller < 0.1 < larger
        lungs = masks.max(axis=0) > 0.9
        assert picture[lungs].mean() < picture[~lungs & (picture > 60)].mean(), "lungs are dark"


def test_a_framed_film_stands_on_a_plain_ground(film):
    for picture, masks in (frame(*film, rng) for rng in draws()):
        assert 0.3 < (masks > 0.5).sum() / (film[1] > 0.5).sum() < 1
        corners = picture[[0, 0, -1, -1], [0, -1, 0, -1]]
        assert len(np.unique(corners)) < 4, "three corners at least are free"


def test_a_film_on_a_screen_is_smaller_and_its_lungs_with_it(film):
    for picture, masks in (on_screen(*film, rng) for rng in draws()):
        share = (masks > 0.5).sum() / (film[1] > 0.5).sum()
        assert 0.1 < share < 0.65
        assert np.abs(picture - film[0]).mean() > 10
