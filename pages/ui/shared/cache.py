"""Everything that visitors share: the bundle, the phantoms and the job centre. Never an upload.

Modules of the first page write `xray_model.load_bundle`, and import only light names from the package, so that a fresh
server shows that page before NumPy, OpenCV and LiteRT are loaded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

import xray_model
from pages.ui.shared import booth, page_log

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from xray_model import Bundle, JobCenter

_centers: list[JobCenter] = []  # `jobs`, once somebody has asked for it


@st.cache_resource(show_spinner=False)
def bundle() -> Bundle:
    """The bundled model; raises `InvalidBundle`, and then tries again at the next run."""
    return xray_model.load_bundle()


@st.cache_resource(show_spinner=False, max_entries=2)
def other_bundle(name: str) -> Bundle:
    """A bundle in `weights/` other than the newest; raises `InvalidBundle`."""
    return xray_model.load_bundle(name)


@st.cache_resource(show_spinner=False, max_entries=64)
def phantom(seed: int, finding: str, size: int, hospital: str = "home") -> NDArray[np.uint8]:
    """Pixels of a phantom, uint8 (size, size), read-only because they are shared. hospital: of `HOSPITALS`."""
    pixels = xray_model.draw_phantom(seed, finding, size, xray_model.HOSPITALS[hospital]).pixels
    pixels.setflags(write=False)
    return pixels


@st.cache_resource(show_spinner=False)
def jobs() -> JobCenter:
    """The job centre, which starts and follows training runs and shows each owner only their own."""
    center = xray_model.JobCenter(outlived=not booth.is_everywhere(), tell=page_log.tell)  # a booth forgets
    _centers.append(center)
    return center


def leave_runs() -> None:
    """Leave the runs, if there are any, in good order to the next server."""
    for center in _centers:
        center.shut_down()


@st.cache_resource(show_spinner=False)
def take_up_runs() -> None:
    """Once a server, at its first visit: runs that the one before has left go on, or are removed if it was long ago."""
    if xray_model.has_left_runs():
        jobs()
