"""Before and after: the bundled model and the new one, on the validation images and on the visitor's own."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from pages.ui.shared import cache
from pages.ui.shared.frame import ANALYZE
from pages.ui.shared.session import decode, session
from pages.ui.train.measures import Measured
from xray_model import Bundle, RunResult, RunView, answer_pictures, load_bundle

MOST = 20  # images of the visitor's own: each takes two passes
BEFORE, AFTER = "Bundled model", "This run"


def bundled(result: RunResult) -> Measured | None:
    """The bundled model's answers to the same images, at its own threshold; None if it did not see them."""
    if result.before is None:
        return None
    return Measured(result.labels, np.asarray(result.before), cache.bundle().card.operating_point().threshold)


def show(view: RunView, result: RunResult, measured: Measured) -> None:
    """Draw both comparisons side by side."""
    st.divider()
    figures, own = st.columns(2, gap="large")
    with figures:
        st.markdown("#### Before and after, on the same images")
        _figures(measured, bundled(result))
    with own:
        st.markdown("#### Before and after, on your own radiographs")
        _own(view)


def _figures(measured: Measured, before: Measured | None) -> None:
    columns = {AFTER: measured.figures()}
    if before:
        columns = {BEFORE: before.figures()} | columns
    st.table(
        [
            {"Figure": name} | {title: f"{values[name]:.3f}" for title, values in columns.items()}
            for name in ("AUC", "Accuracy", "Sensitivity", "Specificity")
        ]
    )
    st.caption(
        f"{len(measured.labels):,} images that the run never learned from; each model at its own threshold. The best "
        "epoch was chosen on them, so the figures are a little too good."
    )


def _own(view: RunView) -> None:
    readings = session().readable[:MOST]
    if not readings or not view.result:
        st.caption("Open a radiograph on the Analyze page to compare both models' answers to it here.")
        st.page_link(ANALYZE, label="Analyze", icon=":material/radiology:")
        return
    mine, theirs = load_bundle(view.result), cache.bundle()
    rows = []
    for reading in readings:
        grey = decode(reading.source)
        before, after = (_probability(model, grey.grey(model.card.input_size)) for model in (theirs, mine))
        rows.append({"File": reading.name, BEFORE: before * 100, AFTER: after * 100})
    share = st.column_config.NumberColumn(format="%.1f %%", width="small")
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        key="train-own",
        column_config={BEFORE: share, AFTER: share},
        alt="Probability of pneumonia, before and after",
    )
    st.caption("Probability of pneumonia. A run on few images, or on phantoms, learns little about real radiographs.")


def _probability(bundle: Bundle, grey: np.ndarray) -> float:
    return float(answer_pictures(grey[None], bundle)[0][0])
