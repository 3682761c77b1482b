"""The upload widget of the Analyze page, and the progress bar while its files are read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

import xray_model
from pages.ui.analyze import intake
from pages.ui.shared import booth, turns, wording
from pages.ui.shared.session import Session
from pages.ui.streamlit_patches import upload_memory, upload_release

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator
    from streamlit.runtime.uploaded_file_manager import UploadedFile

    from xray_model import Bundle

MORE = "open-more"
SUFFIXES = None  # any: DICOM files often have no suffix, and the content decides
HELP = (
    "DICOM, PNG, JPEG, WebP, BMP or TIFF, or a ZIP archive of them: up to 64 MB per file, "
    f"{upload_memory.MAX_WAITING_MEGABYTES} MB at once, 40 million pixels per image, {intake.MAX_IMAGES} images in "
    "all. Files are read in memory, visible to this browser session only, and gone when it ends. Header entries that "
    "may name a person are removed at once."
)


def has_begun(current: Session) -> bool:
    """Whether something is open, or is about to be."""
    return bool(current.readings or st.session_state.get(_widget(current)))


def ask(current: Session) -> list[UploadedFile]:
    """Draw the upload widget; returns the files in it. A booth has none unless its server allows it."""
    if current.lost:
        upload_release.forget(current.finished)
        current.finished.clear()
    if not booth.allows_uploads():
        return []
    return st.file_uploader(
        "Frontal chest radiographs, or a ZIP archive of them: choose, drop anywhere on the page, or paste",
        SUFFIXES,
        accept_multiple_files=True,
        key=_widget(current),
        help=HELP,
        on_change=_fold_if_more,
        args=(current,),
    )


def more() -> DeltaGenerator:
    """The box for further files; it opens by hand, and folds when something has been opened."""
    return st.expander("Open more, or remove some", icon=":material/upload:", key=MORE, on_change="rerun")


def fold() -> None:
    """Fold that box before it is drawn."""
    st.session_state[MORE] = False


def _fold_if_more(current: Session) -> None:
    """After files were added; where one was removed, another may be next."""
    if len(st.session_state[_widget(current)]) > len(current.listed):
        fold()


def read(current: Session, bundle: Bundle, files: Sequence[UploadedFile]) -> None:
    """Read the new files, with a progress bar if there are several images, or if others are served first."""
    bar = st.container(key="reading").empty()

    def tell(done: int, count: int, place: int) -> None:
        if count > 1 or place:
            waits = f" · {turns.words(place)}" if place else ""
            bar.progress(done / count, f"Reading image {done + 1} of {count}{waits}")

    intake.take(current, files, bundle, _widget(current), tell)
    bar.empty()
    _list_dropped([xray_model.shown_name(file.name) for file in files if upload_memory.is_dropped(file)])


def _widget(current: Session) -> str:
    return f"uploads-{current.uploader}"


def _list_dropped(names: Sequence[str]) -> None:
    if names:
        st.warning(
            f"**Not opened, because there was no room:** {wording.names(names)}. At most "
            f"{upload_memory.MAX_WAITING_MEGABYTES} MB may come at once, and less while many visitors are here. Remove "
            "them from the list of files and add them again, fewer at a time.",
            icon=":material/inventory_2:",
        )


def clear(current: Session) -> None:
    """Forget every image and answer, and the names of the uploads."""
    upload_release.forget(current.finished)
    current.clear()
