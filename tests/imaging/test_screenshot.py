"""A screen with a film on it is told from a film, also from one on a plain larger ground or with writing on it."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from xray_model.imaging.radiograph import Radiograph
from xray_model.imaging.resize import SIDE, resize_grey
from xray_model.imaging.screenshot import shows_screen
from xray_model.phantoms import draw_phantom

FILMS = 20
NO_MASKS = np.zeros((2, SIDE, SIDE), np.float32)


@pytest.fixture(scope="module")
def films() -> list[np.ndarray]:
    return [draw_phantom(seed, size=SIDE).pixels for seed in range(FILMS)]


def drawn(film: np.ndarray, into, seed: int) -> np.ndarray:
    picture, _ = into(film.astype(np.float32), NO_MASKS, np.random.default_rng(seed))
    return np.clip(np.rint(picture), 0, 255).astype(np.uint8)


def test_screens_are_told_from_films_and_films_on_a_larger_ground(films):
    from xray_model.training.lungs.hard_to_see import frame, on_screen

    assert not any(map(shows_screen, films))
    assert not any(shows_screen(drawn(film, frame, seed)) for seed, film in enumerate(films))
    assert sum(shows_screen(drawn(film, on_screen, seed)) for seed, film in enumerate(films)) >= FILMS - 3


def test_a_marker_and_a_line_of_writing_on_a_film_are_no_screen(films):
    for film in films[:5]:
        wide = np.zeros((SIDE, SIDE), np.uint8)
        wide[20:210, 30:200] = resize_grey(film, SIDE)[:190, :170]
        cv2.putText(wide, "R PORTABLE", (40, 14), cv2.FONT_HERSHEY_SIMPLEX, 0.4, 255)
        assert not shows_screen(wide)


def test_a_blank_picture_is_no_screen():
    assert not shows_screen(np.full((SIDE, SIDE), 90, np.uint8))


@pytest.mark.real_data
def test_real_films_are_no_screens(data_dir):
    files = [*sorted((data_dir / "kermany_train" / "NORMAL").iterdir())[:30]]
    files += sorted(file for file in (data_dir / "adult_radiographs").rglob("*") if file.suffix == ".jpg")[:30]
    assert len(files) >= 60
    assert not any(shows_screen(resize_grey(Radiograph.from_file(file).pixels, SIDE)) for file in files)
