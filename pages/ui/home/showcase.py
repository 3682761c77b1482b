"""The model at work on the first page: a phantom, its evidence, the probability and one sentence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

import xray_model
from pages.ui.shared import cache, viewer, wording
from xray_model import DEFAULT_COLORMAP, PNEUMONIA

if TYPE_CHECKING:
    from xray_model import Bundle, Heatmap

SIZE = 448  # pixels: sharp where the picture stands, and sent in one piece of 30 KB
OPACITY = 0.7
PHANTOMS = ((12, "lobar"), (14, "none"), (13, "patchy"), (15, "interstitial"), (11, "none"), (16, "lobar"))
DRAWN = {
    "none": "without pneumonia",
    "lobar": "with a lobar opacity",
    "patchy": "with patchy opacities",
    "interstitial": "with an interstitial pattern",
}
ANSWER = """
<div class="answer" role="img" aria-label="Probability of pneumonia {value}">
  Probability of pneumonia<div class="value" data-testid="probability">{value}</div>
  <div class="scale"><i style="width:{share:.1f}%"></i></div>
</div>"""


@dataclass(frozen=True, eq=False)
class Exhibit:
    """A phantom with its answer. picture: from `viewer.encode`. probability: of PNEUMONIA, in [0, 1]."""

    picture: str
    finding: str
    probability: float
    label: str
    heatmap: Heatmap


@st.cache_resource(show_spinner=False, max_entries=2 * len(PHANTOMS))
def exhibit(seed: int, finding: str, model: str, _bundle: Bundle) -> Exhibit:  # noqa: ARG001 - part of the key
    """The phantom's picture and the bundle's answer, kept for every visitor. model: the bundle's hash."""
    radiograph = xray_model.Radiograph.from_array(cache.phantom(seed, finding, SIZE))
    answer = xray_model.analyze(radiograph, _bundle)
    found = answer.prediction
    return Exhibit(viewer.encode(radiograph), finding, found.probability, found.label, answer.heatmap)


@st.fragment
def show(bundle: Bundle) -> None:
    """Draw the phantom on show, and a button for the next one. As a fragment, it runs again without the page."""
    number = st.session_state.get("showcase", 0) % len(PHANTOMS)
    seed, finding = PHANTOMS[number]
    shown = exhibit(seed, finding, bundle.hash, bundle)
    pictures, words = st.columns([3, 2], gap="medium", vertical_alignment="center")
    with pictures:
        name = f"synthetic phantom {seed}, drawn {DRAWN[finding]}"
        film = viewer.Film(shown.picture, (SIZE, SIZE), name, shown.heatmap)
        viewer.show(film, DEFAULT_COLORMAP, OPACITY, simple=True)
    with words:
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom"):
            st.html(ANSWER.format(value=wording.percent(shown.probability), share=shown.probability * 100), width=180)
            st.button("Next phantom", icon=":material/arrow_forward:", type="primary", key="next", on_click=_next)
        st.markdown(sentence(shown))
        st.caption(f"Synthetic phantom {number + 1} of {len(PHANTOMS)}, drawn by the computer. Move the slider.")


def sentence(shown: Exhibit) -> str:
    """What is true of the phantom, what the model makes of it and where it looks."""
    said = f"Drawn {DRAWN[shown.finding]}. The model calls it **{shown.label}**."
    return f"{said} {wording.region_sentence(shown.heatmap)}" if shown.label == PNEUMONIA else said


def _next() -> None:
    st.session_state["showcase"] = st.session_state.get("showcase", 0) + 1
