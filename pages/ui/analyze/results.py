"""The results on the Analyze page: operating point, prevalence, files without an answer."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

import streamlit as st

from pages.ui.analyze import intake
from pages.ui.shared import address, wording
from pages.ui.shared.session import Session, Setting, Unanswered

if TYPE_CHECKING:
    from xray_model import ModelCard

POINT_KEY, PREVALENCE_KEY = "operating-point", "prevalence"
PREVALENCES = range(1, 91)  # per cent
WHY = (
    "Probability and threshold move with it: decision, sensitivity and specificity stay. Where pneumonia is rare, more "
    "of those called PNEUMONIA are healthy."
)
BESIDE = 1  # files without an answer that are listed openly beside answers; a longer list would push these away
LISTED = 50  # files without an answer that are listed at all; the CSV has the rest


def summary(current: Session) -> str:
    """How many images were analyzed, refused or unreadable, in words."""
    refused = sum(reading.refused for reading in current.unanswered)
    failed, read = len(current.unanswered) - refused, len(current.readable)
    parts = [f"{read} {wording.plural('image', read)} analyzed"]
    parts += [f"{refused} refused"] if refused else []
    parts += [f"{failed} could not be read"] if failed else []
    return ", ".join(parts) + "."


def setting(card: ModelCard) -> Setting:
    """What is chosen in this session: operating point and prevalence; the card's until then."""
    address.take(PREVALENCE_KEY, {str(percent): percent for percent in PREVALENCES})
    address.take(POINT_KEY, {point.name: point.name for point in card.operating_points})
    percent = st.session_state.get(PREVALENCE_KEY)
    prevalence = card.prevalence if percent is None else percent / 100
    return Setting(card, card.operating_point(st.session_state.get(POINT_KEY)), prevalence)


def same_setting(card: ModelCard, setting: Setting) -> Setting:
    """The same prevalence and operating point for another model; its default one, if it has none of that name."""
    name = setting.point.name
    known = name in [point.name for point in card.operating_points]
    return Setting(card, card.operating_point(name if known else None), setting.prevalence)


def told(setting: Setting) -> dict[str, str | None]:
    """What the address says of a setting: what differs from the card's own."""
    card, percent = setting.card, round(setting.prevalence * 100)
    return {
        PREVALENCE_KEY: None if percent == round(card.prevalence * 100) else str(percent),
        POINT_KEY: None if setting.point.name == card.default_operating_point else setting.point.name,
    }


def choose_prevalence(card: ModelCard) -> None:
    """Let the visitor say how common pneumonia is, and why it is asked."""
    st.slider(
        "How common is pneumonia among the people you photograph?",
        PREVALENCES[0],
        PREVALENCES[-1],
        round(card.prevalence * 100),
        format="%d %%",
        key=PREVALENCE_KEY,
        persist_state="session",
        help="It moves the probability and the threshold together, so the decision stays the same.",
    )
    st.caption(WHY)


def choose_operating_point(card: ModelCard) -> None:
    """Let the visitor choose an operating point, and explain the chosen one."""
    name = st.segmented_control(
        "Operating point",
        [point.name for point in card.operating_points],
        default=card.default_operating_point,
        required=True,
        format_func=wording.point_title,
        key=POINT_KEY,
        persist_state="session",
        help="The threshold on the probability. Changing it may change the decision, but not the probability.",
    )
    point = card.operating_point(name)
    st.caption(f"{wording.point_purpose(point.name)} {wording.point_sentence(point)}")


def list_unanswered(current: Session) -> None:
    """List the files without an answer, with the reason for each: first the unreadable ones, then the refused."""
    with _folded(len(current.unanswered)) if current.readable else nullcontext():
        for refused, title in enumerate(("Could not be read as a radiograph:", "Refused, without a probability:")):
            _list(title, [reading for reading in current.unanswered if reading.refused == bool(refused)])


def _folded(count: int) -> AbstractContextManager:
    if count <= BESIDE:
        return nullcontext()
    return st.expander(f"{count} files without an answer, with the reasons", icon=":material/error:", key="unanswered")


def _list(title: str, readings: list[Unanswered]) -> None:
    lines = [f"- **{wording.plain(reading.name)}**: {reading.message}" for reading in readings[:LISTED]]
    if len(readings) > LISTED:
        lines.append(f"- and {len(readings) - LISTED} more: Figures (CSV) has a row for each.")
    if lines:
        st.warning(f"{title}\n" + "\n".join(lines), icon=":material/error:")


def list_left_out(current: Session) -> None:
    """Name the files that were not opened because the session was full."""
    if names := list(current.left_out.values()):
        st.warning(
            f"**Not opened, because this session is full:** {wording.names(names)}. It holds up to {intake.MAX_IMAGES} "
            f"images and {intake.MAX_MEGABYTES} MB of pictures, and less while many visitors are here; the open ones "
            "stay. To make room, remove files from "
            "the list above or press Clear all; then add these again.",
            icon=":material/inventory_2:",
        )


def tell_lost(current: Session) -> None:
    """Say that the images made room for those of other visitors, until another one is opened."""
    if current.lost:
        count, seconds = current.lost
        minutes = max(1, round(seconds / 60))
        st.warning(
            f"**Closed: {count} {wording.plural('image', count)}**, to make room for other visitors' while this page "
            f"rested for {minutes} {wording.plural('minute', minutes)}; add {'it' if count == 1 else 'them'} again to "
            "go on.",
            icon=":material/bedtime:",
        )
