"""The upload widget, and the progress bar while its files are read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

import xray_model
from pages.ui.analyze import intake
from pages.ui.shared import wording
from pages.ui.shared.session import Session
from pages.ui.streamlit_patches import upload_memory, upload_release

if TYPE_CHECKING:
    from xray_model import Bundle

NAMED = 5  # files that were dropped: the list above names them all
SUFFIXES = None  # any name: DICOM files often have no ending, and the content decides
HELP = (
    "DICOM, PNG, JPEG, WebP, BMP or TIFF, or a ZIP archive of them: up to 64 MB each, "
    f"{upload_memory.MAX_WAITING_MEGABYTES} MB at once, 40 million pixels an image, {intake.MAX_IMAGES} images at a "
    "time. They are read in memory, seen by this browser session only, and gone when it ends. Of a file's header, what "
    "may name a person is removed at once."
)


def ask(current: Session) -> list[UploadedFile]:
    """The upload widget: the files that are listed there."""
    return st.file_uploader(
        "Frontal chest radiographs, one or many, or a ZIP archive of them",
        SUFFIXES,
        accept_multiple_files=True,
        key=_widget(current),
        help=HELP,
    )


def read(current: Session, bundle: Bundle, files: Sequence[UploadedFile]) -> None:
    """Read the files that are new, with a progress bar for more than one."""
    bar = st.empty()
    for done, count in intake.take(current, files, bundle, _widget(current)):
        if count > 1:
            bar.progress(done / count, f"Reading image {done + 1} of {count}")
    bar.empty()
    _list_dropped([wording.plain(xray_model.shown_name(file.name)) for file in files if upload_memory.is_dropped(file)])


def _widget(current: Session) -> str:
    return f"uploads-{current.uploader}"


def _list_dropped(names: Sequence[str]) -> None:
    if not names:
        return
    more = f" and {len(names) - NAMED:,} more" if len(names) > NAMED else ""
    st.warning(
        f"**Not opened, because more than {upload_memory.MAX_WAITING_MEGABYTES} MB came at once:** "
        f"{', '.join(names[:NAMED])}{more}. Take them off the list above and add them again, fewer at a time.",
        icon=":material/inventory_2:",
    )


def clear(current: Session) -> None:
    """Forget every image and answer, and the names of the uploads."""
    upload_release.forget(current.finished)
    current.clear()
