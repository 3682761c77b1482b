"""The best games of the day on this server: in memory, a few, with three letters each and nothing else of anybody."""

from __future__ import annotations

import datetime
import re
import threading
from dataclasses import dataclass

import streamlit as st

KEPT = 8
NOBODY = "???"
REFUSED = frozenset({"ASS", "CUM", "DIE", "FAG", "FCK", "FUC", "FUK", "FUX", "GAS", "KKK", "NAZ", "NIG", "SEX", "TIT"})


@dataclass(frozen=True)
class Score:
    """One game. right: of ten."""

    initials: str
    points: int
    right: int


class Highscores:
    """The `KEPT` best of today, the best first; at midnight (UTC) they are gone. Safe between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._day: datetime.date | None = None
        self._scores: list[Score] = []

    def add(self, score: Score, day: datetime.date | None = None) -> None:
        """Keep the score if it is among the best. Equal ones stay in the order they came."""
        with self._lock:
            self._turn_to(day)
            self._scores = sorted([*self._scores, score], key=lambda one: -one.points)[:KEPT]

    def today(self, day: datetime.date | None = None) -> list[Score]:
        """The scores of the day, the best first."""
        with self._lock:
            self._turn_to(day)
            return list(self._scores)

    def _turn_to(self, day: datetime.date | None) -> None:
        day = day or datetime.datetime.now(datetime.UTC).date()
        if day != self._day:
            self._day, self._scores = day, []


@st.cache_resource(show_spinner=False)
def highscores() -> Highscores:
    """The one list of this server."""
    return Highscores()


def initials(text: str) -> str:
    """The first three letters A-Z of what somebody typed, in capitals; `NOBODY` for fewer or for rude ones."""
    letters = re.sub("[^A-Z]", "", text.upper())[:3]
    return letters if len(letters) == 3 and letters not in REFUSED else NOBODY
