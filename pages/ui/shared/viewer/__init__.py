"""The image viewer. Pictures are data URIs inside the visitor's page, so no address on the server leads to them.

Opacity, invert, zoom and layout work in the browser (viewer.js), without a rerun.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pages.ui.shared import component, wording
from xray_model import Heatmap, Radiograph

LONGEST = 1536  # pixels a side, sent to the browser: sharp on a large screen at 2 x zoom
JPEG_QUALITY = 92
MAP_LONGEST = 448  # pixels a side: enough for a smooth map of 7 x 7 cells
LEGEND_STEPS = 16
_viewer = component.load(Path(__file__).parent)


def encode(radiograph: Radiograph, window: tuple[float, float] | None = None) -> str:
    """The radiograph as a data URI, no larger than a screen needs. window: a (centre, width) other than its own."""
    pixels = radiograph.pixels
    if window and radiograph.levels:
        pixels = radiograph.levels.windowed(*window)
    height, width = _within(pixels.shape, LONGEST)
    if (height, width) != pixels.shape:
        pixels = np.asarray(cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
    return component.data_uri(pixels, "jpeg", [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])


@dataclass(frozen=True, eq=False)
class Film:
    """A radiograph and its evidence. picture: from `encode`. shape: (height, width) of the radiograph.

    name: of its file. key: names the radiograph; the zoom is kept while it stays the same. lungs: outlines that a
    button shows, as (n, 2) points x and y in [0, 1].
    """

    picture: str
    shape: tuple[int, int]
    name: str
    heatmap: Heatmap
    key: str = ""
    lungs: Sequence[NDArray[np.float32]] = ()


def show(
    film: Film, colormap: str, opacity: float, note: str = "", beside: Film | None = None, simple: bool = False
) -> float:
    """Draw the viewer and return the opacity its slider was left at.

    opacity: where the slider starts. note: a sentence under the pictures. beside: another film, drawn on the right of
    this one, to compare them. simple: one picture and the slider, without the other tools.
    """
    result = _viewer(
        key="viewer",
        data={
            "film": _film(film, colormap),
            "beside": _film(beside, colormap) if beside else None,
            "legend": _legend(film.heatmap, colormap),
            "opacity": opacity,
            "note": note,
            "simple": simple,
        },
        on_opacity_change=lambda: None,
    )
    return opacity if result.opacity is None else float(result.opacity)


def _film(film: Film, colormap: str) -> dict[str, Any]:
    height, width = film.shape
    return {
        "radiograph": film.picture,
        "evidence": None if film.heatmap.is_empty else evidence(film.heatmap, film.shape, colormap),
        "width": width,
        "height": height,
        "name": film.name,
        "target": film.heatmap.target,
        "sentence": wording.region_sentence(film.heatmap),
        "key": film.key or film.picture,
        "lungs": [np.round(line, 4).tolist() for line in film.lungs],
    }


def evidence(heatmap: Heatmap, shape: tuple[int, int], colormap: str) -> str:
    """The map as a data URI, transparent where it is empty. shape: (height, width) of the radiograph."""
    return component.data_uri(heatmap.coloured(*_within(shape, MAP_LONGEST), colormap))


def _legend(heatmap: Heatmap, colormap: str) -> list[str]:
    """CSS colours from no evidence (transparent) to full strength."""
    ramp = np.linspace(0, 1, LEGEND_STEPS, dtype=np.float32)[None]
    colours = Heatmap(ramp, heatmap.target).coloured(1, LEGEND_STEPS, colormap)[0].tolist()
    return [f"rgb({red} {green} {blue} / {alpha / 255:.2f})" for red, green, blue, alpha in colours]


def _within(shape: tuple[int, ...], longest: int) -> tuple[int, int]:
    scale = min(1.0, longest / max(shape))
    return max(1, round(shape[0] * scale)), max(1, round(shape[1] * scale))
