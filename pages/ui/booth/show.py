"""The booth's first page: it plays by itself, and leads to what somebody wants to try."""

from __future__ import annotations

import streamlit as st

from pages.ui.booth import stage
from pages.ui.booth.scenes import scenes
from pages.ui.shared import booth, cache, frame
from xray_model import Bundle, InvalidBundle

FRESH_SECONDS = 60.0  # until the day's best are asked for again; only they can change
WAYS = {
    "phantom": (frame.ANALYZE, {}),
    "run": ("pages/lessons.py", {"lesson": "shortcut"}),
    "best": (frame.GAME, {}),
}


def page() -> None:
    """Draw the whole page."""
    try:
        bundle = cache.bundle()
    except InvalidBundle as error:
        st.error(f"The bundled model cannot be opened. {error}", icon=":material/error:")
        return
    _show(bundle)


@st.fragment(run_every=FRESH_SECONDS)
def _show(bundle: Bundle) -> None:
    """Draw the stage. As a fragment, it runs again without the page."""
    try:
        address = booth.public_address()
    except ValueError as error:
        st.error(str(error), icon=":material/error:")
        address = ""
    wanted = stage.show(scenes(bundle), address)
    if wanted in WAYS:
        path, parameters = WAYS[wanted]
        booth.go(path, **parameters)
