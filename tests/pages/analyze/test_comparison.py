"""The open image beside another image, and beside another model's answer; the words about both."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

import xray_model
from pages.ui.analyze import comparison, comparison_words
from pages.ui.shared import cache
from tests.pages.conftest import open_page, png, text_of, upload
from xray_model import Bundle, Heatmap, InvalidBundle, RefusedRadiograph

FILES = [("first film.png", png(1)), ("<b>second</b>.png", png(2, "lobar"))]
NBSP = "\N{NO-BREAK SPACE}"


@pytest.fixture
def two(analyze_page):
    """Two films, compared."""
    app = upload(analyze_page, *FILES)
    session = app.session_state["session"]
    [beside] = [key for key in session.readings if key != session.opened]
    return compare(app, comparison.IMAGE + beside)


@pytest.fixture
def other() -> Bundle:
    """The bundled network with another calibration, as if it were another model."""
    bundle = xray_model.load_bundle()
    calibration = replace(bundle.card.calibration, scale=bundle.card.calibration.scale / 4)
    return replace(bundle, card=replace(bundle.card, name="second-v1", calibration=calibration))


def compare(app, option: str):
    """Choose an entry of "Compare with"."""
    app.selectbox(key=comparison.KEY).set_value(option).run()
    assert not app.exception
    return app


def viewer(app) -> dict:
    [data] = [
        json.loads(part.proto.json) for part in app.main.get("bidi_component") if '"radiograph"' in part.proto.json
    ]
    return data


def test_nothing_is_compared_until_it_is_asked_for(analyze_page):
    app = upload(analyze_page, FILES[0])
    assert comparison.KEY not in [widget.key for widget in app.selectbox], "one image, one model: nothing to choose"
    app = upload(app, *FILES)
    assert app.selectbox(key=comparison.KEY).options[0] == "Nothing"
    assert viewer(app)["beside"] is None


def test_two_films_have_both_answers_at_one_setting(two):
    session = two.session_state["session"]
    opened = session.readings[session.opened]
    [beside] = [reading for reading in session.answered if reading is not opened]
    data = viewer(two)
    assert (data["film"]["name"], data["beside"]["name"]) == (opened.name, beside.name)
    assert data["film"]["radiograph"] != data["beside"]["radiograph"]
    for percent in (50, 20):
        two.slider(key="prevalence").set_value(percent).run()
        text = text_of(two)
        shares = [
            float(xray_model.at_prevalence(reading.answer.prediction.probability, percent / 100))
            for reading in (opened, beside)
        ]
        points = round(abs(shares[0] - shares[1]) * 100)
        assert f"is {points} percentage points lower than" in text
        assert "The decisions differ: **PNEUMONIA** and **NORMAL**" in text
    assert "&lt;b&gt;second&lt;/b&gt;.png" in text, "a file's name is no HTML"
    two.button_group(key="evidence").set_value("NORMAL")
    two.run()
    assert {viewer(two)[side]["target"] for side in ("film", "beside")} == {"NORMAL"}


def test_images_of_one_name_can_be_told_apart(analyze_page):
    app = upload(analyze_page, *[("image.png", data) for _, data in (*FILES, ("", png(3, "patchy")))])
    options = app.selectbox(key=comparison.KEY).options
    assert len(set(options)) == 3
    assert all(option == "Nothing" or option.startswith("image.png, number ") for option in options)


def test_removing_a_film_ends_the_comparison_and_forgets_its_picture(two):
    two.file_uploader[0].set_value([(*FILES[1], "image/png")])
    two.run()
    assert not two.exception
    session = two.session_state["session"]
    assert viewer(two)["beside"] is None
    assert {key for key, _ in session.pictures} <= set(session.readings)


def test_the_model_that_was_tried_answers_the_same_film(analyze_page, other):
    app = upload(analyze_page, FILES[1])
    session = app.session_state["session"]
    session.use(other)
    session.use(None)
    app = compare(app.run(), f"{comparison.MODEL}{comparison.OWN}, second-v1")
    assert "your own, second-v1" in app.selectbox(key=comparison.KEY).options[1]
    data, text = viewer(app), text_of(app)
    assert data["film"]["radiograph"] == data["beside"]["radiograph"]
    theirs = xray_model.analyze(xray_model.Radiograph.from_bytes(FILES[1][1]), other).prediction
    assert f"{theirs.probability * 100:.0f}{NBSP}%" in text
    assert comparison_words.MODELS in text
    session.use(other)
    app.run()
    assert app.selectbox(key=comparison.KEY).options == ["Nothing", f"Model: {xray_model.list_bundles()[-1]}"]


def test_other_bundles_of_the_server_are_offered_and_a_broken_or_silent_one_is_a_sentence(monkeypatch, other):
    def broken(_: str) -> Bundle:
        raise InvalidBundle("It is cut off.")

    newest = xray_model.list_bundles()[-1]
    monkeypatch.setattr(xray_model, "list_bundles", lambda: ["older-v1", newest])
    monkeypatch.setattr(cache, "other_bundle", broken)
    app = compare(upload(open_page("pages/analyze.py"), FILES[0]), comparison.MODEL + "older-v1")
    assert "This model cannot be opened. It is cut off." in app.error[0].value
    assert viewer(app)["beside"] is None

    def silent(*_: object) -> None:
        raise RefusedRadiograph("It shows no chest.")

    monkeypatch.setattr(cache, "other_bundle", lambda _: other)
    monkeypatch.setattr(xray_model, "analyze", silent)
    assert "This model gives no answer to the image. It shows no chest." in app.run().warning[0].value
    monkeypatch.undo()


def test_words_name_the_operating_points_where_they_are_not_the_same():
    card = xray_model.load_bundle().card
    first, second = (xray_model.predict(1.0, card, card.operating_point(name)) for name in ("balanced", "rule-in"))
    assert "as it has none of that name" in comparison_words.decisions(first, second)
    assert "have the same probability" in comparison_words.probabilities(("a", "b"), first, second)
    sure = replace(first, unsure=False)
    assert comparison_words.decisions(sure, replace(sure, unsure=True)).endswith("Not sure: the second.")
    empty = Heatmap(np.zeros((7, 7), np.float32), "PNEUMONIA")
    assert comparison_words.places((empty, empty)) == "No evidence for PNEUMONIA."
