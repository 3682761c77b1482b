"""The upload widget, and the progress bar while its files are read."""

from __future__ import annotations

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from pages.ui.state import Session, take_uploads
from xray_model import Bundle

SUFFIXES = ["png", "jpg", "jpeg", "webp", "bmp", "tif", "tiff"]
HELP = (
    "PNG, JPEG, WebP, BMP or TIFF, 8 or 16 bits, up to 64 MB and 40 million pixels each. "
    "They are read in memory, seen by this browser session only, and gone when it ends."
)


def take(current: Session, bundle: Bundle) -> None:
    """Ask for files and read those that are new."""
    files = st.file_uploader(
        "Frontal chest radiographs, one or many",
        SUFFIXES,
        accept_multiple_files=True,
        key=f"uploads-{current.uploader}",
        help=HELP,
    )
    bar = st.empty()
    for done, count in take_uploads(current, files, bundle):
        if count > 1:
            bar.progress(done / count, f"Reading image {done + 1} of {count}")
    bar.empty()


def clear(current: Session) -> None:
    """Forget every image and answer, and give the uploads' memory back at once.

    Streamlit 1.67 holds the files of an upload widget that is gone until the session ends.
    """
    context = get_script_run_ctx()
    for key in current.readings if context else ():
        context.uploaded_file_mgr.remove_file(session_id=context.session_id, file_id=key)
    current.clear()
