"""What a visitor has predicted and seen of each lesson, for one session; the run itself is in the job centre."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from pages.ui.shared import cache
from pages.ui.shared.followed_run import FollowedRun
from pages.ui.shared.owner import LESSONS, owner
from xray_model import Lesson

VISITS = "lessons"  # st.session_state key


@dataclass
class Visit(FollowedRun):
    """A lesson that was begun. prediction: index of the choice, None where a new session finds its run again."""

    prediction: int | None = None


def visit_of(lesson: Lesson) -> Visit | None:
    """The visit, also of a run that the same browser began before; None before the start."""
    visits = _visits()
    if lesson.key not in visits:
        found = next((run for run in cache.jobs().list_runs(_owner()) if run.name == lesson.key), None)
        if found:
            visits[lesson.key] = Visit(_owner(), found.run_id)
    return visits.get(lesson.key)


def begin(lesson: Lesson, prediction: int) -> None:
    """Start the lesson's run; raises `InvalidConfig`. A run of another lesson ends; what it showed is kept."""
    for visit in _visits().values():
        visit.follow()
    run_id = cache.jobs().start_lesson(_owner(), lesson.key)
    _visits()[lesson.key] = Visit(_owner(), run_id, prediction=prediction)


def forget(lesson: Lesson) -> None:
    """Back to the question."""
    visit = _visits().pop(lesson.key, None)
    if visit:
        visit.discard()


def _visits() -> dict[str, Visit]:
    return st.session_state.setdefault(VISITS, {})


def _owner() -> str:
    """Apart from the Train page's runs, which have a list of their own."""
    return owner() + LESSONS
