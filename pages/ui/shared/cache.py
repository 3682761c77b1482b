"""What visitors share, and nothing else: the bundle, public phantoms, the job centre. Never an upload.

A page's modules say `xray_model.load_bundle`, and take from the package by name only what is light or meant for the
type checker: the first page of a fresh server is on the screen before NumPy, OpenCV and LiteRT are loaded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

import xray_model

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from xray_model import Bundle, JobCenter


@st.cache_resource(show_spinner=False)
def bundle() -> Bundle:
    """The bundled default; raises `InvalidBundle`, and tries again at the next run."""
    return xray_model.load_bundle()


@st.cache_resource(show_spinner=False, max_entries=64)
def phantom(seed: int, finding: str, size: int) -> NDArray[np.uint8]:
    """Pixels of a phantom, (size, size): a constant of its arguments, so shared and never written to."""
    pixels = xray_model.draw_phantom(seed, finding, size).pixels
    pixels.setflags(write=False)
    return pixels


@st.cache_resource(show_spinner=False)
def jobs() -> JobCenter:
    """The one that starts and follows training runs; it shows each owner only their own."""
    return xray_model.JobCenter()
