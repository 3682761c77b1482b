"""A model that the visitor trained, used on the Analyze page in this session only."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.ui.analyze.results import POINT_KEY
from pages.ui.shared import wording
from pages.ui.shared.session import Session

if TYPE_CHECKING:
    from xray_model import Bundle


def use(current: Session, bundle: Bundle | None, *, of_elsewhere: bool = False) -> None:
    """Switch to this model, or back to the bundled one with None, and analyze the open images again.

    of_elsewhere: it learned from the other hospital's phantoms.
    """
    current.use(bundle, of_elsewhere=of_elsewhere)
    st.session_state.pop(POINT_KEY, None)  # the other model has its own operating points


def banner(current: Session) -> None:
    """Say that the visitor's own model is in use, with a button to go back; nothing for the bundled model."""
    if current.own is None:
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="own-model"):
        st.markdown(
            f":material/model_training: **Your own model is in use**, in this session only: "
            f"{wording.plain(current.own.name)}. It is an experiment, measured on few images.",
            width="stretch",
        )
        st.button("Back to the bundled model", key="own-model-back", on_click=use, args=(current, None))
