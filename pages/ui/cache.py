"""What visitors share, and nothing else: the bundle, public phantoms, the job centre. Never an upload."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from xray_model import Bundle, draw_phantom, load_bundle

if TYPE_CHECKING:
    from xray_model import JobCenter


@st.cache_resource(show_spinner=False)
def bundle() -> Bundle:
    """The bundled default; raises `InvalidBundle`, and tries again at the next run."""
    return load_bundle()


@st.cache_resource(show_spinner=False, max_entries=64)
def phantom(seed: int, finding: str, size: int) -> NDArray[np.uint8]:
    """Pixels of a phantom, (size, size): a constant of its arguments, so shared and never written to."""
    pixels = draw_phantom(seed, finding, size).pixels
    pixels.setflags(write=False)
    return pixels


@st.cache_resource(show_spinner=False)
def jobs() -> JobCenter:
    """The one that starts and follows training runs; it shows each owner only their own."""
    from xray_model import JobCenter  # here: the first page of a fresh server does not wait for it

    return JobCenter()
