"""Exports: the overlay as a PNG and the figures as CSV, each with the notice and the bundle on it."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from PIL.PngImagePlugin import PngInfo

from xray_model.bundles.bundle import Bundle
from xray_model.evaluation.prevalence import predictive_values
from xray_model.explanation.heatmap import DEFAULT_COLORMAP, Heatmap
from xray_model.inference.analyze import Analysis, Prediction
from xray_model.inference.gate import Admission
from xray_model.labels import PNEUMONIA
from xray_model.notice import NOTICE, NOTICE_SHORT, POPULATION

FIGURE_COLUMNS = (
    "file", "status", "probability", "prevalence", "label", "operating_point", "threshold",
    "sensitivity", "specificity", "ppv", "npv", "not_sure", "unlike_population", "evidence_outside_lungs", "region",
    "evidence_maximum", "bundle", "version", "hash", "message", "notice",
)  # fmt: skip
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")  # a spreadsheet runs a cell that begins with one of these
SIDES = (640, 2048)  # pixels, longer side of the exported picture: the strip stays readable, the file small
INK, PAPER = 235, 18  # grey levels of the strip


def figures_row(
    file: str,
    prediction: Prediction,
    heatmap: Heatmap,
    bundle: Bundle,
    message: str = "",
    admission: Admission | None = None,
    outside: float | None = None,
) -> dict[str, str]:
    """One read image as a row for `figures_csv`; heatmap: evidence for PNEUMONIA; the rest as in `Analysis`."""
    point, worth = prediction.operating_point, predictive_values(prediction.operating_point, prediction.prevalence)
    return _row(
        file,
        "ok",
        bundle,
        message,
        probability=f"{prediction.probability:.4f}",
        prevalence=f"{prediction.prevalence:g}",
        label=prediction.label,
        operating_point=point.name,
        threshold=f"{prediction.threshold:.4f}",
        sensitivity=f"{point.sensitivity:.4f}",
        specificity=f"{point.specificity:.4f}",
        ppv=f"{worth.ppv:.4f}",
        npv=f"{worth.npv:.4f}",
        not_sure=_yes(prediction.unsure),
        unlike_population=_yes(admission.outside) if admission else "",
        evidence_outside_lungs="" if outside is None else f"{outside:.4f}",
        region=heatmap.region() or "",
        evidence_maximum=f"{heatmap.maximum:.4f}",
    )


def unanswered_row(file: str, message: str, bundle: Bundle, refused: bool = False) -> dict[str, str]:
    """One file that could not be read, or that the gate refused, as a row for `figures_csv`."""
    return _row(file, "refused" if refused else "unreadable", bundle, message)


def figures_csv(rows: Iterable[Mapping[str, str]]) -> str:
    """CSV text, a header and a row per image; cells that a spreadsheet would run as a formula begin with '."""
    out = io.StringIO()
    writer = csv.DictWriter(out, FIGURE_COLUMNS, restval="", lineterminator="\r\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({name: _inert(str(value)) for name, value in row.items()})
    return out.getvalue()


def overlay_png(
    analysis: Analysis,
    bundle: Bundle,
    target: str = PNEUMONIA,
    colormap: str = DEFAULT_COLORMAP,
    opacity: float = 0.6,
    window: tuple[float, float] | None = None,
) -> bytes:
    """The overlay as PNG bytes, with notice, bundle and figures in a strip below it and in the file's text fields.

    window: centre and width of `radiograph.levels` to draw the picture with, which is then said in both places.
    """
    picture, text = overlay_picture(analysis, bundle, target, colormap, opacity, window)
    out = io.BytesIO()
    Image.fromarray(picture).save(out, "PNG", pnginfo=_png_info(text))
    return out.getvalue()


def overlay_picture(
    analysis: Analysis,
    bundle: Bundle,
    target: str = PNEUMONIA,
    colormap: str = DEFAULT_COLORMAP,
    opacity: float = 0.6,
    window: tuple[float, float] | None = None,
) -> tuple[NDArray[np.uint8], dict[str, str]]:
    """The overlay with its strip, RGB (height, width, 3), and what the strip says, by name; as for `overlay_png`."""
    heatmap, radiograph = analysis.explain(target), analysis.radiograph
    by_hand = _window_fields(window) if window and radiograph.levels else {}
    pixels = radiograph.levels.windowed(*window) if window and radiograph.levels else radiograph.pixels
    picture = _widened(heatmap.overlay(_fitted(pixels), opacity, colormap))
    strip = _strip(picture.shape[1], [*_lines(analysis.prediction, heatmap, bundle), *by_hand.values()])
    text = _text_fields(analysis.prediction, heatmap, bundle) | {"Colour map": f"{colormap}, opacity {opacity:.2f}"}
    return np.vstack([picture, strip]), text | by_hand


def _row(file: str, status: str, bundle: Bundle, message: str, **figures: str) -> dict[str, str]:
    return {
        "file": file,
        "status": status,
        **figures,
        "bundle": bundle.name,
        "version": str(bundle.card.version),
        "hash": bundle.hash,
        "message": message,
        "notice": NOTICE,
    }


def _yes(answer: bool) -> str:
    return "yes" if answer else "no"


def _inert(cell: str) -> str:
    return f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell


def _fitted(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The picture with its longer side within SIDES."""
    longer = max(pixels.shape)
    scale = min(max(longer, SIDES[0]), SIDES[1]) / longer
    if scale == 1:
        return pixels
    height, width = (max(1, round(side * scale)) for side in pixels.shape)
    operator = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(pixels, (width, height), interpolation=operator), np.uint8)


def _widened(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The picture on black, at least as wide as the strip needs."""
    missing = max(0, SIDES[0] - picture.shape[1])
    return np.pad(picture, ((0, 0), (missing // 2, missing - missing // 2), (0, 0)))


def _lines(prediction: Prediction, heatmap: Heatmap, bundle: Bundle) -> list[str]:
    fields = _text_fields(prediction, heatmap, bundle)
    return [
        f"{NOTICE_SHORT}. Trained on {POPULATION}.",
        f"Probability of pneumonia {fields['Probability']}, where {fields['Prevalence']} have it: {fields['Decision']}",
        f"{fields['Evidence']}. {fields['Bundle']}.",
    ]


def _text_fields(prediction: Prediction, heatmap: Heatmap, bundle: Bundle) -> dict[str, str]:
    point, region = prediction.operating_point, heatmap.region()
    where = f"strongest: {region}" if region else "none found, nothing drawn"
    return {
        "Notice": NOTICE,
        "Bundle": f"{bundle.name}, version {bundle.card.version}, {bundle.hash}",
        "Probability": f"{prediction.probability * 100:.1f} %",
        "Prevalence": f"{prediction.prevalence * 100:g} %",
        "Decision": (
            f"{prediction.label} at operating point {point.name} (threshold {prediction.threshold * 100:.1f} %, "
            f"sensitivity {point.sensitivity * 100:.1f} %, specificity {point.specificity * 100:.1f} %)."
        ),
        "Evidence": f"{heatmap.method}, evidence for {heatmap.target}, {where}",
    }


def _window_fields(window: tuple[float, float]) -> dict[str, str]:
    center, width = window
    said = f"Picture drawn with level {center:,.0f} and width {width:,.0f}, set by hand; the model saw the file's own."
    return {"Window": said}


def _png_info(fields: Mapping[str, str]) -> PngInfo:
    info = PngInfo()
    for name, value in fields.items():
        info.add_text(name, value)
    return info


def _strip(width: int, lines: list[str]) -> NDArray[np.uint8]:
    """RGB (height, width, 3): the lines in white on near black, wrapped to the width."""
    size, margin = max(12, width // 52), width // 50
    font = ImageFont.load_default(size)
    wrapped = [part for line in lines for part in _wrap(line, font.getlength, width - 2 * margin)]
    step = round(size * 1.35)
    image = Image.new("L", (width, step * len(wrapped) + 2 * margin), PAPER)
    draw = ImageDraw.Draw(image)
    for number, line in enumerate(wrapped):
        draw.text((margin, margin + number * step), line, fill=INK, font=font)
    return np.repeat(np.asarray(image)[..., None], 3, axis=2)


def _wrap(line: str, measure: Callable[[str], float], width: int) -> list[str]:
    lines: list[str] = []
    current = ""
    for word in line.split():
        longer = f"{current} {word}".strip()
        if current and measure(longer) > width:
            lines.append(current)
            longer = word
        current = longer
    return [*lines, current]
