"""The cover of a report of several films: a line for each, in the order of their pages."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from xray_model.bundles.bundle import Bundle
from xray_model.labels import NORMAL, PNEUMONIA
from xray_model.reports.pdf.film_page import ReportFilm
from xray_model.reports.pdf.frame import FOOT, draw_frame
from xray_model.reports.pdf.sheet import ACCENT, ALERT, INK, MUTED, RULE, Sheet
from xray_model.reports.words import operating_point_line, percent, prevalence_line

STEP = 13.0  # millimetres of a line
ABOVE = 82.0  # millimetres above the first line, at most
PICTURE = 10.8  # millimetres
THUMBNAIL = 128  # pixels
COLUMNS = {  # title -> millimetres from the left margin
    "Film": 0.0,
    "": 14.0,
    "Probability of pneumonia": 32.0,
    "Decision": 84.0,
    "Strongest evidence, warnings": 122.0,
}
SMALL, BODY = 7.4, 8.8  # points


def lines_on_a_cover(sheet: Sheet) -> int:
    """How many films have room on one page of the cover."""
    return int((sheet.height - FOOT - ABOVE) // STEP)


def draw_cover(sheet: Sheet, films: Sequence[ReportFilm], start: int, bundle: Bundle, left_out: str) -> None:
    """One page of the cover, with the films from `start` on, counted from 0. left_out: on files without a page."""
    draw_frame(sheet, bundle, "Chest radiograph report")
    shown = films[start : start + lines_on_a_cover(sheet)]
    y = _headline(sheet, films, left_out) if start == 0 else _further(sheet, start, len(shown), len(films))
    for title, at in COLUMNS.items():
        sheet.text(sheet.left + at, y + 3, title, SMALL, color=MUTED)
    for number, film in enumerate(shown):
        _line(sheet, film, start + number + 1, y + 5 + number * STEP)


def _headline(sheet: Sheet, films: Sequence[ReportFilm], left_out: str) -> float:
    predictions = [film.analysis.prediction for film in films]
    point, width = predictions[0].operating_point, sheet.right - sheet.left
    called = {label: sum(one.label == label for one in predictions) for label in (PNEUMONIA, NORMAL)}
    unsure = sum(one.unsure for one in predictions)
    counts = f"{called[PNEUMONIA]} called PNEUMONIA, {called[NORMAL]} NORMAL"
    counts += f"; {unsure} not sure" if unsure else ""
    sheet.text(sheet.left, 34, f"{len(films)} radiographs", 26, weight="bold")
    sheet.text(sheet.left, 42, f"{counts}, at the {point.name} operating point.", 11)
    y = sheet.paragraph(sheet.left, 44, width, operating_point_line(predictions[0]), BODY, color=MUTED)
    y = sheet.paragraph(sheet.left, y + 0.6, width, prevalence_line(predictions[0]), BODY, color=MUTED)
    return (sheet.paragraph(sheet.left, y + 0.6, width, left_out, BODY, color=ALERT) if left_out else y) + 6


def _further(sheet: Sheet, start: int, shown: int, count: int) -> float:
    sheet.text(sheet.left, 30, f"Films {start + 1} to {start + shown} of {count}", 14, weight="bold")
    return 36.0


def _line(sheet: Sheet, film: ReportFilm, number: int, y: float) -> None:
    analysis = film.analysis
    prediction, x = analysis.prediction, [sheet.left + at for at in COLUMNS.values()]
    sheet.rule(y)
    sheet.text(x[0], y + 7.5, str(number), 11, weight="bold")
    _picture(sheet, analysis.radiograph.pixels, x[1], y + 1.2)
    sheet.text(x[2], y + 7.5, percent(prediction.probability), 11, weight="bold")
    bar, room = x[2] + 16, 30.0
    sheet.box(bar, y + 5.2, room, 1.8, RULE)
    sheet.box(bar, y + 5.2, max(0.5, room * prediction.probability), 1.8, ACCENT)
    sheet.box(bar + room * prediction.threshold - 0.2, y + 4.5, 0.4, 3.2, INK)
    sheet.text(x[3], y + 7.5, prediction.label, BODY, weight="bold")
    if prediction.unsure:
        sheet.text(x[3], y + 11, "not sure", SMALL, color=ALERT)
    warnings = _warnings(film)
    sheet.text(x[4], y + (4.8 if warnings else 7.5), analysis.heatmap.region() or "none", BODY)
    sheet.paragraph(x[4], y + 5.4, sheet.right - x[4], warnings, 6.4, color=ALERT)


def _picture(sheet: Sheet, pixels: NDArray[np.uint8], x: float, y: float) -> None:
    scale = min(1.0, THUMBNAIL / max(pixels.shape))
    rows, columns = (max(1, round(side * scale)) for side in pixels.shape)
    small = np.asarray(cv2.resize(pixels, (columns, rows), interpolation=cv2.INTER_AREA), np.uint8)
    height, width = (PICTURE * side / max(rows, columns) for side in (rows, columns))
    sheet.box(x, y, PICTURE, PICTURE, "black")
    sheet.picture(x + (PICTURE - width) / 2, y + (PICTURE - height) / 2, width, height, small)


def _warnings(film: ReportFilm) -> str:
    """A few words: the film's own page says more."""
    admission = film.analysis.admission
    if admission is None:
        return ""
    words = ["Unlike the population."] if admission.outside else []
    return " ".join([*words, *(f"{warning.partition(':')[0].rstrip('.')}." for warning in admission.warnings)][:2])
