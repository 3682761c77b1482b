"""A booth's watch over one visit: the way back to the start, and the countdown before the visit is cleared."""

from __future__ import annotations

import secrets
from pathlib import Path

import streamlit as st

from pages.ui.shared import booth, component
from pages.ui.shared.visitors import visitors

COUNTDOWN_SECONDS = 20.0  # at most a third of the rest
VISIT = "booth-visit"  # st.session_state key
_rest = component.load(Path(__file__).parent)


@st.fragment
def watch() -> None:
    """Draw the way back, and start again when the browser was left alone. As a fragment, it runs without the page."""
    visitors().touch()
    seconds = booth.rest_seconds()
    visit = st.session_state.setdefault(VISIT, secrets.token_hex(4))  # after a clearing it is another one
    data = {"rest": seconds, "countdown": min(COUNTDOWN_SECONDS, seconds / 3), "visit": visit}
    said = _rest(key="rest", data=data, on_touched_change=_nothing, on_gone_change=_nothing)
    if said.gone:
        visitors().leave()
        booth.go(booth.HOME)


def _nothing() -> None:
    """What is said is read where the component is drawn."""
