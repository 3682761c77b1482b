"""The Lessons page on a job centre that trains nothing: from prediction to conclusion, and back to the beginning."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

import xray_model
from pages.ui.lessons.state import VISITS
from pages.ui.shared.owner import OWNER
from tests.pages.conftest import ROOT, SECONDS, text_of

KEY = "head-start"


def opened(key: str | None = None) -> AppTest:
    """The page at a lesson's own address."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=SECONDS).switch_page("pages/lessons.py")
    if key:
        app.query_params["lesson"] = key
    app.run()
    assert not app.exception
    return app


def predicted(app: AppTest, choice: int) -> AppTest:
    app.radio[0].set_value(choice).run()
    app.button(key="lesson-start").click().run()
    assert not app.exception
    return app


def points(ends: dict[int, float]) -> list[dict]:
    """Two points for each training."""
    return [
        {"kind": "point", "run": run, "epoch": epoch, "auc": auc, "loss": 0.5, "accuracy": 0.5}
        for run, end in ends.items()
        for epoch, auc in enumerate((0.5, end))
    ]


def ended(app: AppTest, center, events: list[dict]) -> AppTest:
    """The page after the lesson's run."""
    owner, run_id = next(iter(center.runs))
    center.events[run_id] += events
    center.set(owner, run_id, state="finished", sentence="Finished.")
    app.run()
    assert not app.exception
    return app


def test_the_list_leads_to_every_lesson(center):
    app = opened()
    for key in xray_model.LESSONS:
        assert app.button(key=f"lesson-open-{key}")
    app.button(key=f"lesson-open-{KEY}").click().run()
    assert app.query_params["lesson"] in (KEY, [KEY])
    assert app.title[0].value == xray_model.LESSONS[KEY].title
    app.button(key="lesson-list").click().run()
    assert app.title[0].value == "Lessons"
    assert not center.runs


def test_from_prediction_to_conclusion_and_back(center, monkeypatch):
    monkeypatch.setattr("pages.ui.lessons.steps.lesson_offline_note", lambda _: "Something stands in.")
    app = opened(KEY)
    assert app.button(key="lesson-start").disabled
    assert "Something stands in." in text_of(app)
    predicted(app, 1)
    assert app.get("progress")[0].proto.text == "Looking at the images."
    ended(app, center, points({0: 0.64, 1: 0.96, 2: 0.99}))
    text = text_of(app)
    assert "You expected: The one from photographs." in text
    assert "reached 0.95 after 1 epoch" in text
    assert "ended at 0.640" in text
    app.button(key="lesson-again").click().run()
    assert not app.exception
    assert not center.runs
    assert app.radio[0].value is None
    predicted(app, 3)
    ended(app, center, points({0: 0.5, 1: 0.6, 2: 0.7}))
    assert "As you expected." in text_of(app)
    assert "This time no start was enough." in text_of(app)
    app.button(key="lesson-next").click().run()
    assert app.title[0].value == list(xray_model.LESSONS.values())[1].title


@pytest.mark.parametrize("key", [key for key in xray_model.LESSONS if key != KEY])
def test_each_lesson_draws_its_charts_at_once_and_says_when_it_fails(key, center):
    app = predicted(opened(key), 0)
    assert app.get("vega_lite_chart") or app.dataframe
    owner, run_id = next(iter(center.runs))
    center.set(owner, run_id, state="failed", sentence="It broke.")
    app.run()
    assert not app.exception
    assert "It broke." in text_of(app)
    assert app.button(key="lesson-again")


def test_a_new_session_of_the_same_browser_finds_its_lesson(center):
    app = predicted(opened(KEY), 1)
    token = app.session_state[OWNER]
    later = AppTest.from_file(str(ROOT / "app.py"), default_timeout=SECONDS).switch_page("pages/lessons.py")
    later.session_state[OWNER] = token
    later.query_params["lesson"] = KEY
    later.run()
    assert later.session_state[VISITS][KEY].prediction is None
    center.runs.clear()
    assert "has been removed" in text_of(later.run())


def test_a_host_that_is_too_small_says_so_before_the_start(center):
    center.memory_mb = 0.0
    app = opened(KEY)
    app.radio[0].set_value(0).run()
    assert app.button(key="lesson-start").disabled
    assert "too little memory for training" in app.error[0].value
