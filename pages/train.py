"""The Train page: choose images and a recipe, watch a network learn, compare runs, use the result."""

from __future__ import annotations

import streamlit as st

from pages.ui.shared import frame, owner
from pages.ui.train import compare, data, live, recipe, result, review, start, state
from xray_model import InvalidBundle

frame.open_page("Train")
st.title("Train", anchor=False)
st.markdown(
    "Watch a network learn to tell radiographs with pneumonia from those without. It keeps what it knows about "
    "pictures and learns only the last steps anew: transfer learning. The result can be used at once, in your session."
)
frame.notice()

try:
    bench = state.bench()
except InvalidBundle as error:
    st.error(f"The bundled model cannot be opened. {error}", icon=":material/error:")
    st.stop()
owner.keep_owner()
view = compare.choose(bench)

if view is None:
    left, right = st.columns([5, 4], gap="large")
    with left:
        chosen = data.choose(bench)
    with right:
        recipe.choose(bench)
        start.show(bench, chosen)
    if chosen:
        data.look(chosen)
        review.show(bench, chosen)
    recipe.details(bench, chosen)
else:
    live.show(bench, view, compare.overlay(bench, view))
    result.show(bench, view)
compare.table(bench)
