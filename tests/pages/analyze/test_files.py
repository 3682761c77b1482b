"""What the Analyze page makes of files: DICOM, window and level, archives, limits; and what it keeps of them."""

from __future__ import annotations

import io
import json
import re

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

import xray_model
from pages.ui.analyze import intake, results, uploads
from pages.ui.shared import wording
from pages.ui.shared.session import Session
from tests.pages.conftest import png, rows, text_of, upload
from tests.support.deadly import HANGS, KILLS, deadly_decoders
from tests.support.dicom_files import NAME, NUMBER, dicom
from tests.support.pictures import packed
from tests.support.uploaded import Uploaded
from xray_model import PackedRadiograph, Radiograph
from xray_model.imaging import sandbox

TIMES = wording.TIMES
FILM = np.asarray(xray_model.draw_phantom(1, "lobar", 256).pixels)
DEEP = FILM.astype(np.uint16) * 16
DICOM = dicom(DEEP, bits=12, PixelSpacing=[0.2, 0.2], InstitutionName="Planted Hospital", PatientAge="040Y")
PLANTED = (NAME, NUMBER, "Planted", "20180101", "040Y")


def viewer(app) -> dict:
    [data] = [
        json.loads(element.proto.json) for element in app.main.get("bidi_component") if "legend" in element.proto.json
    ]
    return data


def probability(app) -> float:
    [reading] = app.session_state["session"].readable
    return reading.answer.prediction.probability


@pytest.mark.parametrize("name", ["film.dcm", "IM0001", "film.png", "胸部"])
def test_dicom_is_read_whatever_its_name(analyze_page, name):
    app = upload(analyze_page, (name, DICOM))
    expected = xray_model.analyze(Radiograph.from_bytes(DICOM), xray_model.load_bundle()).prediction.probability
    assert not app.exception
    assert probability(app) == expected
    assert wording.percent(expected) in text_of(app)


def test_facts_notes_and_names_of_removed_entries_are_shown_and_no_value(analyze_page):
    said = text_of(upload(analyze_page, ("IM0001", DICOM)))
    assert f"DICOM · CR · chest · AP · 256 {TIMES} 256 pixels, 12 bits · MONOCHROME2 · 0.2" in said
    assert "The patient is older than the children of 1-5 years" in said
    assert "Patient's Name" in said
    assert "Institution Name" in said
    assert not [value for value in PLANTED if value in said]


@pytest.mark.parametrize(("age", "whom"), [("061Y", "older"), ("002M", "younger"), ("003Y", None), (None, None)])
def test_another_age_is_told_beside_the_label_and_marked_in_the_list(analyze_page, age, whom):
    app = upload(analyze_page, ("IM0001", dicom(DEEP, PatientAge=age)), ("film.png", png(1)))
    words = f"{whom} than the children it knows"
    assert sorted(row["unlike"] for row in rows(app)) == ["", words if whom else ""]
    assert ("1 ⚠ unlike the children it knows" in text_of(app)) == bool(whom)
    app.session_state["session"].opened = next(row["key"] for row in rows(app) if row["name"] == "IM0001")
    assert (f"<span>{words}</span>" in text_of(app.run())) == bool(whom)


@pytest.mark.parametrize(("burned", "words"), [("YES", "has text burned into it"), (None, "does not say whether text")])
def test_burned_in_text_is_warned_about_also_where_nothing_is_said(analyze_page, burned, words):
    assert words in text_of(upload(analyze_page, ("a", dicom(DEEP, BurnedInAnnotation=burned))))


def window(app) -> list:
    """The sliders of level and width."""
    return [slider for slider in app.slider if slider.key != "prevalence"]


def test_a_window_by_hand_changes_the_pictures_and_never_the_answer(analyze_page, monkeypatch):
    app = upload(analyze_page, ("IM0001", DICOM))
    before, answer, evidence = viewer(app), probability(app), app.session_state["session"].readable[0].answer.evidence
    assert before["note"] == ""
    monkeypatch.setattr("xray_model.bundles.litert.Runtime.forward", None)  # a second pass would fail
    level, width = window(app)
    level.set_value(3000)
    width.set_value(800)
    app.run()
    after = viewer(app)
    assert not app.exception
    assert after["film"]["radiograph"] != before["film"]["radiograph"]
    assert "level 3,000, width 800" in after["note"]
    assert {**after["film"], "radiograph": ""} == {**before["film"], "radiograph": ""}
    assert probability(app) == answer
    assert app.session_state["session"].readable[0].answer.evidence is evidence
    app.button(key="window-reset").click().run()
    assert viewer(app) == before


