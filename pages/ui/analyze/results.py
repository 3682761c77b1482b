"""The answers on the Analyze page: operating point, table of many, files that could not be read."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

import streamlit as st

from pages.ui.analyze import intake
from pages.ui.shared import wording
from pages.ui.shared.session import Reading, Session

if TYPE_CHECKING:
    from xray_model import ModelCard, OperatingPoint

POINT_KEY = "operating-point"
BESIDE = 3  # files without an answer above the results: more of them are folded away, or the answer is not seen
LISTED = 50  # with a sentence each: more of them are in the CSV
NAMED = 5  # files that were left out
LEAST = 0.1  # per cent, and as far from 100: a column of figures has no "<" and no ">", and none claims certainty


def summary(current: Session) -> str:
    """How many images were read, in words."""
    refused = sum(reading.refused for reading in current.unanswered)
    failed, read = len(current.unanswered) - refused, len(current.readable)
    parts = [f"{read} {'image' if read == 1 else 'images'} analyzed"]
    parts += [f"{refused} refused"] if refused else []
    parts += [f"{failed} could not be read"] if failed else []
    return ", ".join(parts) + "."


def operating_point(card: ModelCard) -> OperatingPoint:
    """The one chosen in this session, the card's default until then."""
    return card.operating_point(st.session_state.get(POINT_KEY))


def choose_operating_point(card: ModelCard) -> None:
    """Let the visitor choose among the card's operating points; say what the chosen one does."""
    name = st.segmented_control(
        "Operating point",
        [point.name for point in card.operating_points],
        default=card.default_operating_point,
        required=True,
        format_func=wording.point_title,
        key=POINT_KEY,
        persist_state="session",
        help="The threshold on the probability. Another one decides again, at once; the probability stays.",
    )
    point = card.operating_point(name)
    st.caption(f"{wording.point_purpose(point.name)} {wording.point_sentence(point)}")


def list_unanswered(current: Session) -> None:
    """Each file without an answer, with its own sentence: those that could not be read, and those refused."""
    refused = [reading for reading in current.unanswered if reading.refused]
    failed = [reading for reading in current.unanswered if not reading.refused]
    with _folded(len(current.unanswered)) if current.readable else nullcontext():
        _list("Could not be read as a radiograph:", failed)
        _list("Refused, so that no probability is given:", refused)


def _folded(count: int) -> AbstractContextManager:
    if count <= BESIDE:
        return nullcontext()
    return st.expander(f"{count} files without an answer, and why", icon=":material/error:", key="unanswered")


def _list(title: str, readings: list[Reading]) -> None:
    lines = [f"- **{wording.plain(reading.name)}**: {reading.message}" for reading in readings[:LISTED]]
    if len(readings) > LISTED:
        lines.append(f"- and {len(readings) - LISTED} more: Figures (CSV) has a row for each.")
    if lines:
        st.warning(f"{title}\n" + "\n".join(lines), icon=":material/error:")


def list_left_out(current: Session) -> None:
    """What was not opened because the session was full; what is open stays."""
    names = [wording.plain(name) for name in current.left_out.values()]
    if not names:
        return
    more = f" and {len(names) - NAMED:,} more" if len(names) > NAMED else ""
    st.warning(
        f"**Not opened, because this visit is full:** {', '.join(names[:NAMED])}{more}. It holds up to "
        f"{intake.MAX_IMAGES} images and {intake.MAX_MEGABYTES} MB of pictures; those that are open stay. To go on, "
        "take files off the list above or press Clear all, then add these again.",
        icon=":material/inventory_2:",
    )


def choose_reading(current: Session, card: ModelCard, point: OperatingPoint) -> Reading | None:
    """The opened reading: the only one, or the row that is selected in a table sorted by probability."""
    readable = current.readable
    if len(readable) < 2:
        return readable[0] if readable else None
    keys = [reading.key for reading in readable]
    first = keys.index(current.opened) if current.opened in keys else 0
    event = st.dataframe(
        _table(readable, card, point),
        hide_index=True,
        key=f"table-{current.tables}",
        on_select="rerun",
        selection_mode="single-row-required",
        selection_default={"selection": {"rows": [first]}},
        column_config={
            "Probability": st.column_config.ProgressColumn(min_value=0, max_value=100, format="%.1f %%"),
        },
        alt="Results, the highest probability first",
    )
    st.caption(f"{wording.table_sentence(point)} Select a row to open its image.")
    row = event.selection.rows[0] if event.selection.rows else first
    current.opened = keys[min(row, len(keys) - 1)]
    return current.readings[current.opened]


def _table(readable: list[Reading], card: ModelCard, point: OperatingPoint) -> dict[str, list]:
    return {
        "File": [reading.name for reading in readable],
        "Probability": [min(max(reading.probability * 100, LEAST), 100 - LEAST) for reading in readable],
        "Decision": [_decision(reading, point) for reading in readable],
        "Evidence for PNEUMONIA": [reading.heatmap(card).region() or "none" for reading in readable],
    }


def _decision(reading: Reading, point: OperatingPoint) -> str:
    label = reading.prediction(point).label
    return f"{label}, not sure" if reading.unsure else label
