"""A button that downloads a file without running the page again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePath

import streamlit as st

KINDS = {
    ".csv": "text/csv",
    ".dcm": "application/dicom",
    ".json": "application/json",
    ".md": "text/markdown",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".zip": "application/zip",
}


def show(
    label: str,
    data: str | Callable[[], str | bytes],
    file_name: str,
    key: str,
    icon: str = ":material/download:",
    help: str | None = None,
) -> None:
    """Draw the button. data: the file's content, or a function that makes it once the button is pressed."""
    kind = KINDS[PurePath(file_name).suffix]
    st.download_button(label, data, file_name, kind, key=key, on_click="ignore", icon=icon, help=help)
