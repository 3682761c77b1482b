"""The menu on a phone, which closes once a page is chosen."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

_component = st.components.v2.component(
    "menu", html="<span hidden></span>", js=Path(__file__).with_name("menu.js").read_text(encoding="utf-8")
)


def close_after_choice() -> None:
    """Close the menu of a narrow window when one of its links is followed."""
    _component(key="menu", height="content")
