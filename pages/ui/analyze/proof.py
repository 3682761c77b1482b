"""The proof for the opened film, on demand: what its answer does when parts of the picture are hidden."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

import xray_model
from pages.ui.analyze import proof_curves
from pages.ui.shared import component, turns
from pages.ui.shared.session import Reading, Session, Setting, decode
from xray_model import Heatmap

if TYPE_CHECKING:
    from xray_model import Bundle, Proof

HELP = (
    "Hides parts of the picture under blurred lung and asks the model again, about 180 times: does the answer rest on "
    "the part that the map shows?"
)
ICONS = {
    "well supported": ":material/verified:",
    "partly supported": ":material/rule:",
    "not supported": ":material/warning:",
    "cannot be tested": ":material/info:",
}
SIDE = 300  # pixels of a small map
FULL = 2.0  # fall of the log odds that is drawn at full strength: weaker ones stay weak
PICTURE = """<figure><img src="{uri}" alt="{alt}"><figcaption>{title}</figcaption></figure>"""


def warn(current: Session, reading: Reading, setting: Setting) -> None:
    """Beside the answer: say that the picture does not support it, if that was found."""
    proof = current.proof(reading, setting)
    if proof and proof.level(setting.threshold) == "not supported":
        st.warning(
            "**Not supported by the picture.** Hiding what the map calls important does not lower the probability more "
            "than hiding anything else. See the test below the picture.",
            icon=ICONS["not supported"],
        )


def show(current: Session, reading: Reading, bundle: Bundle, setting: Setting) -> None:
    """Draw the button that asks for the proof, then the proof itself."""
    found = current.proof(reading, setting)
    if found is None:
        st.button(
            "Test this answer",
            key="prove",
            icon=":material/experiment:",
            help=HELP,
            on_click=_prove,
            args=(current, reading, bundle, setting),
        )
        return
    with st.container(border=True, key="proof"):
        _draw(found, reading, setting.threshold)


def _prove(current: Session, reading: Reading, bundle: Bundle, setting: Setting) -> None:
    with turns.turns().turn(turns.say):
        current.proofs[reading.key] = xray_model.prove(reading.analysis(setting), bundle)


def _draw(proof: Proof, reading: Reading, threshold: float) -> None:
    level = proof.level(threshold)
    st.markdown(f"#### {ICONS[level]} {xray_model.proof_title(proof, threshold)}")
    first, *others = xray_model.proof_sentences(proof, threshold)
    st.markdown(first)
    proof_curves.show(proof, threshold)
    st.html(f'<div class="proof-maps" data-testid="proof-maps">{_maps(proof, reading)}</div>')
    st.markdown(" ".join(others))
    with st.expander("How this is judged", icon=":material/help:", key="proof-rule"):
        for note in xray_model.proof_notes(proof, threshold, reading.answer.field is not None):
            st.caption(note)


def _maps(proof: Proof, reading: Reading) -> str:
    """Grad-CAM and the occlusion map beside one another, each on its own scale."""
    field = reading.answer.field
    evidence = reading.answer.heatmap
    falls = np.maximum(proof.occlusion, 0).astype(np.float32)
    occlusion = Heatmap(falls, evidence.target, "occlusion", FULL, field)
    film = decode(reading.source).squeezed(SIDE).pixels
    pictures = ((evidence, "What the map shows"), (occlusion, "Where hiding counts"))
    return "".join(
        PICTURE.format(uri=component.data_uri(heatmap.overlay(film, opacity=0.7), "jpeg"), alt=title, title=title)
        for heatmap, title in pictures
    )
