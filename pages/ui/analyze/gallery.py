"""The gallery of samples: synthetic phantoms, always labelled as such, drawn from fixed seeds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from pages.ui.analyze import uploads
from pages.ui.shared import address, turns
from pages.ui.shared.session import Reading, Sample, Session, answered, decode

if TYPE_CHECKING:
    from xray_model import Bundle

TILE = 128  # pixels on the page: six fit in a row of a window 1280 pixels wide
# Drawing all six would delay a fresh server's first page by half a second, so they are stored; a test compares them.
THUMBNAILS = Path(__file__).with_name("thumbnails")
SAMPLES = (
    Sample(11, "none", "Clear lungs"),
    Sample(12, "lobar", "Lobar opacity"),
    Sample(13, "patchy", "Patchy opacities"),
    Sample(14, "none", "Clear lungs"),
    Sample(15, "interstitial", "Interstitial pattern"),
    Sample(16, "lobar", "Lobar opacity"),
)
ELSEWHERE = (
    Sample(21, "none", "Clear lungs", "elsewhere"),
    Sample(22, "lobar", "Lobar opacity", "elsewhere"),
    Sample(23, "patchy", "Patchy opacities", "elsewhere"),
)
SEEDS = {str(sample.seed): sample for sample in SAMPLES}
NAMED = SEEDS | {str(sample.seed): sample for sample in ELSEWHERE}
PARAMETER = "phantom"  # of the address: its seed
TAKEN = "phantom-taken"  # st.session_state key: the address was looked at


def show(current: Session, bundle: Bundle) -> None:
    """Draw a thumbnail and a button for each sample; a model that has met the other hospital is tried there first."""
    if current.of_elsewhere:
        st.markdown("**Try your model** on phantoms of the other hospital, which it learned from")
        _row(current, ELSEWHERE, bundle)
    st.markdown("Or open a synthetic phantom, drawn by the computer")
    _row(current, SAMPLES, bundle)


def open_named(current: Session, bundle: Bundle) -> bool:
    """Open the phantom that the address names, at the visitor's first look; returns whether one was opened."""
    sample, is_first = address.named(PARAMETER, NAMED), TAKEN not in st.session_state
    st.session_state[TAKEN] = True  # later, the address follows what is open
    if sample is None or not is_first:
        return False
    _open(current, sample, bundle)
    return True


def told(reading: Reading | None) -> dict[str, str | None]:
    """What the address says of the open image: which phantom it is, and nothing of an upload."""
    return {PARAMETER: str(reading.source.seed) if reading and isinstance(reading.source, Sample) else None}


def thumbnail(sample: Sample) -> Path:
    """The file of a sample's small picture."""
    return THUMBNAILS / f"{sample.seed}.png"


def _row(current: Session, samples: Sequence[Sample], bundle: Bundle) -> None:
    with st.container(horizontal=True):
        for sample in samples:
            with st.container(width=TILE):
                _thumbnail(current, sample, bundle)


def _thumbnail(current: Session, sample: Sample, bundle: Bundle) -> None:
    st.image(str(thumbnail(sample)), width="stretch", alt=f"Synthetic phantom {sample.seed}: {sample.title.lower()}")
    st.caption(sample.title)
    st.button("Open", key=f"sample-{sample.seed}", on_click=_choose, args=(current, sample, bundle), width="stretch")


def _choose(current: Session, sample: Sample, bundle: Bundle) -> None:
    uploads.fold()
    _open(current, sample, bundle)


def _open(current: Session, sample: Sample, bundle: Bundle) -> None:
    key = f"sample-{sample.seed}"
    if key not in current.readings:
        with turns.turns().turn(turns.say):
            current.add(answered(key, sample.name, decode(sample), sample, bundle))
    current.opened = key
