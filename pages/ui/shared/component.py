"""Streamlit components of this app, and the pictures they are given: files and data URIs."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def load(folder: Path) -> Callable[..., Any]:
    """The component whose HTML, CSS and JavaScript are in `folder`, in files with the folder's name."""
    html, css, js = ((folder / f"{folder.name}.{end}").read_text(encoding="utf-8") for end in ("html", "css", "js"))
    return st.components.v2.component(folder.name, html=html, css=css, js=js)


def data_uri(pixels: NDArray[np.uint8], kind: str = "png", parameters: Sequence[int] = ()) -> str:
    """Grey (h, w), RGB (h, w, 3) or RGBA (h, w, 4) levels as a data URI. kind: "png" or "jpeg"."""
    import cv2  # not above: the first page has components, and need not wait for NumPy and OpenCV
    import numpy as np

    if pixels.ndim == 3:
        order = cv2.COLOR_RGBA2BGRA if pixels.shape[2] == 4 else cv2.COLOR_RGB2BGR
        pixels = np.asarray(cv2.cvtColor(pixels, order), np.uint8)
    encoded = cv2.imencode(f".{kind}", pixels, list(parameters))[1]
    return f"data:image/{kind};base64,{base64.b64encode(encoded.tobytes()).decode('ascii')}"
