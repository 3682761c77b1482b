"""Downloads on the Analyze page: figures (CSV), overlay (PNG, DICOM), report (PDF), made when a button is pressed."""

from __future__ import annotations

from collections.abc import Callable
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

REPORT_HELP = "This image on one A4 page: answer, pictures, checks, and the test below if you ran it. It names no file."
REPORTS_HELP = "A cover with all images, the highest probability first, then a page for each. It names no file."
OVERLAY_HELP = "The picture with this evidence, colour map and opacity. The notice and the figures are printed on it."
DICOM_HELP = "The same picture for a viewer or an archive, as a Secondary Capture that names nobody."


def figures_and_clear(current: Session, bundle: Bundle, setting: Setting) -> None:
    """Draw the buttons that concern every image."""
    with st.container(horizontal=True, horizontal_alignment="right"):
        made = partial(_figures, list(current.readings.values()), bundle, setting)
        download_button.show("Figures (CSV)", made, "figures.csv", "download-figures", ":material/table:")
        if len(current.readable) > 1:
            report(current.readable, current, bundle, setting)
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
    """Draw the buttons for the opened image's overlay, as it is on the screen."""

    def made(write: Callable[..., bytes]) -> bytes:
        return write(reading.analysis(setting), bundle, target, colormap, opacity, window)

    def png() -> bytes:
        return made(xray_model.overlay_png)

    def dicom() -> bytes:
        return made(xray_model.overlay_dicom)

    name = f"{PurePath(reading.name).stem}-overlay"
    download_button.show("Overlay (PNG)", png, f"{name}.png", "download-overlay", ":material/image:", OVERLAY_HELP)
    download_button.show("Overlay (DICOM)", dicom, f"{name}.dcm", "download-dicom", ":material/radiology:", DICOM_HELP)


def report(readings: list[Reading], current: Session, bundle: Bundle, setting: Setting) -> None:
    """Draw the button for a report of these images; a proof that was asked for is part of it."""

    def made() -> bytes:
        films = [
            xray_model.ReportFilm(reading.analysis(setting), current.proof(reading, setting)).reduced()
            for reading in readings[: xray_model.MOST_FILMS]
        ]
        return xray_model.report_pdf(films, bundle, left_out=_left_out(readings, current))

    of_all = len(readings) > 1
    label, place = ("Report of all (PDF)", "download-reports") if of_all else ("Report (PDF)", "download-report")
    help = REPORTS_HELP if of_all else REPORT_HELP
    download_button.show(label, made, "report.pdf", place, ":material/picture_as_pdf:", help)


def _left_out(readings: list[Reading], current: Session) -> str:
    """A sentence for the cover on images without a page."""
    more, silent = len(readings) - xray_model.MOST_FILMS, len(current.unanswered)
    words = [f"{more} more images have no page."] if more > 0 else []
    words += [f"{silent} {'image' if silent == 1 else 'images'} without an answer."] if silent else []
    return " ".join(words)


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
