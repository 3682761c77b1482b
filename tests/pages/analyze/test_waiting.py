"""Whoever opens a phantom, asks for the proof or for another model waits for a turn, and is told the place."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace

import pytest

import xray_model
from pages.ui.analyze import comparison
from pages.ui.shared import cache, turns
from tests.pages.conftest import text_of


@pytest.fixture
def others(monkeypatch):
    """Call to make others take every turn until somebody has been told to wait."""
    monkeypatch.setattr(turns, "PATIENCE", 0.01)
    say = turns.say
    with ExitStack() as theirs:

        def say_and_end(place: int) -> None:
            say(place)
            theirs.close()

        def begin() -> None:
            for _ in range(turns.AT_ONCE):
                theirs.enter_context(turns.turns().turn())

        monkeypatch.setattr(turns, "say", say_and_end)
        yield begin


def told(app) -> list[str]:
    assert not app.exception
    return [toast.value for toast in app.toast]


def test_a_phantom_waits_for_its_turn(analyze_page, others):
    others()
    app = analyze_page.button(key="sample-13").click().run()
    assert told(app) == [turns.words(1)]
    assert "1 image analyzed." in text_of(app)


def test_the_proof_waits_for_its_turn(analyze_page, others):
    app = analyze_page.button(key="sample-13").click().run()
    assert told(app) == []
    others()
    app.button(key="prove").click().run()
    assert told(app) == [turns.words(1)]
    assert "Well supported by the picture" in text_of(app)


def test_another_model_s_answer_waits_for_its_turn(analyze_page, others, monkeypatch):
    bundle = xray_model.load_bundle()
    second = replace(bundle, card=replace(bundle.card, name="second"))
    monkeypatch.setattr(xray_model, "list_bundles", lambda: ["second", bundle.name])
    monkeypatch.setattr(cache, "other_bundle", lambda _: second)
    app = analyze_page.button(key="sample-13").click().run()
    others()
    app.selectbox(key=comparison.KEY).set_value(comparison.MODEL + "second").run()
    assert told(app) == [turns.words(1)]
    assert app.session_state["session"].beside
