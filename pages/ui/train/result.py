"""The result of a run: its figures, its mistakes, and how it compares with the bundled model."""

from __future__ import annotations

import streamlit as st

from pages.ui.shared import frame
from pages.ui.train import before_after, charts, confusion
from pages.ui.train.measures import Measured
from pages.ui.train.state import Bench
from xray_model import RunResult, RunView, XrayModelError, load_result


def show(bench: Bench, view: RunView) -> None:
    """Draw the result of the run, if it has one."""
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
    frame.notice("result")
    left, right = st.columns([2, 3], gap="large")
    with left:
        confusion.matrix(measured, view.run_id)
    with right:
        charts.show(measured, before_after.bundled(result), view.run_id)
    confusion.show_cell(result, measured, view.run_id)
    before_after.show(view, result, measured)


def _result(bench: Bench, view: RunView) -> RunResult:
    """The open run's result. Only the last one is kept in memory."""
    assert view.result is not None
    folder, result = bench.result
    if folder != view.result or result is None:
        result = load_result(view.result)
        bench.result = (view.result, result)
    return result
