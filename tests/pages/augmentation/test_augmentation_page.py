"""The Augmentation page: presets, switches, draws in words, the model's opinion, what can be taken along."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

import xray_model
from pages.ui.augmentation import export, sheet, source, wording
from pages.ui.augmentation.state import STUDIO, Studio
from pages.ui.augmentation.transform_table import TRANSFORMS
from pages.ui.shared.session import TRAINING_POLICY
from tests.pages.conftest import ROOT, open_page, png, text_of
from tests.support.train_visit import choose
from xray_model import NOTICE, PRESETS, AugmentationDraw, AugmentationPolicy

PAGE = "pages/augmentation.py"
NBSP = "\N{NO-BREAK SPACE}"


@pytest.fixture
def app():
    return open_page(PAGE)


def sheets(app) -> list[dict]:
    """What the page's sheets show: the grid, then the strip."""
    found = [element.proto.json for element in app.main.get("bidi_component")]
    return [data for data in map(json.loads, found) if "pictures" in data]


def policy(app) -> AugmentationPolicy:
    return app.session_state[STUDIO].policy


def test_the_page_opens_with_the_policy_of_the_bundled_model(app):
    assert not app.exception
    assert policy(app) == PRESETS["Radiograph-safe"]
    assert (
        text_of(app).count(NOTICE) == 4
    )  # whole and folded, of which the width shows one; above and beside the result
    grid, strip = sheets(app)
    assert [picture["title"] for picture in grid["pictures"]] == ["Original", *(f"Draw {n}" for n in range(1, 13))]
    assert all(picture["words"] for picture in grid["pictures"][1:])
    assert len(strip["pictures"]) == 7
    assert not app.warning


def test_presets_set_every_switch(app):
    choose(app, "augmentation-preset", "Article")
    assert policy(app) == PRESETS["Article"]
    on = {toggle.label for toggle in app.toggle if toggle.value} - {"Model's opinion"}
    assert on == {"Rotation", "Shift", "Zoom", "Shear", "Horizontal flip"}
    assert "heart on the right" in app.warning[0].value
    choose(app, "augmentation-preset", "None")
    assert policy(app).is_off
    pictures = sheets(app)[0]["pictures"]
    assert {picture["src"] for picture in pictures} == {pictures[0]["src"]}
    assert not app.slider


@pytest.fixture(scope="module")
def bare_app():
    """Nothing switched on, few draws, the model not asked: quick, for the tests that go through every transform."""
    app = choose(open_page(PAGE), "augmentation-preset", "None")
    app.toggle(key="augmentation-opinion").set_value(False)
    app.selectbox(key="augmentation-count").set_value(4)
    return app.run()


@pytest.mark.parametrize("transform", TRANSFORMS, ids=lambda transform: transform.title)
def test_every_transform_has_a_switch_a_sentence_and_sliders(bare_app, transform):
    app = bare_app
    app.toggle(key=f"augmentation-on-{transform.key}").set_value(True).run()
    assert not app.exception
    assert not policy(app).is_off
    assert transform.sentence in [caption.value for caption in app.caption]
    assert [slider.label for slider in app.slider] == [setting.label for setting in transform.settings]
    for setting in transform.settings:
        slider = app.slider(key=f"augmentation-range-{setting.name}")
        slider.set_value(slider.max)
    app.run()
    for setting in transform.settings:
        assert getattr(policy(app), setting.name) == pytest.approx(setting.top, rel=1e-3)
    app.toggle(key=f"augmentation-on-{transform.key}").set_value(False).run()
    assert policy(app).is_off


def test_a_switch_comes_back_with_the_range_it_had(app):
    app.slider(key="augmentation-range-rotation").set_value(25.0).run()
    assert "Rotation beyond" in app.warning[0].value
    for on in (False, True):
        app.toggle(key="augmentation-on-rotation").set_value(on).run()
    assert policy(app) == xray_model.AugmentationPolicy.from_dict(
        PRESETS["Radiograph-safe"].to_dict() | {"rotation": 25.0}
    )
    assert "Your own settings" in text_of(app)


def test_a_slider_leaves_the_other_settings_exactly_as_they_were(app):
    app.slider(key="augmentation-range-contrast").set_value(2.0).run()
    before, after = PRESETS["Radiograph-safe"].to_dict(), policy(app).to_dict()
    assert after.pop("contrast") == pytest.approx(np.log(2), abs=1e-5)
    before.pop("contrast")
    assert after == before


