"""Which of several images comes first, which are listed, and which is open."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from pages.ui.analyze import doubts, worklist
from pages.ui.shared import wording
from pages.ui.shared.session import Reading, Session, Setting
from xray_model import NORMAL, PNEUMONIA, Prediction

LEAST = 2  # images that make a list
ORDER_KEY, SHOW_KEY = "order", "show"
PROBABILITY, NOT_SURE, FILE = "probability", "not-sure", "file"
ORDERS = {PROBABILITY: "By probability", NOT_SURE: "Not sure first", FILE: "As they came"}
ALL = "all"
SHOWN: dict[str, Callable[[Prediction], bool]] = {
    ALL: lambda _: True,
    PNEUMONIA: lambda prediction: prediction.label == PNEUMONIA,
    NORMAL: lambda prediction: prediction.label == NORMAL,
    NOT_SURE: lambda prediction: prediction.unsure,
}
TITLES = {ALL: "All", NOT_SURE: "Not sure"}
COUNTED = {ALL: "in all", NOT_SURE: "of these not sure"}


def listed(current: Session, setting: Setting) -> list[Reading]:
    """The images of the list, in its order and after its filter."""
    fits = SHOWN[st.session_state.get(SHOW_KEY, ALL)]
    found = [reading for reading in current.answered if fits(reading.prediction(setting))]
    order = st.session_state.get(ORDER_KEY, PROBABILITY)
    if order == FILE:
        return found
    return sorted(found, key=lambda reading: _place(reading.prediction(setting), order))


def choose(current: Session, setting: Setting) -> Reading | None:
    """The image to show: the one that was opened, else the first of the list; None without any."""
    opened = current.readings.get(current.opened or "")
    if not isinstance(opened, Reading):
        opened = next(iter(listed(current, setting) or current.answered), None)
    current.opened = opened.key if opened else None
    return opened


def show(current: Session, setting: Setting) -> None:
    """Draw order, filter and list, if there are several images."""
    if len(current.answered) < LEAST:
        return
    with st.container(key="triage", gap="xsmall"):
        with st.container(horizontal=True, gap="xsmall"):
            _choose_order()
            _choose_shown(current, setting)
        worklist.show(current, listed(current, setting), setting)
        st.caption(f"{_counts(current, setting)} {wording.table_sentence(setting)}")


def _place(prediction: Prediction, order: str) -> tuple[bool, float]:
    """What the list is sorted by. Not sure first: and in each half, those nearest to the threshold first."""
    if order == NOT_SURE:
        return not prediction.unsure, abs(prediction.probability - prediction.threshold)
    return False, -prediction.probability


def _choose_order() -> None:
    st.selectbox(
        "Order",
        list(ORDERS),
        format_func=ORDERS.__getitem__,
        key=ORDER_KEY,
        persist_state="session",
        label_visibility="collapsed",
    )


def _choose_shown(current: Session, setting: Setting) -> None:
    st.selectbox(
        "Show",
        list(SHOWN),
        format_func=lambda name: TITLES.get(name, name),  # no counts: an option is known by its title, which must stay
        key=SHOW_KEY,
        persist_state="session",
        label_visibility="collapsed",
        on_change=_leave_unlisted,
        args=(current, setting),
    )


def _leave_unlisted(current: Session, setting: Setting) -> None:
    """After another choice of what is listed, do not go on showing what is not."""
    if current.opened not in [reading.key for reading in listed(current, setting)]:
        current.opened = None


def _counts(current: Session, setting: Setting) -> str:
    """How many images each choice of the filter would list."""
    predictions = [reading.prediction(setting) for reading in current.answered]
    counts = [f"{sum(map(fits, predictions))} {COUNTED.get(name, name)}" for name, fits in SHOWN.items()]
    unlike = sum(bool(doubts.about_person(reading, setting)) for reading in current.answered)
    return ", ".join(counts + ([f"{unlike} ⚠ {doubts.UNLIKE}"] if unlike else [])) + "."
