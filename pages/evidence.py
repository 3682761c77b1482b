"""The Evidence page: how good the bundled model is, for whom, and where it fails; every figure from its files."""

from __future__ import annotations

import streamlit as st

import xray_model
from pages.ui.evidence import decisions, groups, maps, model, probabilities, trust
from pages.ui.shared import cache, frame
from xray_model import InvalidBundle

PARTS = {
    "Decisions": decisions.show,
    "Probabilities": probabilities.show,
    "Groups": groups.show,
    "Maps": maps.show,
    "Model": model.show,
}
SETS = {"left-out series": "Films of a series never seen", "validation": "Held-out films"}

frame.open_page("Evidence")
st.title("Evidence", anchor=False)
frame.notice()
part = st.segmented_control(
    "Part",
    list(PARTS),
    default="Decisions",
    required=True,
    key="part",
    bind="query-params",
    label_visibility="collapsed",
)
try:
    bundle = cache.bundle()
    sets = xray_model.answered_films(bundle)
except InvalidBundle as error:
    st.error(f"The bundled model cannot be shown. {error}", icon=":material/error:")
    st.stop()
if part == "Decisions":
    trust.show(bundle)
    st.divider()
if part not in ("Maps", "Model"):
    name = st.segmented_control(
        "Measured on",
        list(sets),
        default=next(iter(sets)),
        required=True,
        key="films",
        persist_state="session",
        format_func=lambda name: SETS.get(name, name),
    )
    films = sets[name or next(iter(sets))]
    st.caption(f"{films.data[0].upper()}{films.data[1:]}. No test film is among them.")
else:
    films = next(iter(sets.values()))
PARTS[part or "Decisions"](bundle, films)
