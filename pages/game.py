"""The game: ten phantoms, the visitor's answers against the model's, and what they say about being sure."""

from __future__ import annotations

import streamlit as st

from pages.ui.game import play, result, start
from pages.ui.shared import cache, frame
from xray_model import InvalidBundle

frame.open_page("You against the model")
above = st.container(key="game")
above.title("You against the model", anchor=False)
frame.notice()
try:
    bundle = cache.bundle()
except InvalidBundle as error:
    above.error(f"The bundled model cannot be opened. {error}", icon=":material/error:")
    st.stop()


@st.fragment
def draw_game() -> None:
    """Draw the start, a round or the result. As a fragment, a round runs without the rest of the page."""
    match = play.current()
    if match is None:
        start.show(bundle)
    elif match.is_over:
        result.show(match)
    else:
        play.show(match, bundle)


with above:
    draw_game()
