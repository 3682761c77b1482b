"""The look at the images before a run: found, left out, put back."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from pages.ui.train.state import BENCH
from tests.pages.conftest import text_of
from tests.pages.train.test_data import upload_zip
from tests.support.labelled import class_files
from tests.support.train_visit import load_settings, owner, started
from xray_model import RECIPES, DataChoice, RunSettings
from xray_model.datasets.phantom_sets import shipped_phantoms
from xray_model.labels import LABELS

COUNT = 60


def png(grey):
    stream = io.BytesIO()
    Image.fromarray(grey).save(stream, "PNG")
    return stream.getvalue()


def copied_and_twisted():
    """Phantoms as files, one of them twice, and one with the wrong label."""
    images = shipped_phantoms(COUNT, 224)
    wrong = int(np.flatnonzero(images.labels == 0)[5])
    folders = [LABELS[int(label) ^ (i == wrong)] for i, label in enumerate(images.labels)]
    files = {f"{folder}/film-{i}.png": png(images.grey[i]) for i, folder in enumerate(folders)}
    return files | {f"{folders[0]}/copy.png": png(images.grey[0])}, f"PNEUMONIA/film-{wrong}.png"


def test_what_was_found_can_be_left_out_of_the_run(app, center):
    files, wrong = copied_and_twisted()
    upload_zip(app, files)
    app.button(key="train-review-start").click().run()
    text = text_of(app)
    assert "Trouble in these images" in text
    assert f"Looked at {COUNT + 1} images" in text
    assert "1 groups" not in text
    assert "copy" in app.button(key="train-review-alike-0-0").help + app.button(key="train-review-alike-0-1").help
    assert app.button(key="train-review-doubt-0").help.replace("\\", "") == wrong
    app.button(key="train-review-doubt-0").click().run()
    assert not app.exception
    assert "You left out 1" in text_of(app)
    assert f"{COUNT:,} images" in text_of(app)
    assert app.button(key="train-review-doubt-0").label == "Put back"
    started(app)
    assert center.list_runs(owner(app))[0].data.left_out == (wrong,)


def test_pictures_of_an_archive_go_with_it(app):
    upload_zip(app, class_files(12))
    app.session_state[BENCH].review = (DataChoice("zip", None), "pictures")
    app.file_uploader(key="train-zip").set_value([]).run()
    assert app.session_state[BENCH].review is None


def test_images_left_out_come_back_one_by_one_and_from_settings(app, center):
    settings = RunSettings(RECIPES["quick"], DataChoice(count=60, left_out=("phantom/100003-none",)))
    load_settings(app, settings.to_json())
    assert "You left out 1" in text_of(app)
    app.button(key="train-review-back").click().run()
    assert "You left out" not in text_of(app)
    started(app)
    assert center.list_runs(owner(app))[0].data.left_out == ()
