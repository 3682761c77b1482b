"""The contact sheet of draws. Pictures are lossless data URIs, so the screen shows the network's exact input.

Choosing a draw, before/after and the difference work in the browser (sheet.js), without a rerun.
"""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import streamlit as st
from numpy.typing import NDArray

FOLDER = Path(__file__).parent


def _asset(suffix: str) -> str:
    return (FOLDER / f"sheet.{suffix}").read_text(encoding="utf-8")


_component = st.components.v2.component("augmentation_sheet", html=_asset("html"), css=_asset("css"), js=_asset("js"))


def show(key: str, pictures: list[dict[str, Any]], layout: str, threshold: float = 0.5, summary: str = "") -> None:
    """Draw a sheet. layout: "grid", which begins with the original and has a closer look below it, or "strip".

    pictures: src, title, words (a list), doubt; with an opinion also probability, percent, turned, opinion, evidence.
    """
    data = {"pictures": pictures, "layout": layout, "threshold": threshold, "summary": summary}
    _component(key=key, data=data, height="content")


def encode(grey: NDArray[np.float32]) -> str:
    """Grey levels 0-255, float32 (height, width), rounded to whole levels, as a lossless data URI."""
    return _png(np.rint(grey).astype(np.uint8))


def encode_colours(rgba: NDArray[np.uint8]) -> str:
    """RGBA (height, width, 4) as a data URI."""
    return _png(np.asarray(cv2.cvtColor(rgba, cv2.COLOR_RGBA2BGRA), np.uint8))


def _png(pixels: NDArray[np.uint8]) -> str:
    encoded = cv2.imencode(".png", pixels)[1]  # the default settings were the fastest of those tried
    return f"data:image/png;base64,{base64.b64encode(encoded.tobytes()).decode('ascii')}"