def test_the_window_begins_as_the_model_sees_the_picture(analyze_page):
    app = upload(analyze_page, ("IM0001", dicom(DEEP, WindowCenter=2000, WindowWidth=1000)))
    assert [slider.value for slider in window(app)] == [2000, 1000]
    assert viewer(app)["note"] == ""


def test_the_overlay_says_that_its_window_was_set_by_hand(tiny_bundle):
    bundle = xray_model.load_bundle(tiny_bundle)
    analysis = xray_model.analyze(Radiograph.from_bytes(DICOM), bundle)
    own, by_hand = (
        Image.open(io.BytesIO(xray_model.overlay_png(analysis, bundle, window=window)))
        for window in (None, (3000, 800))
    )
    assert "Window" not in own.text
    assert "level 3,000 and width 800, set by hand" in by_hand.text["Window"]
    assert by_hand.height > own.height
    assert {**by_hand.text, "Window": ""} == {**own.text, "Window": ""}
    assert np.abs(np.asarray(own)[:300].astype(int) - np.asarray(by_hand)[:300]).mean() > 10


@pytest.mark.parametrize("data", [png(1), dicom(FILM, bits=8)], ids=["png", "8-bit dicom"])
def test_eight_bits_have_no_window(analyze_page, data):
    app = upload(analyze_page, ("film", data))
    assert len(app.session_state["session"].readable) == 1
    assert not window(app)


def test_an_archive_is_its_files(analyze_page):
    members = [("ward 3/IM0001", DICOM), ("胸.png", png(2)), ("notes.txt", b"text"), ("../x.png", png(3))]
    app = upload(analyze_page, ("films.zip", packed(*members, ("__MACOSX/._a.png", b"x"))), ("own.png", png(4)))
    assert not app.exception
    assert sorted(row["name"] for row in rows(app)) == ["films.zip/ward 3/IM0001", "films.zip/胸.png", "own.png"]
    said = app.warning[0].value
    assert r"films\.zip/notes\.txt**: This is not an image" in said
    assert r"films\.zip/x\.png**: The file's path leads out" in said
    app.file_uploader[0].set_value([])
    app.run()
    assert not app.session_state["session"].readings


@pytest.mark.parametrize(
    ("data", "words"), [(packed(), "holds no files"), (packed(("a.png", png(1)))[:300], "damaged or cut off")]
)
def test_an_archive_without_files_is_a_sentence(analyze_page, data, words):
    app = upload(analyze_page, ("films.zip", data))
    assert words in app.warning[0].value


@pytest.mark.parametrize(("limit", "value"), [("MAX_IMAGES", 2), ("MAX_MEGABYTES", 0.05)])
def test_a_full_visit_says_what_was_not_opened_and_loses_nothing(analyze_page, monkeypatch, limit, value):
    monkeypatch.setattr(intake, limit, value)
    many = [(f"{number}.png", png(number)) for number in range(3, 9)]
    app = upload(analyze_page, ("films.zip", packed(("a.png", png(1)), ("b.png", png(2)))), *many)
    assert not app.exception
    assert "this session is full" in app.warning[0].value
    assert r"8\.png" in app.warning[0].value or "more" in app.warning[0].value
    kept = len(app.session_state["session"].readable)
    assert 1 <= kept < 8
    monkeypatch.undo()
    app.file_uploader[0].set_value([("late.png", png(9), "image/png")])  # the others are taken off the list
    app.run()
    assert not app.warning
    assert [reading.name for reading in app.session_state["session"].readable] == ["late.png"]


def test_a_run_that_is_broken_off_goes_on_where_it_stopped(monkeypatch):
    decode, opened = xray_model.decode_apart, []

    def stop_at_the_third(data):
        opened.append(data)
        if len(opened) == 3:
            raise KeyboardInterrupt
        return decode(data)

    monkeypatch.setattr(xray_model, "decode_apart", stop_at_the_third)
    films = [png(number) for number in range(1, 5)]
    files = packed(*[(f"{number}.png", film) for number, film in enumerate(films)])
    current, file = Session(), Uploaded("films.zip", files)
    with pytest.raises(KeyboardInterrupt):
        intake.take(current, [file], xray_model.load_bundle(), "uploads", lambda *_: None)
    assert len(current.readable) == 2
    intake.take(current, [file], xray_model.load_bundle(), "uploads", lambda *_: None)
    assert len(current.readable) == 4
    assert opened == [films[number] for number in (0, 1, 2, 2, 3)]


