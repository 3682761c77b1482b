"""The contact sheet of draws. Pictures are lossless data URIs, so the screen shows the network's exact input.

Choosing a draw, before/after and the difference work in the browser (sheet.js), without a rerun.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pages.ui.shared import component

_sheet = component.load(Path(__file__).parent)


def show(key: str, pictures: list[dict[str, Any]], layout: str, threshold: float = 0.5, summary: str = "") -> None:
    """Draw a sheet. layout: "grid", which begins with the original and has a closer look below it, or "strip".

    pictures: src, title, words (a list), doubt; with an opinion also probability, percent, turned, opinion, evidence.
    """
    data = {"pictures": pictures, "layout": layout, "threshold": threshold, "summary": summary}
    _sheet(key=key, data=data, height="content")


def encode(grey: NDArray[np.float32]) -> str:
    """Grey levels 0-255, float32 (height, width), rounded to whole levels, as a lossless data URI."""
    return component.data_uri(np.rint(grey).astype(np.uint8))
