"""The upload widget, and the progress bar while its files are read."""

from __future__ import annotations

import streamlit as st

from pages.ui import intake
from pages.ui.state import Session
from xray_model import Bundle

SUFFIXES = None  # any name: DICOM files often have no ending, and the content decides
HELP = (
    "DICOM, PNG, JPEG, WebP, BMP or TIFF, or a ZIP archive of them: up to 64 MB each, 40 million pixels an image, "
    f"{intake.MAX_IMAGES} images at a time. They are read in memory, seen by this browser session only, and gone when "
    "it ends. Of a file's header, what may name a person is removed at once."
)


def take(current: Session, bundle: Bundle) -> None:
    """Ask for files and read those that are new."""
    widget = f"uploads-{current.uploader}"
    files = st.file_uploader(
        "Frontal chest radiographs, one or many, or a ZIP archive of them",
        SUFFIXES,
        accept_multiple_files=True,
        key=widget,
        help=HELP,
    )
    bar = st.empty()
    for done, count in intake.take(current, files, bundle, widget):
        if count > 1:
            bar.progress(done / count, f"Reading image {done + 1} of {count}")
    bar.empty()


def clear(current: Session) -> None:
    """Forget every image and answer, and the names of the uploads."""
    intake.forget(current.finished)
    current.clear()
