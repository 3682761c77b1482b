"""The pages' log: a line of JSON an event if XRAY_LOG=json, otherwise nothing. No name, nothing of a file, no address.

Events: start, session_opened, session_closed, answered, refused, pictures_dropped, run_started, run_ended.
"""

from __future__ import annotations

import os
import platform
import weakref

import streamlit as st

import xray_model

VARIABLE, VALUE = "XRAY_LOG", "json"


def tell(event: str, **facts: str | int) -> None:
    """Write the event. Facts are kinds, counts and durations."""
    if os.environ.get(VARIABLE) == VALUE:
        xray_model.log_event(event, **facts)


def follow(session: object) -> None:
    """Write that a session has been opened, and later that it is gone."""
    _start()
    tell("session_opened")
    weakref.finalize(session, tell, "session_closed")


@st.cache_resource(show_spinner=False)
def _start() -> None:
    """Write, once, that the pages are at work: with the first session."""
    tell("start", python=platform.python_version(), streamlit=st.__version__)
