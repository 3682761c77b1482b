"""The page of one film: answer, radiograph and overlay, what was checked, and the proof if it was asked for."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from xray_model.bundles.bundle import Bundle
from xray_model.evaluation.prevalence import at_prevalence
from xray_model.explanation.heatmap import Heatmap
from xray_model.explanation.proof import Proof
from xray_model.explanation.proof_words import proof_notes, proof_sentences, proof_title
from xray_model.inference.analyze import Analysis
from xray_model.labels import NORMAL, PNEUMONIA
from xray_model.reports.pdf.curves import draw_curves
from xray_model.reports.pdf.frame import draw_frame
from xray_model.reports.pdf.sheet import ACCENT, ALERT, INK, MUTED, PANEL, RULE, Sheet, text_width
from xray_model.reports.words import operating_point_line, percent, prevalence_line

LONGEST = 1000  # pixels of a picture's longer side: 290 a printed inch
MAP_SIDE = 448
GAP = 6.0  # millimetres between columns
OPACITY = 0.6
WEAK = 0.5  # of full strength
PROOF = 54.0  # millimetres that the proof takes
BARS = (100, 50, 20, 10)  # millimetres that the bar of a scale may stand for
SMALL, BODY, TITLE = 7.4, 8.4, 9.4  # points


@dataclass(frozen=True, eq=False)
class ReportFilm:
    """One film of a report: its analysis, with the picture, and the proof if it was asked for.

    Neither the file's name nor a value of its header is part of it.
    """

    analysis: Analysis
    proof: Proof | None = None

    def reduced(self) -> ReportFilm:
        """The same with no more pixels than are printed, for a report of many films."""
        radiograph = self.analysis.radiograph
        small = replace(radiograph, pixels=_fitted(radiograph.pixels), levels=None)
        return replace(self, analysis=replace(self.analysis, radiograph=small))


def draw_film(sheet: Sheet, film: ReportFilm, bundle: Bundle, number: int, count: int) -> None:
    """Fill a sheet."""
    bottom = draw_frame(sheet, bundle, f"Film {number} of {count}" if count > 1 else "Chest radiograph report")
    y = _answer(sheet, film.analysis, bundle, 24.0)
    below = 40.0 + (PROOF + 4 if film.proof else 0.0)
    y = _pictures(sheet, film.analysis, y + 6, bottom - below - y - 6)
    _columns(sheet, film.analysis, y + 5)
    if film.proof:
        _proof(sheet, film.proof, film.analysis, bottom - PROOF)


def _answer(sheet: Sheet, analysis: Analysis, bundle: Bundle, y: float) -> float:
    """The probability with its scale on the left, the decision on the right; returns the y below."""
    prediction, point = analysis.prediction, analysis.prediction.operating_point
    half = (sheet.right - sheet.left - GAP) / 2
    sheet.text(sheet.left, y + 2, "Probability of pneumonia", BODY, color=MUTED)
    sheet.text(sheet.left, y + 16, percent(prediction.probability), 36, weight="bold")
    _scale(sheet, analysis, bundle, sheet.left, y + 21, half)
    x = sheet.left + half + GAP
    sheet.text(x, y + 2, f"Decision at the {point.name} operating point", BODY, color=MUTED)
    sheet.text(x, y + 12.5, prediction.label, 22, weight="bold")
    if prediction.unsure:
        start = x + text_width(prediction.label, 22, bold=True) + 3
        sheet.box(start, y + 7.2, text_width("not sure", TITLE, bold=True) + 5, 6, ALERT)
        sheet.text(start + 2.5, y + 11.3, "not sure", TITLE, weight="bold", color="white")
    below = sheet.paragraph(x, y + 15.5, half, operating_point_line(prediction), SMALL, color=MUTED)
    below = sheet.paragraph(x, below + 0.8, half, prevalence_line(prediction), SMALL, color=MUTED)
    return max(below, y + 30)


def _scale(sheet: Sheet, analysis: Analysis, bundle: Bundle, x: float, y: float, width: float) -> None:
    """The probability from 0 to 100 %, with the not-sure band and the threshold marked."""
    prediction, band = analysis.prediction, bundle.card.not_sure
    threshold = prediction.threshold
    sheet.box(x, y, width, 2.6, RULE)
    if band:
        low, high = at_prevalence([band.low, band.high], prediction.prevalence, bundle.card.prevalence).tolist()
        sheet.box(x + low * width, y + 2.9, (high - low) * width, 0.8, "#d98a1f")
    sheet.box(x, y, max(0.8, prediction.probability * width), 2.6, ACCENT)
    at = x + threshold * width
    sheet.box(at - 0.25, y - 0.9, 0.5, 4.4, INK)
    label = f"threshold {percent(threshold)}" + (", not-sure band in orange" if band else "")
    room = text_width(label, SMALL)
    sheet.text(min(max(at - room / 2, x), x + width - room), y + 7, label, SMALL, color=MUTED)


def _pictures(sheet: Sheet, analysis: Analysis, y: float, room: float) -> float:
    """Radiograph and overlay side by side on black; returns the y below their captions."""
    heatmap, pixels = analysis.explain(PNEUMONIA), _fitted(analysis.radiograph.pixels)
    half = (sheet.right - sheet.left - GAP) / 2
    captions = 11.0
    height = min(room - captions, half * pixels.shape[0] / pixels.shape[1], half * 1.25)
    width = min(half, height * pixels.shape[1] / pixels.shape[0])
    height = min(height, width * pixels.shape[0] / pixels.shape[1])
    drawn = () if heatmap.is_empty else (_faded(heatmap, pixels),)
    for column, (layers, title) in enumerate((((), "Radiograph"), (drawn, _map_title(heatmap)))):
        left = sheet.left + column * (half + GAP)
        sheet.text(left, y + 3, title, TITLE, weight="bold")
        sheet.box(left, y + 5, half, height, "black")
        start = left + (half - width) / 2
        sheet.picture(start, y + 5, width, height, pixels, *layers)
        for mark, x, align in (("R", left + 2.2, "left"), ("L", left + half - 2.2, "right")):
            sheet.text(x, y + 10, mark, 11, align, color="white", weight="bold", bbox=_backing())
        _bar(sheet, analysis, start, y + 5, width, height)
    below = y + 5 + height
    sheet.text(sheet.left, below + 4, _scale_words(analysis), SMALL, color=MUTED)
    if not heatmap.is_empty:
        _legend(sheet, heatmap, sheet.left + half + GAP, below + 1.8)
    return below + 6


def _map_title(heatmap: Heatmap) -> str:
    return f"No evidence for {heatmap.target}" if heatmap.is_empty else f"Evidence for {heatmap.target}"


def _backing() -> dict[str, object]:
    return {"boxstyle": "square,pad=0.15", "facecolor": "black", "edgecolor": "none", "alpha": 0.55}


def _fitted(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    scale = LONGEST / max(pixels.shape)
    if scale >= 1:
        return pixels
    height, width = (max(1, round(side * scale)) for side in pixels.shape)
    return np.asarray(cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def _faded(heatmap: Heatmap, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The map as RGBA, as opaque as an overlay is."""
    scale = min(1.0, MAP_SIDE / max(pixels.shape))
    rgba = heatmap.coloured(*(max(1, round(side * scale)) for side in pixels.shape))
    rgba[..., 3] = np.rint(rgba[..., 3] * OPACITY).astype(np.uint8)
    return rgba


