"""What a visitor has predicted and seen of each lesson, for one session; the run itself is in the job centre."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from pages.ui.shared import cache
from pages.ui.shared.owner import LESSONS, owner
from xray_model import Lesson, RunView, UnknownRun

VISITS = "lessons"  # st.session_state key


@dataclass
class Visit:
    """A lesson that was begun. prediction: index of the choice, None where a new session finds its run again."""

    run_id: str
    prediction: int | None
    events: list[dict[str, Any]] = field(default_factory=list)
    since: int = 0
    view: RunView | None = None

    def follow(self) -> RunView | None:
        """The run's state, with its new events fetched; None when it is gone before it ended."""
        if self.view is None or not self.view.ended:
            try:
                self.view = cache.jobs().view(_owner(), self.run_id, self.since)
            except UnknownRun:
                return None
            self.events.extend(self.view.events)
            self.since = self.view.next_since
        return self.view


def visit_of(lesson: Lesson) -> Visit | None:
    """The visit, also of a run that the same browser began before; None before the start."""
    visits = _visits()
    if lesson.key not in visits:
        found = next((run for run in cache.jobs().list_runs(_owner()) if run.name == lesson.key), None)
        if found:
            visits[lesson.key] = Visit(found.run_id, None)
    return visits.get(lesson.key)


def begin(lesson: Lesson, prediction: int) -> None:
    """Start the lesson's run; raises `InvalidConfig`. A run of another lesson ends; what it showed is kept."""
    for visit in _visits().values():
        visit.follow()
    _visits()[lesson.key] = Visit(cache.jobs().start_lesson(_owner(), lesson.key), prediction)


def forget(lesson: Lesson) -> None:
    """Back to the question."""
    visit = _visits().pop(lesson.key, None)
    if visit:
        with contextlib.suppress(UnknownRun):
            cache.jobs().control(_owner(), visit.run_id, "discard")


def _visits() -> dict[str, Visit]:
    return st.session_state.setdefault(VISITS, {})


def _owner() -> str:
    """Apart from the Train page's runs, which have a list of their own."""
    return owner() + LESSONS
