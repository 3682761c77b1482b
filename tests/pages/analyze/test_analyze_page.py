"""The Analyze page: one image, many, none, unreadable ones, a damaged bundle."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

import xray_model
from pages.ui.analyze import doubts
from pages.ui.shared import cache, wording
from tests.pages.conftest import open_page, png, rows, text_of, upload
from xray_model import NOTICE, NOTICE_SHORT

GOOD = ("one.png", png(1))


def probability(data: bytes) -> float:
    radiograph = xray_model.Radiograph.from_bytes(data)
    return xray_model.analyze(radiograph, xray_model.load_bundle()).prediction.probability


def viewers(app):
    return [element for element in app.main.get("bidi_component") if '"radiograph"' in element.proto.json]


def labels_in_list(app) -> list[str]:
    return [row["label"] for row in rows(app)]


def test_the_empty_page_says_what_to_do_after_the_notice(analyze_page):
    text = text_of(analyze_page)
    assert "Nothing is open yet" in text
    assert NOTICE in text
    assert not viewers(analyze_page)


def test_one_upload_gives_probability_decision_region_operating_point_and_notice(analyze_page):
    app = upload(analyze_page, GOOD)
    text = text_of(app)
    expected = probability(GOOD[1])
    assert not app.exception
    assert f"{expected * 100:.0f}\N{NO-BREAK SPACE}%" in text
    assert "1 image analyzed." in text
    assert all(f"vidence for {label}" in text for label in xray_model.LABELS)
    assert text.count(NOTICE) >= 2  # before the upload and beside the result
    assert len(viewers(app)) == 1
    assert not rows(app)
    point = xray_model.load_bundle().card.operating_point()
    assert f"Sensitivity {point.sensitivity * 100:.0f}\N{NO-BREAK SPACE}%" in text
    assert f"Specificity {point.specificity * 100:.0f}\N{NO-BREAK SPACE}%" in text
    assert point.data in text


def test_many_uploads_are_sorted_by_probability_and_one_is_open(analyze_page):
    files = [GOOD, ("two.png", png(2, "lobar")), ("three.png", png(3, "patchy"))]
    listed = rows(upload(analyze_page, *files))
    exact = sorted((probability(content) for _, content in files), reverse=True)
    assert [row["share"] for row in listed] == pytest.approx(exact, abs=1e-4)
    assert [row["percent"] for row in listed] == [wording.percent(share) for share in exact]
    assert len(viewers(analyze_page)) == 1


def test_files_that_cannot_be_read_have_a_sentence_each_and_the_others_an_answer(analyze_page):
    files = [("cut.png", GOOD[1][:3000]), ("empty.png", b""), ("text.png", b"no image"), GOOD, ("b.png", png(4))]
    app = upload(analyze_page, *files)
    said = app.warning[0].value
    assert not app.exception
    assert all(name in said for name in ("cut\\.png", "empty\\.png", "text\\.png"))
    assert "damaged or cut off" in said
    assert "0 bytes" in said
    assert len(rows(app)) == 2
    assert "2 images analyzed, 3 could not be read." in text_of(app)


def test_signs_of_a_doubtful_film_are_warnings_beside_the_answer(analyze_page, monkeypatch):
    from xray_model.inference import gate

    monkeypatch.setattr(gate, "measure_signs", lambda *_: dict.fromkeys(gate.WARNINGS, 1e9))
    app = upload(analyze_page, GOOD)
    assert set(gate.WARNINGS.values()) <= {warning.value for warning in app.warning}
    assert f"{probability(GOOD[1]) * 100:.0f}\N{NO-BREAK SPACE}%" in text_of(app)


def test_somebody_unlike_the_children_is_told_beside_the_label_and_in_a_warning(analyze_page, monkeypatch):
    assert doubts.UNLIKE not in text_of(upload(analyze_page, GOOD))
    monkeypatch.setattr("xray_model.evaluation.population.PopulationCheck.is_outside", lambda *_: True)
    app = upload(analyze_page, ("other.png", png(31)))
    assert doubts.UNLIKE in text_of(app)
    assert any("Unlike the children" in warning.value for warning in app.warning)


def test_the_scale_shows_where_the_model_is_not_sure_as_told_for_the_prevalence(analyze_page):
    app, band = upload(analyze_page, GOOD), xray_model.load_bundle().card.not_sure
    for percent in (50, 20):
        app.slider(key="prevalence").set_value(percent).run()
        low, high = xray_model.at_prevalence(np.array([band.low, band.high]), percent / 100)
        assert f"not sure from {wording.percent(low)} to {wording.percent(high)}" in text_of(app)
        assert f'style="left:{low * 100:.1f}%;width:{(high - low) * 100:.1f}%">not sure<' in text_of(app)


def test_a_synthetic_phantom_opens_and_is_called_that(analyze_page):
    app = analyze_page.button(key="sample-12").click().run()
    assert "synthetic phantom 12" in text_of(app)
    assert len(viewers(app)) == 1
    assert "Or open a synthetic phantom, drawn by the computer" in text_of(app)


def test_another_operating_point_flips_the_decision_without_another_pass(thresholds, monkeypatch):
    value = probability(GOOD[1])
    thresholds(screening=value - 0.01, strict=value + 0.01)
    app = upload(open_page("pages/analyze.py"), GOOD)
    assert "<h3>PNEUMONIA</h3>" in text_of(app)
    assert "at or above the threshold" in text_of(app)
    monkeypatch.setattr("xray_model.bundles.litert.Runtime.forward", None)  # a second pass would fail
    app.button_group(key="operating-point").set_value("strict")
    app.run()
    assert not app.exception
    assert "<h3>NORMAL</h3>" in text_of(app)
    assert "is below the threshold" in text_of(app)


def test_the_prevalence_moves_the_answer_and_no_decision_without_another_pass(analyze_page, monkeypatch):
    app = upload(analyze_page, GOOD, ("two.png", png(2, "lobar")))
    label = labels_in_list(app)
    before = sorted((probability(data) for data in (GOOD[1], png(2, "lobar"))), reverse=True)
    point = xray_model.load_bundle().card.operating_point()
    monkeypatch.setattr("xray_model.bundles.litert.Runtime.forward", None)  # a second pass would fail
    for percent in (1, 20, 90):
        app.slider(key="prevalence").set_value(percent).run()
        assert not app.exception
        text, expected = text_of(app), xray_model.at_prevalence(before, percent / 100)
        assert [row["share"] for row in rows(app)] == pytest.approx(expected, abs=1e-4)
        assert labels_in_list(app) == label
        assert f"where {percent}\N{NO-BREAK SPACE}% have pneumonia" in text
        worth = xray_model.predictive_values(point, percent / 100)
        assert wording.worth_sentence("PNEUMONIA", worth) in text or wording.worth_sentence("NORMAL", worth) in text
    app.switch_page("app.py").run()
    assert app.switch_page("pages/analyze.py").run().slider(key="prevalence").value == 90


def test_how_common_pneumonia_is_outlives_the_images(analyze_page):
    app = upload(analyze_page, GOOD)
    app.slider(key="prevalence").set_value(7).run()
    app.button(key="clear-all").click().run()
    app = app.button(key="sample-12").click().run()
    assert app.slider(key="prevalence").value == 7, "it is about the visitor's people, not about these images"


def test_the_list_follows_the_operating_point(thresholds):
    low, high = sorted([probability(GOOD[1]), probability(png(2, "lobar"))])
    thresholds(both=low / 2, one=(low + high) / 2)
    app = upload(open_page("pages/analyze.py"), GOOD, ("two.png", png(2, "lobar")))
    assert labels_in_list(app) == ["PNEUMONIA", "PNEUMONIA"]
    app.button_group(key="operating-point").set_value("one")
    assert labels_in_list(app.run()) == ["PNEUMONIA", "NORMAL"]


def test_clear_all_forgets_uploads_and_samples(analyze_page):
    app = upload(analyze_page, GOOD, ("empty.png", b""))
    app.button(key="sample-11").click().run()
    app.button(key="clear-all").click().run()
    assert not app.exception
    assert "Nothing is open yet" in text_of(app)
    assert not app.session_state["session"].readings
    assert app.file_uploader[0].value in ([], None)


def test_answers_survive_a_visit_to_another_page(analyze_page):
    app = upload(analyze_page, GOOD)
    app.switch_page("app.py").run()
    assert len(viewers(app.switch_page("pages/analyze.py").run())) == 1


def test_nothing_that_a_page_does_changes_the_shared_bundle(analyze_page):
    shared = cache.bundle()
    picture = np.random.default_rng(0).uniform(0, 255, (1, *[shared.card.input_size] * 2)).astype(np.float32)
    before = shared.card.to_json(), shared.runtime.forward(picture).logit.tolist()
    app = upload(analyze_page, GOOD, ("two.png", png(2, "lobar")))
    app.button_group(key="operating-point").set_value(shared.card.operating_points[0].name)
    app.button_group(key="evidence").set_value("NORMAL")
    app.run().switch_page("pages/augmentation.py").run()
    assert not app.exception
    assert cache.bundle() is shared
    assert (shared.card.to_json(), shared.runtime.forward(picture).logit.tolist()) == before


@pytest.mark.parametrize("path", ["app.py", "pages/analyze.py"])
def test_a_damaged_bundle_is_a_sentence_inside_the_frame(path, tmp_path, monkeypatch):
    folder = shutil.copytree(xray_model.load_bundle().folder, tmp_path / xray_model.load_bundle().name)
    file = folder / "model.tflite"
    file.write_bytes(file.read_bytes()[:1000])
    whole = xray_model.load_bundle
    monkeypatch.setattr(xray_model, "load_bundle", lambda: whole(folder))
    cache.bundle.clear()
    app = open_page(path)
    cache.bundle.clear()
    assert not app.exception
    assert "damaged or cut off" in app.error[0].value
    assert NOTICE in text_of(app)
    assert NOTICE_SHORT in app.sidebar.caption[0].value
