"""The visitor's runs: choosing the open one, and comparing them."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from pages.ui.train.curves import OTHERS
from pages.ui.train.live import STATES
from pages.ui.train.state import Bench
from xray_model import RunView, epoch_records, point_records

PICK_KEY, OVERLAY_KEY = "train-pick", "train-overlay"
NEW = "new"
FIGURES = {
    "val_auc": "AUC",
    "val_accuracy": "Accuracy",
    "val_sensitivity": "Sensitivity",
    "val_specificity": "Specificity",
}


def choose(bench: Bench) -> RunView | None:
    """Let the visitor choose a run, once there are any; returns it, or None for a new run."""
    runs = {view.run_id: view for view in bench.runs()}
    if bench.opened not in runs:
        bench.opened = None
    if not runs:
        return None
    shown = bench.opened or NEW
    if st.session_state.get(PICK_KEY) != shown:
        st.session_state[PICK_KEY] = shown
    st.pills(
        "Your runs",
        [NEW, *runs],
        format_func=lambda run: ":material/add: New run" if run == NEW else runs[run].name,
        required=True,
        key=PICK_KEY,
        on_change=_open,
        args=(bench,),
        help="Only you can see them. This browser finds them again when you come back.",
    )
    return runs.get(bench.opened or "")


def overlay(bench: Bench, view: RunView) -> dict[str, list[dict[str, Any]]]:
    """Let the visitor choose runs to draw over the open one's curves; returns their records by name."""
    others = {run.run_id: run.name for run in bench.runs() if run.run_id != view.run_id}
    if not others or (view.ended and view.last_epoch is None):
        return {}
    chosen = st.multiselect(
        "Draw other runs over these curves",
        list(others),
        format_func=lambda run: others.get(run, ""),
        max_selections=len(OTHERS),
        key=f"{OVERLAY_KEY}-{view.run_id}",
        placeholder="None",
        help="Adds their validation curves, each in its own colour.",
    )
    return {others[run]: point_records(_events(bench, run)) for run in chosen}


def table(bench: Bench) -> None:
    """Draw a table of each run's best epoch, once there are two runs."""
    runs = bench.runs()
    if len(runs) < 2:
        return
    st.subheader("Your runs compared", anchor=False)
    st.dataframe(
        pd.DataFrame([_row(bench, run) for run in runs]), hide_index=True, alt="Each run's best epoch", key="train-runs"
    )
    st.caption("Figures of the epoch with the best validation AUC. Only runs on the same images can be compared.")


def _row(bench: Bench, run: RunView) -> dict[str, Any]:
    records = [record for record in epoch_records(_events(bench, run.run_id)) if record.get("val_auc") is not None]
    best = max(records, key=lambda record: record["val_auc"], default={})
    figures = {title: f"{best[name]:.3f}" if best.get(name) is not None else "" for name, title in FIGURES.items()}
    return {"Run": run.name, "State": STATES.get(run.state, run.state), "Epochs": len(records)} | figures


def _events(bench: Bench, run_id: str) -> list[dict[str, Any]]:
    bench.follow(run_id)
    return bench.events.get(run_id, [])


def _open(bench: Bench) -> None:
    chosen = st.session_state[PICK_KEY]
    bench.opened = None if chosen == NEW else chosen
