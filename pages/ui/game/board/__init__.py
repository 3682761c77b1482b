"""The board of a round: the phantom, how sure, where, and the two answers; then the truth beside both players' answers.

Pointing and the slider work in the browser (board.js); the server hears of an answer and of "next". The truth is not
sent before the answer.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st

from pages.ui.game.cases import Case
from pages.ui.game.match import Match
from pages.ui.game.scoring import Outcome
from pages.ui.shared import component, wording
from xray_model import NORMAL

KEY = "board"
FINDINGS = {"lobar": "lobar opacity", "patchy": "patchy opacities", "interstitial": "interstitial pattern"}
_board = component.load(Path(__file__).parent)


def show(match: Match, case: Case, on_answer: Callable[[], None], on_next: Callable[[], None]) -> None:
    """Draw the round on the board. on_answer, on_next: called when the player answers and when they go on."""
    shown = match.rounds[match.number]
    data = {
        "round": match.number,
        "rounds": len(match.rounds),
        "points": match.points,
        "picture": case.picture,
        "hint": _words(case.outcome(case.model)) if shown.hint else "",
        "truth": _truth(match, case) if match.is_open else None,
    }
    _board(key=KEY, data=data, on_answer_change=on_answer, on_next_change=on_next)


def sent(name: str) -> Any:
    """What the board sent with the event that is being handled, or None."""
    return st.session_state[KEY].get(name)


def _truth(match: Match, case: Case) -> dict[str, Any]:
    mine, models = match.outcomes[-1]
    return {
        "label": case.truth,
        "headline": case.truth if case.truth == NORMAL else f"{case.truth}: {FINDINGS[case.finding]}",
        "outline": case.outline,
        "evidence": case.evidence,
        "players": [_player("You", mine), _player("Model", models)],
    }


def _player(name: str, outcome: Outcome) -> dict[str, Any]:
    place = {None: "", True: "place found", False: "place missed"}[outcome.found]
    if outcome.found is False and outcome.call.place is None:
        place = "no place given"
    return {
        "name": name,
        "words": _words(outcome),
        "right": outcome.right,
        "place": outcome.call.place,
        "said": place,
        "points": f"{outcome.points:+d}".replace("-", "\N{MINUS SIGN}"),
    }


def _words(outcome: Outcome) -> str:
    return f"{outcome.call.label}, {wording.percent(outcome.call.sure)} sure"
