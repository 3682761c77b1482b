"""Whose pictures are given up when those of all visitors find no room, and what their page says."""

from __future__ import annotations

import json
import time

import numpy as np
import pytest

from pages.ui.shared import page_log
from pages.ui.shared.picture_budget import REST, PictureBudget
from pages.ui.shared.session import LOST, Session
from tests.pages.conftest import open_page, png, text_of, upload
from xray_model import PackedRadiograph, Radiograph


def rested(seconds: float, budget: PictureBudget) -> Session:
    """A session with one picture that was touched so long ago."""
    session = Session(touched=time.monotonic() - seconds)
    pixels = np.random.default_rng(0).integers(0, 255, (100, 100), np.uint8)
    session.single["one"] = ("id", PackedRadiograph.of(Radiograph.from_array(pixels)))
    budget.join(session)
    return session


def test_the_longest_idle_lose_their_pictures_first_and_nobody_who_is_at_work(capsys, monkeypatch):
    monkeypatch.setenv(page_log.VARIABLE, page_log.VALUE)
    budget = PictureBudget(limit=0)
    short, long, busy = (rested(seconds, budget) for seconds in (REST + 9, REST + 600, REST - 9))
    one = long.size
    budget.limit = 3 * one
    assert budget.make_room(0)
    assert budget.make_room(one)
    assert [session.size // one for session in (long, short, busy)] == [0, 1, 1]
    assert long.single == {"one": ("id", LOST)}
    assert not budget.make_room(3 * one), "what those at work have is kept"
    assert [session.size // one for session in (long, short, busy)] == [0, 0, 1]
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [(line["event"], line["kilobytes"]) for line in lines] == [("pictures_dropped", one // 1000)] * 2


def test_who_lost_pictures_is_told_in_one_sentence_and_can_go_on():
    app = upload(open_page("pages/analyze.py"), ("a.png", png(1)), ("b.png", png(2)))
    session = app.session_state["session"]
    session.touched -= 12 * 60
    assert session.lose() > 0
    app.run()
    assert not app.exception
    assert not session.readings
    [said] = [warning.value for warning in app.warning]
    assert "Closed: 2 images" in said
    assert "rested for 12 minutes" in said
    app = upload(app, ("a.png", png(1)))
    assert not app.exception
    assert [reading.name for reading in session.readable] == ["a.png"]
    assert "Closed:" not in text_of(app)


@pytest.mark.parametrize("value", ["", "text"])
def test_the_log_is_silent_unless_it_is_asked_for(capsys, monkeypatch, value):
    monkeypatch.setenv(page_log.VARIABLE, value)
    page_log.tell("answered", milliseconds=1)
    assert capsys.readouterr().err == ""
