"""The confusion matrix, whose cells open the images in them, and the worst mistakes."""

from __future__ import annotations

import streamlit as st

from pages.ui.shared import wording
from pages.ui.train import pictures as train_pictures
from pages.ui.train.measures import Measured
from xray_model import LABELS, NORMAL, PNEUMONIA, RunResult

SHOWN = 12  # pictures of a cell: two rows on a laptop
WORST = "worst"
HEADER = f'<div class="called"><span>Called {PNEUMONIA}</span><span>Called {NORMAL}</span></div>'


def matrix(measured: Measured, run: str) -> None:
    """Four buttons: what an image truly is, and what it was called."""
    st.markdown("**Validation images: press a cell to see them**")
    st.caption(f"Called {PNEUMONIA} from a probability of {wording.percent(measured.threshold)} on.")
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


def pictures(result: RunResult, measured: Measured, run: str) -> None:
    """The images of the open cell with the evidence for what they were called; the worst mistakes at first."""
    opened = st.session_state.get(_key(run), WORST)
    if opened == WORST:
        found, title = measured.mistakes(), "The worst mistakes"
    else:
        truth, called = opened
        found, title = measured.cell(truth, called), f"Truly {LABELS[truth]}, called {LABELS[called]}"
    st.markdown(f"**{title}**")
    if not len(found):
        st.caption("None: no validation image is in here.")
        return
    train_pictures.tiles(train_pictures.result_tiles(result, found[:SHOWN]), "cell")
    more = f" The {SHOWN} surest of {len(found)}." if len(found) > SHOWN else ""
    st.caption(f"The bright parts speak for what the image was called.{more}")


def _key(run: str) -> str:
    return f"confusion-open-{run}"


def _open(run: str, cell: object) -> None:
    st.session_state[_key(run)] = cell
