"""The list of images: small picture, name, decision, probability. Pressing a row, or an arrow key, opens its image."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import streamlit as st

from pages.ui.analyze import doubts
from pages.ui.shared import component, wording
from pages.ui.shared.session import Reading, Session, Setting

KEY = "worklist"
_list = component.load(Path(__file__).parent)


def show(current: Session, readings: Sequence[Reading], setting: Setting) -> None:
    """Draw these images as rows, the opened one marked."""
    rows = [_row(reading, setting) for reading in readings]
    data = {"rows": rows, "opened": current.opened}
    _list(key=KEY, data=data, height="content", on_open_change=partial(_open, current))


def _row(reading: Reading, setting: Setting) -> dict[str, Any]:
    prediction = reading.prediction(setting)
    return {
        "key": reading.key,
        "name": reading.name,
        "picture": reading.thumbnail,
        "label": prediction.label,
        "unsure": prediction.unsure,
        "unlike": ", ".join(doubts.about_person(reading, setting)),
        "share": round(prediction.probability, 4),
        "percent": wording.percent(prediction.probability),
        "place": reading.answer.heatmap.region() or "",
    }


def _open(current: Session) -> None:
    asked = st.session_state[KEY].get("open")
    if asked in current.readings:
        current.opened = asked
