"""The Augmentation page: what each transform does to a radiograph, and what the model makes of it."""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pages.ui.augmentation import controls, export, grid, source
from pages.ui.augmentation.state import studio
from pages.ui.shared import cache, frame
from xray_model import Bundle, InvalidBundle

frame.open_page("Augmentation")
st.title("Augmentation", anchor=False)
st.markdown(
    "Training shows each radiograph a little differently every time, so that the model learns what does not matter. "
    "Here are such draws, as the network gets them, and what the bundled model makes of each."
)
frame.notice()

try:
    bundle = cache.bundle()
except InvalidBundle as error:
    st.error(f"The bundled model cannot be opened. {error}", icon=":material/error:")
    st.stop()

grey = source.choose(bundle.card.input_size)
if grey is None:
    st.caption("Nothing is open yet. Add a radiograph above, or choose a synthetic phantom.")
    st.stop()


@st.fragment
def draw_studio(grey: NDArray[np.float32], bundle: Bundle) -> None:
    """Draw switches and grid. As a fragment, they run again without the rest of the page."""
    current = studio()
    controls.choose_preset(current)
    with st.container(key="augmentation-studio"):
        left, right = st.columns([3, 8], gap="medium")
    with left:
        controls.switches(current)
    with right:
        is_asked, target = grid.tools(current)
        grid.show(current, grey, bundle, is_asked, target)
    export.show(current, bundle.card.input_size)


draw_studio(grey, bundle)
st.divider()
grid.strip(grey, bundle)
frame.notice("result")
