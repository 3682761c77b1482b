"""The dark theme as default. Streamlit follows the system unless a choice is stored, so a first visit stores one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

_component = st.components.v2.component(
    "theme", html="<span hidden></span>", js=Path(__file__).with_name("theme.js").read_text(encoding="utf-8")
)


def dark_at_first(addresses: Sequence[str]) -> None:
    """Store the dark theme for the pages at these addresses, unless the visitor has chosen one."""
    _component(key="theme", data=list(addresses), height="content")
