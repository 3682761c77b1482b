"""The visitor's game in their session: begin, answer, go on."""

from __future__ import annotations

import streamlit as st

from pages.ui.game import board
from pages.ui.game.match import Match, read_call
from xray_model import Bundle

MATCH = "match"


def current() -> Match | None:
    """The visitor's game; None before the first."""
    return st.session_state.get(MATCH)


def begin() -> None:
    """Deal ten new phantoms."""
    st.session_state[MATCH] = Match()


def show(match: Match, bundle: Bundle) -> None:
    """Draw the round on the board."""

    def answer() -> None:
        sent = board.sent("answer")
        if sent and sent["round"] == match.number:
            match.answer(read_call(sent), bundle)

    def go_on() -> None:
        sent = board.sent("next")
        if sent and sent["round"] == match.number:
            match.go_on()

    board.show(match, match.case(bundle), answer, go_on)
