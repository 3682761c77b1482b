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

NOISE = 0.01  # AUC: on a hundred images, less is chance
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
    if result.old:
        _hospitals(result, measured)
    figures, own = st.columns(2, gap="large")
    with figures:
        st.markdown("#### Before and after, on the same images")
        _figures(measured, bundled(result))
    with own:
        st.markdown("#### Before and after, on your own radiographs")
        _own(view)


def _hospitals(result: RunResult, measured: Measured) -> None:
    """The story of a model that met another hospital: what it gained there, and what it forgot of the old one."""
    old, met = result.old, bundled(result)
    if old is None or met is None:
        return
    st.markdown("#### A model meets a new hospital")
    new = met.figures()["AUC"], measured.figures()["AUC"]
    st.table(
        [
            {"AUC": "On the new images", "Before": f"{new[0]:.3f}", "After": f"{new[1]:.3f}"},
            {"AUC": "On the old hospital's phantoms", "Before": f"{old.before:.3f}", "After": f"{old.after:.3f}"},
        ]
    )
    st.caption(
        f"{_verdict(new[1] - new[0], old.before - old.after)} Measured on {len(measured.labels):,} new images that the "
        f"run never learned from, and on {old.images} phantoms of the hospital that the bundled model knows."
    )


def _verdict(gained: float, lost: float) -> str:
    first = "It has adapted" if gained >= NOISE else "It has hardly changed on the new images"
    if lost < NOISE:
        return f"{first}, and forgotten nothing that these figures show."
    return f"{first}, and forgotten a part of what it knew: whoever needs both trains on both."


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
