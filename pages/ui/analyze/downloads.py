"""What a visitor may take away: figures as CSV, the overlay as PNG. Both are made when the button is pressed."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import PurePath
from typing import TYPE_CHECKING

import streamlit as st

import xray_model
from pages.ui.analyze import uploads
from pages.ui.shared.session import Reading, Session

if TYPE_CHECKING:
    from xray_model import Bundle, OperatingPoint

KINDS = {".csv": "text/csv", ".json": "application/json", ".png": "image/png", ".zip": "application/zip"}


def button(
    label: str,
    data: str | Callable[[], str | bytes],
    file_name: str,
    key: str,
    icon: str = ":material/download:",
    help: str | None = None,
) -> None:
    """A download button; the page is not run again. data: the content, or what makes it when the button is pressed."""
    kind = KINDS[PurePath(file_name).suffix]
    st.download_button(label, data, file_name, kind, key=key, on_click="ignore", icon=icon, help=help)


def figures_and_clear(current: Session, bundle: Bundle, point: OperatingPoint) -> None:
    """The buttons that concern every image."""
    with st.container(horizontal=True, horizontal_alignment="right"):
        made = partial(_figures, list(current.readings.values()), bundle, point)
        button("Figures (CSV)", made, "figures.csv", "download-figures", ":material/table:")
        st.button("Clear all", key="clear-all", on_click=uploads.clear, args=(current,), icon=":material/delete:")


def overlay(
    reading: Reading,
    bundle: Bundle,
    point: OperatingPoint,
    target: str,
    colormap: str,
    opacity: float,
    window: tuple[float, float] | None,
) -> None:
    """The button for the opened image's overlay."""
    button(
        "Overlay (PNG)",
        partial(_overlay, reading, bundle, point, target, colormap, opacity, window),
        f"{PurePath(reading.name).stem}-overlay.png",
        "download-overlay",
        ":material/image:",
        "The picture with this evidence, colour map and opacity; the notice and the figures are printed on it.",
    )


def _figures(readings: list[Reading], bundle: Bundle, point: OperatingPoint) -> str:
    return xray_model.figures_csv(_row(reading, bundle, point) for reading in readings)


def _row(reading: Reading, bundle: Bundle, point: OperatingPoint) -> dict:
    if reading.message is not None:
        return xray_model.unanswered_row(reading.name, reading.message, bundle, reading.refused)
    prediction, heatmap = reading.prediction(point), reading.heatmap(bundle.card)
    notes = " ".join([*reading.notes, *(reading.admission.warnings if reading.admission else ())])
    return xray_model.figures_row(reading.name, prediction, heatmap, bundle, notes, reading.admission, reading.outside)


def _overlay(
    reading: Reading,
    bundle: Bundle,
    point: OperatingPoint,
    target: str,
    colormap: str,
    opacity: float,
    window: tuple[float, float] | None,
) -> bytes:
    return xray_model.overlay_png(reading.analysis(bundle.card, point), bundle, target, colormap, opacity, window)
