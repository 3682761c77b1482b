"""The list of several images: its order, its filter, and which image is open."""

from __future__ import annotations

from dataclasses import replace

import pytest

import xray_model
from pages.ui.analyze import triage
from pages.ui.shared import cache
from tests.pages.conftest import open_page, png, rows, text_of, upload
from xray_model import NotSureBand

FILES = [("b.png", png(4)), ("c.png", png(2, "lobar")), ("a.png", png(1)), ("d.png", png(3, "patchy"))]


def shares() -> dict[str, float]:
    """File -> probability, by the library."""
    radiographs = {name: xray_model.Radiograph.from_bytes(data) for name, data in FILES}
    model = xray_model.load_bundle()
    return {name: xray_model.analyze(one, model).prediction.probability for name, one in radiographs.items()}


@pytest.fixture
def many(monkeypatch):
    """The page with all files open, and a model that is not sure of the second lowest probability."""
    low, high = (sorted(shares().values())[place] for place in (1, 2))
    lowest = min(shares().values())
    bundle = xray_model.load_bundle()
    band = NotSureBand((lowest + low) / 2, (low + high) / 2, 0.02, 100, 100)
    monkeypatch.setattr(cache, "bundle", lambda: replace(bundle, card=replace(bundle.card, not_sure=band)))
    app = upload(open_page("pages/analyze.py"), *FILES)
    assert not app.exception
    return app


def names(app) -> list[str]:
    return [row["name"] for row in rows(app)]


def test_three_orders(many):
    ranked = sorted(shares(), key=shares().__getitem__, reverse=True)
    assert names(many) == ranked
    many.selectbox(key=triage.ORDER_KEY).set_value(triage.FILE).run()
    assert names(many) == [name for name, _ in FILES]
    many.selectbox(key=triage.ORDER_KEY).set_value(triage.NOT_SURE).run()
    assert names(many)[0] == ranked[2]
    assert [row["unsure"] for row in rows(many)] == [True, False, False, False]


def test_the_filter_counts_and_shows_an_image_of_its_list(many):
    opened = many.session_state["session"].opened
    options = many.selectbox(key=triage.SHOW_KEY).options
    labels = [row["label"] for row in rows(many)]
    ill = labels.count("PNEUMONIA")
    assert options == ["All", "PNEUMONIA", "NORMAL", "Not sure"]
    assert f"4 in all, {ill} PNEUMONIA, {4 - ill} NORMAL, 1 of these not sure." in text_of(many)
    for label in ("PNEUMONIA", "NORMAL"):
        many.selectbox(key=triage.SHOW_KEY).set_value(label).run()
        assert len(rows(many)) == labels.count(label)
        assert {row["label"] for row in rows(many)} == {label}
    many.selectbox(key=triage.SHOW_KEY).set_value(triage.NOT_SURE).run()
    assert len(rows(many)) == 1
    [unsure] = rows(many)
    assert many.session_state["session"].opened == unsure["key"] != opened
    many.selectbox(key=triage.SHOW_KEY).set_value(triage.ALL).run()
    assert many.session_state["session"].opened == unsure["key"], "which is listed as well"


def test_a_filter_that_fits_nothing_leaves_the_answer_on_the_page(many, monkeypatch):
    monkeypatch.setattr(cache, "bundle", xray_model.load_bundle)
    many.selectbox(key=triage.SHOW_KEY).set_value(triage.NOT_SURE)
    many.selectbox(key=triage.ORDER_KEY).set_value(triage.NOT_SURE).run()
    many.button(key="clear-all").click().run()
    app = upload(many, *FILES[1:3])
    assert not app.exception
    unsure = [row for row in rows(app) if row["unsure"]]
    assert unsure == rows(app)
    assert '"radiograph"' in "".join(part.proto.json for part in app.main.get("bidi_component"))


def test_each_row_has_a_picture_and_one_image_has_no_list(many):
    assert all(row["picture"].startswith("data:image/jpeg") for row in rows(many))
    assert all(len(row["picture"]) < 6000 for row in rows(many)), "300 of them are sent at once"
    many.file_uploader[0].set_value([(*FILES[0], "image/png")])
    many.run()
    assert not rows(many)
    assert "1 image analyzed" in text_of(many)
