"""After a run: is it better than what it started from, where is it wrong, and what can be done with it."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import streamlit as st

from pages.ui import cache, frame, train_before, train_charts, train_confusion, train_use
from pages.ui.state import session
from pages.ui.train_measures import Measured
from pages.ui.train_state import Bench
from xray_model import RunResult, RunView, XrayModelError, load_bundle, load_result

ANALYZE = "pages/analyze.py"


def show(bench: Bench, view: RunView) -> None:
    """Everything that a finished run has to say; a sentence when it left no result."""
    if not view.result:
        return
    try:
        result = _result(bench, view)
    except XrayModelError as error:
        st.error(f"The result cannot be opened. {error}", icon=":material/error:")
        return
    measured = Measured(result.labels, result.probabilities, result.threshold)
    st.divider()
    st.subheader("What it learned", anchor=False)
    if result.worse:
        st.warning(f"**{result.sentence}**", icon=":material/trending_down:")
    else:
        st.markdown(f":material/trending_up: {result.sentence}")
    _take_along(bench, view)
    frame.notice("result")
    matrix, charts = st.columns([2, 3], gap="large")
    with matrix:
        train_confusion.matrix(measured, view.run_id)
    with charts:
        train_charts.show(measured, train_before.bundled(result), view.run_id)
    train_confusion.pictures(result, measured, view.run_id)
    train_before.show(view, result, measured)


def _result(bench: Bench, view: RunView) -> RunResult:
    """The open run's result; only the last one is kept in memory."""
    folder, result = bench.result
    if folder != view.result or result is None:
        result = load_result(view.result)
        bench.result = (view.result, result)
    return result


def _take_along(bench: Bench, view: RunView) -> None:
    with st.container(horizontal=True, key="train-take"):
        if st.button("Use in Analyze", key="train-use", type="primary", icon=":material/radiology:"):
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
    st.caption("“Use in Analyze” puts this model into your session only; everybody else goes on with the bundled one.")


def _history(view: RunView) -> bytes:
    return (Path(view.result) / "history.csv").read_bytes()
