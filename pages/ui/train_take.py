"""A result taken along: into the Analyze page of this session, or as files."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import streamlit as st

from pages.ui import cache, train_use
from pages.ui.state import session
from pages.ui.train_state import Bench
from xray_model import RunView, load_bundle

ANALYZE = "pages/analyze.py"
USE_HELP = "Puts this model into your session only; everybody else goes on with the bundled one."


def buttons(bench: Bench, view: RunView) -> None:
    """What can be done with a result, in a row that the caller has opened."""
    if st.button("Use in Analyze", key="train-use", type="primary", icon=":material/radiology:", help=USE_HELP):
        train_use.use(session(), load_bundle(view.result))
        st.switch_page(ANALYZE)
    st.download_button(
        "Bundle (ZIP)",
        partial(cache.jobs().zip_result, bench.owner, view.run_id),
        "my-run.zip",
        "application/zip",
        key="train-bundle",
        on_click="ignore",
        icon=":material/download:",
        help="Network, LiteRT export, history, settings, and a card that says that this is a user's run.",
    )
    st.download_button(
        "History (CSV)",
        partial(_history, view),
        "history.csv",
        "text/csv",
        key="train-history",
        on_click="ignore",
        icon=":material/table:",
    )
    st.download_button(
        "Settings (JSON)",
        json.dumps(view.config.to_dict(), indent=2) + "\n",
        "settings.json",
        "application/json",
        key="train-result-settings",
        on_click="ignore",
        icon=":material/tune:",
    )


def _history(view: RunView) -> bytes:
    return (Path(view.result) / "history.csv").read_bytes()
