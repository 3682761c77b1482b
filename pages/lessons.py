"""The Lessons page: experiments that run live. `/lessons?lesson=KEY` is a lesson's own address."""

from __future__ import annotations

import streamlit as st

from pages.ui.lessons import overview, steps
from pages.ui.shared import frame, owner

frame.open_page("Lessons")
st.title("Lessons", anchor=False)
lesson = overview.chosen()
if lesson is None:
    st.markdown("Small experiments that run while you watch. Say first what you expect.")
frame.notice()
owner.keep_owner()

if lesson is None:
    overview.show()
else:
    steps.show(lesson)