def test_redraw_seed_and_count(app):
    first = sheets(app)[0]["pictures"]
    app.button(key="augmentation-redraw").click().run()
    assert app.number_input(key="augmentation-seed").value == 2
    second = sheets(app)[0]["pictures"]
    assert second[0]["src"] == first[0]["src"]
    assert second[1]["src"] != first[1]["src"]
    app.number_input(key="augmentation-seed").set_value(1).run()
    assert sheets(app)[0]["pictures"] == first
    app.selectbox(key="augmentation-count").set_value(4).run()
    assert sheets(app)[0]["pictures"] == first[:5]


def test_the_opinion_is_the_models_own_and_the_spread_counts_its_turns(app):
    grid = sheets(app)[0]
    bundle = xray_model.load_bundle()
    grey = source.decode(source.gallery.SAMPLES[source.START]).grey(bundle.card.input_size)
    draws = PRESETS["Radiograph-safe"].draw_many(1, 12)
    point = bundle.card.operating_point()
    for picture, draw in zip(grid["pictures"], [AugmentationDraw(), *draws], strict=True):
        [expected], _ = xray_model.answer_pictures(draw.apply(grey)[None], bundle)
        assert picture["probability"] == pytest.approx(float(expected), abs=1e-6)
    labels = [point.decide(picture["probability"]) for picture in grid["pictures"]]
    assert [bool(picture["turned"]) for picture in grid["pictures"]] == [label != labels[0] for label in labels]
    turns = sum(label != labels[0] for label in labels)
    assert (f"{turns} of them" if turns else "none of them") in grid["summary"]
    assert grid["threshold"] == point.threshold


def test_heatmaps_come_on_demand_and_the_opinion_can_be_left_out(app):
    assert not any(picture["evidence"] for picture in sheets(app)[0]["pictures"])
    app.selectbox(key="augmentation-heatmap").set_value("PNEUMONIA").run()
    assert any(picture["evidence"] for picture in sheets(app)[0]["pictures"])
    app.toggle(key="augmentation-opinion").set_value(False).run()
    grid = sheets(app)[0]
    assert not any("probability" in picture for picture in grid["pictures"])
    assert grid["summary"] == ""


def test_the_strip_walks_from_the_minimum_to_the_maximum(bare_app):
    app = bare_app
    titles = [picture["title"] for picture in sheets(app)[1]["pictures"]]
    assert titles[0] == "Turned 45° anticlockwise"
    assert titles[3] == "Unchanged"
    assert titles[-1] == "Turned 45° clockwise"
    strip = app.selectbox(key="augmentation-strip")
    for transform in TRANSFORMS:
        strip.set_value(transform).run()
        assert not app.exception
        pictures = sheets(app)[1]["pictures"]
        assert len({picture["src"] for picture in pictures}) == len(pictures), transform.title


def test_an_own_radiograph_is_augmented_and_a_bad_file_gets_a_sentence(app):
    choose(app, "augmentation-kind", "Your own")
    assert "Nothing is open yet" in text_of(app)
    app.file_uploader(key="augmentation-upload").set_value([("chest.png", png(4), "image/png")])
    app.run()
    grey = xray_model.Radiograph.from_bytes(png(4)).grey(xray_model.load_bundle().card.input_size)
    assert sheets(app)[0]["pictures"][0]["src"] == sheet.encode(grey)
    app.file_uploader(key="augmentation-upload").set_value([("bad.png", b"no image", "image/png")])
    assert "could not be read" in app.run().error[0].value


def test_training_images_are_offered_only_where_the_server_has_them(monkeypatch, tmp_path):
    monkeypatch.delenv("XRAY_DATA_DIR", raising=False)
    assert "Training image" not in open_page(PAGE).button_group(key="augmentation-kind").options
    for label in xray_model.LABELS:
        folder = tmp_path / source.TRAINING_FOLDER / label
        folder.mkdir(parents=True)
        for number in range(9):
            (folder / f"{number}.png").write_bytes(png(number))
    monkeypatch.setenv("XRAY_DATA_DIR", str(tmp_path))
    app = open_page(PAGE)
    assert "Training image" in app.button_group(key="augmentation-kind").options
    choose(app, "augmentation-kind", "Training image")
    assert not app.exception
    assert len(app.selectbox(key="augmentation-training").options) == 2 * source.OF_EACH_LABEL
    assert len(sheets(app)[0]["pictures"]) == 13


