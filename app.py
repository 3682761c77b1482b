"""The app for `streamlit run app.py`: Streamlit imports this file once, and runs it whenever somebody opens Home."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import streamlit as st

from pages.ui.shared import booth, cache, frame, garbage


def home() -> None:
    """Draw the first page, or a booth's instead."""
    frame.open_page("Home")
    if booth.is_on():
        from pages.ui.booth import show as stage

        stage.page()
    else:
        from pages.ui.home import show

        show.page()


@asynccontextmanager
async def while_it_runs(_: st.App) -> AsyncIterator[None]:
    """What the server does before its first visitor, and after its last."""
    frame.style_first_page()
    garbage.look_after()
    yield
    await asyncio.to_thread(cache.leave_runs)  # a server that is ended by a signal calls no `atexit` function


if __name__ == "__main__":
    home()
else:
    app = st.App(__file__, lifespan=while_it_runs)