def _bar(sheet: Sheet, analysis: Analysis, x: float, y: float, width: float, height: float) -> None:
    """A bar of a round length in the picture's lower left corner, if the file says how large a pixel is."""
    across = _millimetres(analysis)
    if across is None:
        return
    length = next((bar for bar in BARS if bar <= across / 3), None)
    if length is None:
        return
    printed = length / across * width
    sheet.box(x + 2.5, y + height - 3.4, printed, 0.7, "white", zorder=5)
    sheet.text(x + 2.5, y + height - 4.6, f"{length} mm", SMALL, color="white", bbox=_backing())


def _millimetres(analysis: Analysis) -> float | None:
    """Width of the radiograph at the detector; None where the file does not say."""
    source = analysis.radiograph.source
    spacing = source.acquisition.spacing if source.acquisition else None
    if spacing is None:
        return None
    rows, columns = analysis.radiograph.pixels.shape
    turned = (source.width > source.height) != (columns > rows) and source.width != source.height
    return source.height * spacing[0] if turned else source.width * spacing[1]


def _scale_words(analysis: Analysis) -> str:
    marks = "R, L: the patient's right and left."
    if _millimetres(analysis) is None:
        return f"{marks} The file gives no scale."
    return f"{marks} Scale: at the detector."


def _legend(sheet: Sheet, heatmap: Heatmap, x: float, y: float) -> None:
    ramp = Heatmap(np.linspace(0, 1, 64, dtype=np.float32)[None], heatmap.target).coloured(1, 64)
    ramp[..., 3] = 255
    dark = np.linspace(0, 1, 64)[None, :, None]
    ramp[..., :3] = np.rint(ramp[..., :3] * dark).astype(np.uint8)
    sheet.text(x, y + 2.2, "none", SMALL, color=MUTED)
    sheet.picture(x + 8, y, 30, 2.6, ramp)
    sheet.text(x + 40, y + 2.2, f"strong evidence ({heatmap.method})", SMALL, color=MUTED)


