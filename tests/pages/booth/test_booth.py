"""Booth mode: its settings, what it leaves out of the pages, and what is cleared when a visitor has gone."""

from __future__ import annotations

import pytest
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.state.safe_session_state import SafeSessionState
from streamlit.runtime.state.session_state import SessionState
from streamlit.runtime.uploaded_file_manager import UploadedFileRec
from streamlit.testing.v1 import AppTest

from pages.ui.booth import recording, scenes, show
from pages.ui.game.highscores import Highscores, Score
from pages.ui.shared import booth, cache
from pages.ui.shared.owner import LESSONS, OWNER
from pages.ui.shared.visitors import Visitor, Visitors
from tests.pages.conftest import ROOT, SECONDS, open_page, text_of
from xray_model import LESSONS as CATALOGUE
from xray_model import lesson_outcome


@pytest.fixture
def whole_server(monkeypatch):
    monkeypatch.setenv("XRAY_BOOTH", "1")
    return monkeypatch


def uploads(app: AppTest) -> int:
    assert not app.exception
    return len(app.get("file_uploader"))


def test_a_visit_is_a_booth_s_by_its_address():
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=SECONDS)
    app.query_params["booth"] = "1"
    app.run()
    assert not app.sidebar
    assert "What it is not" not in text_of(app)
    del app.query_params["booth"]
    assert uploads(app.switch_page("pages/analyze.py").run()) == 0
    assert uploads(open_page("pages/analyze.py")) == 1


@pytest.mark.usefixtures("center")
@pytest.mark.parametrize("page", ["analyze", "augmentation", "train"])
def test_a_booth_takes_no_uploads_unless_allowed(page, whole_server):
    app = open_page(f"pages/{page}.py")
    assert uploads(app) == 0
    assert not {"Your own", "zip"} & {option for group in app.get("button_group") for option in group.options}
    whole_server.setenv("XRAY_BOOTH_UPLOADS", "1")
    assert uploads(open_page(f"pages/{page}.py")) > 0


def test_a_wrong_address_is_named_on_the_page(whole_server):
    whole_server.setenv("XRAY_PUBLIC_ADDRESS", "lab.example.org")
    [error] = open_page().error
    assert "XRAY_PUBLIC_ADDRESS must be a whole address" in error.value
    whole_server.setenv("XRAY_PUBLIC_ADDRESS", "https://lab.example.org")
    assert booth.public_address() == "https://lab.example.org"
    assert not open_page().error


@pytest.mark.parametrize(("said", "seconds"), [("90", 90), ("", 60), ("soon", 60), ("1", 60), ("-5", 60), ("inf", 60)])
def test_the_rest_has_a_sensible_length(said, seconds, monkeypatch):
    monkeypatch.setenv("XRAY_BOOTH_REST", said)
    assert booth.rest_seconds() == seconds


def test_every_scene_leads_somewhere_and_the_best_of_the_day_are_shown(monkeypatch):
    best = Highscores()
    best.add(Score("ABC", 720, 8))
    monkeypatch.setattr(scenes, "highscores", lambda: best)
    found = scenes.scenes(cache.bundle())
    assert {scene["kind"] for scene in found} == set(show.WAYS)
    assert ["1", "ABC", "720", "8 of 10"] in found[-1]["rows"]
    assert [scene["headline"] for scene in found if scene["kind"] == "phantom"].count("Normal") == 1


def test_the_recorded_run_is_a_whole_run_of_its_lesson_and_is_called_recorded():
    scene = recording.scene()
    lesson = CATALOGUE[recording.recorded()["lesson"]]
    events = recording.recorded()["events"]
    for run, training in enumerate(lesson.trainings):
        epochs = [event["epoch"] for event in events if event["kind"] == "point" and event["run"] == run]
        assert epochs == list(range(training.epochs + 1))
    said = lesson.conclude(lesson_outcome(lesson, events)).sentences
    assert scene["sentences"] == [lesson.question, said[0], said[-1]]
    assert scene["caption"].startswith(f"Recorded on {recording.recorded()['recorded']}: one run of this lesson")
    assert show.WAYS["run"][1] == {"lesson": lesson.key}


def visitor(name: str) -> Visitor:
    """A session with an answer, a secret and a file that has arrived."""
    state, files = SafeSessionState(SessionState(), lambda: None), MemoryUploadedFileManager("/upload")
    for key, value in {booth.PARAMETER: True, "session": "films", "match": "a game", OWNER: name}.items():
        state[key] = value
    files.add_file(name, UploadedFileRec(f"{name}-file", "chest.png", "image/png", b"pixels"))
    return Visitor(name, state, files)


def test_who_has_gone_without_the_browser_saying_so_is_cleared_and_nobody_else(center):
    present, gone, stays = Visitors(), visitor("gone"), visitor("stays")
    for one in (gone, stays):
        present.keep(one)
    runs = {name: [center.start_lesson(name, "shortcut")] for name in ("gone", f"gone{LESSONS}", "stays")}
    assert all(center.list_runs(name) for name in runs)
    gone.touched -= 61
    present.clear_gone(60)
    assert gone.state.filtered_state == {booth.PARAMETER: True}
    assert gone.uploads.get_files("gone", ["gone-file"]) == []
    assert set(stays.state.filtered_state) == {booth.PARAMETER, "session", "match", OWNER}
    assert len(stays.uploads.get_files("stays", ["stays-file"])) == 1
    assert [name for name in runs if center.list_runs(name)] == ["stays"]
    assert len(present) == 1