def test_a_policy_goes_out_as_json_and_comes_in_again(app):
    choose(app, "augmentation-preset", "Article")
    text = export.as_json(policy(app))
    choose(app, "augmentation-preset", "None")
    app.file_uploader(key=export.IMPORT_KEY).set_value([("a.json", text.encode(), "application/json")])
    assert policy(app.run()) == PRESETS["Article"]
    app.file_uploader(key=export.IMPORT_KEY).set_value([("b.json", b'{"rotation": 999}', "application/json")])
    assert "expected a number from 0 to 180" in app.run().error[0].value
    assert policy(app) == PRESETS["Article"]


def test_a_loaded_policy_may_reach_further_than_the_sliders(app):
    wide = json.dumps({"rotation": 180, "width_shift": 0.5, "gamma": 1.5, "fill": "black"}).encode()
    app.file_uploader(key=export.IMPORT_KEY).set_value([("wide.json", wide, "application/json")])
    app.run()
    assert not app.exception
    assert app.slider(key="augmentation-range-rotation").value == 180
    assert policy(app) == AugmentationPolicy.from_json(wide)


@pytest.mark.parametrize("name", PRESETS)
def test_the_code_runs_and_makes_the_pictures_on_the_page(name, tmp_path):
    (tmp_path / "chest.png").write_bytes(png(4))
    studio = Studio(PRESETS[name], seed=7, count=4)
    run = [sys.executable, "-c", export.as_code(studio, 224)]
    subprocess.run(run, cwd=tmp_path, check=True, env=os.environ | {"PYTHONPATH": str(ROOT)}, timeout=60)
    grey = xray_model.Radiograph.from_bytes(png(4)).grey(224)
    for number, draw in enumerate(studio.policy.draw_many(7, 4), start=1):
        saved = np.asarray(Image.open(tmp_path / f"draw-{number:02}.png"))
        np.testing.assert_array_equal(saved, np.rint(draw.apply(grey)).astype(np.uint8))


def test_train_with_this_carries_the_policy(app, monkeypatch):
    choose(app, "augmentation-preset", "Article")
    assert TRAINING_POLICY not in app.session_state
    switched = []
    monkeypatch.setattr(export.st, "switch_page", switched.append)
    app.button(key="augmentation-train").click().run()
    assert app.session_state[TRAINING_POLICY] == PRESETS["Article"]
    assert switched == [export.TRAIN_PAGE]


def test_words_say_what_was_drawn():
    draw = AugmentationDraw(
        rotation=-7.04, width_shift=0.04, height_shift=-0.031, zoom_x=0.8, zoom_y=1.25, flipped=True, gamma=0.5,
        brightness=0.1, noise=0.02, erased=(0.1, 0.1, 0.5, 0.4), borders=(0.0, 0.1, 0.02, 0.03),
    )  # fmt: skip
    assert ", ".join(wording.words(draw)).replace(NBSP, " ").replace("\N{NON-BREAKING HYPHEN}", "-") == (
        "turned 7° anticlockwise, moved 4 % left, moved 3 % down, width 1.25, height 0.80, mirrored, gamma 1.65, "
        "10 % brighter, noise 2 %, edges masked, 0-10 % wide, box of 20 % erased"
    )
    assert "heart is on the right" in wording.draw_doubt(draw)
    assert "may hide the finding" in wording.draw_doubt(draw)
    assert wording.words(AugmentationDraw()) == []
    assert wording.draw_doubt(AugmentationDraw()) == ""


def test_doubts_are_said_for_what_is_doubtful_and_only_for_that():
    assert wording.policy_doubts(PRESETS["Radiograph-safe"]) == []
    assert wording.policy_doubts(PRESETS["None"]) == []
    text = " ".join(wording.policy_doubts(PRESETS["Article"]))
    assert "heart on the right" in text
    assert "Rotation beyond 15°" in text
    assert "hide the finding" in " ".join(wording.policy_doubts(AugmentationPolicy(erasing=0.2)))
    for name, limit, _ in wording.DOUBTS:
        [sentence] = wording.policy_doubts(AugmentationPolicy(**{name: limit * 1.2}))
        assert not re.search(r"[{}]", sentence)