def _columns(sheet: Sheet, analysis: Analysis, y: float) -> None:
    """Three columns of short facts."""
    width = (sheet.right - sheet.left - 2 * GAP) / 3
    parts = (
        ("Where the evidence lies", _evidence_words(analysis)),
        ("Checked before the answer", _check_words(analysis)),
        ("The film", _film_words(analysis)),
    )
    for column, (title, sentences) in enumerate(parts):
        x = sheet.left + column * (width + GAP)
        sheet.rule(y, x, x + width)
        sheet.text(x, y + 5, title, TITLE, weight="bold")
        below = y + 6.2
        for sentence, alert in sentences:
            below = sheet.paragraph(x, below, width, sentence, SMALL, color=ALERT if alert else INK) + 0.7


def _evidence_words(analysis: Analysis) -> list[tuple[str, bool]]:
    found = []
    for label in (PNEUMONIA, NORMAL):
        heatmap = analysis.explain(label)
        region = heatmap.region()
        weak = f", weak ({percent(heatmap.strength)} of full strength)" if heatmap.strength < WEAK else ""
        place = f"strongest in the {region}{weak}" if region else "none"
        found.append((f"Evidence for {label}: {place}.", False))
    if analysis.outside is not None:
        left_out = " and is left out" if analysis.field is not None else ""
        where = f"{percent(analysis.outside)} of all evidence for PNEUMONIA lies outside the lungs{left_out}."
        found.append((where, False))
    return [*found, ("The map shows what moved the model, not where disease is.", False)]


def _check_words(analysis: Analysis) -> list[tuple[str, bool]]:
    admission = analysis.admission
    if admission is None:
        return [("This model has no gate: nothing was checked.", True)]
    found = [("An upright frontal chest with two lungs.", False)]
    unusual = f"more unusual than {percent(admission.unusual)} of the children that the model learned from"
    found += [(f"{'Unlike the population: ' if admission.outside else 'Population: '}{unusual}.", admission.outside)]
    if analysis.prediction.unsure:
        found += [("Not sure: this probability rules out neither label.", True)]
    return found + [(warning, True) for warning in admission.warnings]


def _film_words(analysis: Analysis) -> list[tuple[str, bool]]:
    source = analysis.radiograph.source
    bits = "bit" if source.bit_depth == 1 else "bits"
    kind = source.acquisition
    facts = [source.format, *([kind.modality, kind.view] if kind else [])]
    size = f"{source.width:,} x {source.height:,} pixels, {source.bit_depth} {bits}"
    return [(f"{', '.join(filter(None, facts))}; {size}.", False), *((note, False) for note in source.notes[:3])]


def _proof(sheet: Sheet, proof: Proof, analysis: Analysis, y: float) -> None:
    threshold = analysis.prediction.threshold
    width = sheet.right - sheet.left
    half = (width - GAP) / 2
    sheet.box(sheet.left, y, width, PROOF, PANEL)
    x = sheet.left + 4
    sheet.text(x, y + 6, f"Proof for this film: {proof_title(proof, threshold).lower()}", TITLE + 0.6, weight="bold")
    below = sheet.paragraph(x, y + 7.4, half - 4, " ".join(proof_sentences(proof, threshold)), SMALL)
    for note in proof_notes(proof, threshold, analysis.field is not None):
        below = sheet.paragraph(x, below + 0.5, half - 4, note, 6.2, color=MUTED)
    draw_curves(sheet, proof, threshold, sheet.left + half + GAP, y + 4, half - 7, PROOF - 8)
