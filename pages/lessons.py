"""The Lessons page: experiments that run live. `/lessons?lesson=KEY` is a lesson's own address."""

from __future__ import annotations

import streamlit as st

from pages.ui.lessons import overview, steps
from pages.ui.shared import frame, owner

frame.open_page("Lessons")
lesson = overview.chosen()
if lesson:
    overview.heading(lesson)
    steps.show(lesson)
    st.divider()
    frame.notice()
else:
    st.title("Lessons", anchor=False)
    st.markdown("Small experiments that run while you watch. Say first what you expect.")
    frame.notice()
    overview.show()
owner.keep_owner()
