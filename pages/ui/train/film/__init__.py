"""The film of the learning: the probability and heatmap of a few images after each epoch.

Moving through the epochs works in the browser (film.js), without a rerun.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from pages.ui.shared import component, wording
from xray_model import LABELS, PNEUMONIA, Heatmap

LEVELS = 64  # of the colour ramp; each cell gets the nearest

_film = component.load(Path(__file__).parent)


def show(images: Sequence[dict[str, Any]], records: Sequence[dict[str, Any]], run: str) -> None:
    """Draw the film. images: those of the event `film`. records: of the points, each with a `film`."""
    top = max((float(np.max(shot["evidence"])) for record in records for shot in record["film"]), default=0.0)
    data = {
        "images": [
            {"src": f"data:image/png;base64,{image['png']}", "label": LABELS[int(image["label"])]} for image in images
        ],
        "epochs": [_epoch(record, top) for record in records],
        "ramp": _ramp(),
    }
    _film(key=f"train-film-{run}", data=data, height="content")


def _epoch(record: dict[str, Any], top: float) -> dict[str, Any]:
    """An epoch's maps, relative to the strongest cell `top` of the whole film, so that a weak map looks weak."""
    shots = [
        {
            "image": shot["image"],
            "probability": shot["probability"],
            "percent": wording.percent(shot["probability"]),
            "shape": shot["shape"],
            "levels": _levels(shot["evidence"], top),
        }
        for shot in record["film"]
    ]
    return {"epoch": record["epoch"] + 1, "phase": record["phase"], "shots": shots}


def _levels(evidence: Sequence[float], top: float) -> str:
    """The evidence for PNEUMONIA, one byte per cell, in base64."""
    share = np.maximum(np.asarray(evidence, np.float32), 0) / top if top > 0 else np.zeros(len(evidence), np.float32)
    return base64.b64encode(np.rint(share * (LEVELS - 1)).astype(np.uint8).tobytes()).decode("ascii")


@lru_cache(maxsize=1)
def _ramp() -> list[list[int]]:
    """The colour ramp, RGBA of every level."""
    line = np.linspace(0, 1, LEVELS, dtype=np.float32)[None]
    return Heatmap(line, PNEUMONIA).coloured(1, LEVELS)[0].tolist()
