"""The confusion matrix, whose cells show the images in them, and the worst mistakes."""

from __future__ import annotations

import streamlit as st

from pages.ui.shared import wording
from pages.ui.train import pictures
from pages.ui.train.measures import Measured
from xray_model import LABELS, NORMAL, PNEUMONIA, RunResult

SHOWN = 12  # pictures of a cell at most: two rows on a laptop
WORST = "worst"
HEADER = f'<div class="called"><span>Called {PNEUMONIA}</span><span>Called {NORMAL}</span></div>'


def matrix(measured: Measured, run: str) -> None:
    """Draw the matrix as four buttons, with one for the worst mistakes below."""
    st.markdown("**Validation images** (press a cell to see them)")
    st.caption(f"Called {PNEUMONIA} if the probability is {wording.percent(measured.threshold)} or more.")
    opened = st.session_state.get(_key(run), WORST)
    with st.container(key="confusion", gap="small"):
        st.html(HEADER)
        for truth in (1, 0):
            with st.container(horizontal=True, gap="small"):
                for called in (1, 0):
                    _cell(measured, run, truth, called, opened)
    st.button(
        f"The worst mistakes ({len(measured.mistakes())} in all)",
        key="confusion-worst",
        icon=":material/report:",
        on_click=_open,
        args=(run, WORST),
    )


def _cell(measured: Measured, run: str, truth: int, called: int, opened: object) -> None:
    count = len(measured.cell(truth, called))
    words = "right" if truth == called else ("missed" if truth else "false alarm")
    with st.container(key=f"cell-{truth}{called}-{'right' if truth == called else 'wrong'}"):
        st.button(
            f"**{count}** {words}, truly {LABELS[truth]}",
            key=f"confusion-{truth}{called}",
            on_click=_open,
            args=(run, (truth, called)),
            type="primary" if opened == (truth, called) else "secondary",
            width="stretch",
            wrap=True,
        )


def show_cell(result: RunResult, measured: Measured, run: str) -> None:
    """Draw the open cell's images, each with the evidence for its decision; at first, the worst mistakes."""
    opened = st.session_state.get(_key(run), WORST)
    if opened == WORST:
        found, title = measured.mistakes(), "The worst mistakes"
    else:
        truth, called = opened
        found, title = measured.cell(truth, called), f"Truly {LABELS[truth]}, called {LABELS[called]}"
    st.markdown(f"**{title}**")
    if not len(found):
        st.caption("No validation image is in this cell.")
        return
    pictures.tiles(pictures.result_tiles(result, found[:SHOWN]), "cell")
    more = f" These are the {SHOWN} surest of {len(found)}." if len(found) > SHOWN else ""
    st.caption(f"The bright parts speak for the label that the image was called.{more}")


def _key(run: str) -> str:
    return f"confusion-open-{run}"


def _open(run: str, cell: object) -> None:
    st.session_state[_key(run)] = cell
