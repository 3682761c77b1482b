"""Train: choose images and a recipe, watch a network learn, stop and resume it, compare, use the result."""

from __future__ import annotations

import streamlit as st

from pages.ui import (
    frame,
    train_compare,
    train_data,
    train_live,
    train_recipe,
    train_result,
    train_start,
    train_state,
)

frame.open_page("Train")
st.title("Train", anchor=False)
st.markdown(
    "Watch a network learn to tell radiographs with pneumonia from those without. It keeps what it knows of pictures "
    "and learns the last step anew: transfer learning. The result can be used at once, in your session only."
)
frame.notice()

bench = train_state.bench()
train_state.keep_token(bench)
view = train_compare.choose(bench)

if view is None:
    images, recipe = st.columns(2, gap="large")
    with images:
        chosen = train_data.choose(bench)
    with recipe:
        train_recipe.choose(bench)
        train_start.show(bench, chosen)
    if chosen:
        train_data.look(chosen)
    train_recipe.details(bench, chosen)
else:
    train_live.show(bench, view, train_compare.overlay(bench, view))
    train_result.show(bench, view)
train_compare.table(bench)