def test_of_an_upload_nothing_is_kept_but_the_picture_and_the_facts(analyze_page):
    info = PngImagePlugin.PngInfo()
    info.add_text("Author", "Planted Author")
    out = io.BytesIO()
    Image.fromarray(FILM).save(out, "PNG", pnginfo=info)
    app = upload(analyze_page, ("IM0001", DICOM), ("text.png", out.getvalue()))
    assert [len(file.getvalue()) for file in app.session_state["uploads-0"]] == [0, 0], "Streamlit let go of them"
    kept = app.session_state["session"]
    assert all(isinstance(reading.source, PackedRadiograph) for reading in kept.readable)
    for reading in kept.readable:
        assert not reading.answer.radiograph.pixels.nbytes
        assert reading.answer.radiograph.levels is None
        everything = repr(reading).encode() + reading.source.pixels + (reading.source.levels or b"")
        assert b"Planted" not in everything
        assert not [value for value in PLANTED if value.encode() in everything]


@pytest.mark.parametrize(("good", "is_folded"), [([], False), ([("a.png", png(1))], True)])
def test_many_files_without_an_answer_do_not_push_the_answers_away(analyze_page, good, is_folded):
    count = results.LISTED + 10
    files = packed(*good, *[(f"{number}.txt", b"text") for number in range(count)])
    app = upload(analyze_page, ("films.zip", files))
    said = app.warning[0].value
    assert ('"radiograph"' in "".join(part.proto.json for part in app.main.get("bidi_component"))) is bool(good)
    assert len(re.findall(r"not an image", said)) == results.LISTED
    assert "and 10 more" in said
    assert [folded.label for folded in app.expander if "without" in folded.label] == (
        [f"{count} files without an answer, with the reasons"] if is_folded else []
    )


def test_a_file_that_kills_or_hangs_its_decoder_costs_its_own_answer(analyze_page, monkeypatch):
    with deadly_decoders(monkeypatch):
        app = upload(analyze_page, ("a.png", png(1)), ("kills.png", KILLS), ("b.png", png(2)))
        assert {reading.name for reading in app.session_state["session"].readable} == {"a.png", "b.png"}
        assert r"kills\.png**: The image stopped its decoder. Export it again." in app.warning[0].value
        monkeypatch.setattr(sandbox, "SECONDS", 1.0)
        app = upload(app, ("hangs.png", HANGS))
    assert not app.exception
    assert r"hangs\.png**: The image was not decoded within 1 s. Export it again." in app.warning[0].value


def test_a_name_cannot_turn_the_writing_round(analyze_page):
    app = upload(analyze_page, ("a\u202egnp.exe\n.png", b"text"))
    [reading] = app.session_state["session"].unanswered
    assert reading.name == "agnp.exe\N{REPLACEMENT CHARACTER}.png"


def test_one_upload_is_decoded_once_and_let_go(monkeypatch):
    current = Session()
    monkeypatch.setattr(intake, "session", lambda: current)
    released = []
    monkeypatch.setattr(intake, "release", lambda file, _: released.append(file))
    file = Uploaded("a.dcm", DICOM)
    expected = Radiograph.from_bytes(DICOM)
    for _ in range(2):
        np.testing.assert_array_equal(intake.take_one(file, "one").pixels, expected.pixels)
    assert released == [file]
    bad = Uploaded("b", b"text")
    bad.file_id = "other"
    for _ in range(2):
        with pytest.raises(xray_model.InvalidRadiograph, match="not an image"):
            intake.take_one(bad, "one")


def test_the_box_for_more_folds_when_something_was_opened_and_not_when_something_was_removed(analyze_page):
    one, two = ("one.png", png(1)), ("two.png", png(2))
    app = upload(analyze_page, one)
    for act, folds in (
        (lambda: upload(app, one, two), True),
        (lambda: upload(app, two), False),
        (lambda: app.button(key="sample-12").click().run(), True),
    ):
        app.session_state[uploads.MORE] = True
        assert is_open(app.run())
        act()
        assert not app.exception
        assert is_open(app) != folds


def is_open(app) -> bool:
    """Whether the box for more files is unfolded."""
    [box] = [box for box in app.expander if box.label == "Open more, or remove some"]
    return box.proto.expanded
