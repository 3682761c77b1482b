"""Downloads on the Analyze page: figures as CSV, the overlay as PNG. Each is made when its button is pressed."""

from __future__ import annotations

from functools import partial
from pathlib import PurePath
from typing import TYPE_CHECKING

import streamlit as st

import xray_model
from pages.ui.analyze import uploads
from pages.ui.shared import download_button
from pages.ui.shared.session import Reading, Session, Setting, Unanswered

if TYPE_CHECKING:
    from xray_model import Bundle

OVERLAY_HELP = "The picture with this evidence, colour map and opacity. The notice and the figures are printed on it."


def figures_and_clear(current: Session, bundle: Bundle, setting: Setting) -> None:
    """Draw the buttons that concern every image."""
    with st.container(horizontal=True, horizontal_alignment="right"):
        made = partial(_figures, list(current.readings.values()), bundle, setting)
        download_button.show("Figures (CSV)", made, "figures.csv", "download-figures", ":material/table:")
        st.button("Clear all", key="clear-all", on_click=uploads.clear, args=(current,), icon=":material/delete:")


def overlay(
    reading: Reading,
    bundle: Bundle,
    setting: Setting,
    target: str,
    colormap: str,
    opacity: float,
    window: tuple[float, float] | None,
) -> None:
    """Draw the button for the opened image's overlay, as it is on the screen."""

    def made() -> bytes:
        return xray_model.overlay_png(reading.analysis(setting), bundle, target, colormap, opacity, window)

    name = f"{PurePath(reading.name).stem}-overlay.png"
    download_button.show("Overlay (PNG)", made, name, "download-overlay", ":material/image:", OVERLAY_HELP)


def _figures(readings: list[Reading | Unanswered], bundle: Bundle, setting: Setting) -> str:
    return xray_model.figures_csv(_row(reading, bundle, setting) for reading in readings)


def _row(reading: Reading | Unanswered, bundle: Bundle, setting: Setting) -> dict[str, str]:
    if isinstance(reading, Unanswered):
        return xray_model.unanswered_row(reading.name, reading.message, bundle, reading.refused)
    answer, prediction = reading.answer, reading.prediction(setting)
    notes = " ".join([*reading.notes, *(answer.admission.warnings if answer.admission else ())])
    return xray_model.figures_row(
        reading.name, prediction, answer.heatmap, bundle, notes, answer.admission, answer.outside
    )
