"""A visitor's own ZIP of class folders: read with a bar that shows how far, what could not be read named."""

from __future__ import annotations

import streamlit as st

from pages.ui.shared import wording
from pages.ui.streamlit_patches.upload_release import release
from pages.ui.train.state import Bench
from xray_model import ArchiveReading, InvalidDataset, UploadedImages

KEY = "train-zip"
MOST = 2000  # images of one archive: 100 MB of the memory that everybody shares
LISTED = 100  # unreadable files that are named
LABEL = "A ZIP archive with the folders NORMAL and PNEUMONIA inside"
HELP = (
    "Up to 64 MB, the folders at any depth and in any case, images as on the Analyze page. Folders named train and val "
    f"are used as they are; one named test stays closed. Of more than {MOST:,} images a part is taken. "
    "While a run needs them, the images lie in the run's folder on the server, small and without what names a person "
    "in their headers; they are deleted with it."
)


def take(bench: Bench) -> UploadedImages | None:
    """Ask for an archive and read it; None while there is none that can be used."""
    file = st.file_uploader(LABEL, ["zip"], key=KEY, help=HELP, on_change=_changed, args=(bench,))
    if file is not None and file.file_id != bench.archive:
        _open(bench, file.file_id, file.name, file.getvalue())
        release(file, KEY)
    if bench.reading:
        _read(bench, bench.reading)
    if bench.wanted and not (bench.upload and bench.upload.sha256 == bench.wanted.sha256):
        st.info(
            f"The settings that you loaded are for **{wording.plain(bench.wanted.path or '')}**.",
            icon=":material/tune:",
        )
    if bench.archive_refusal:
        st.error(f"This archive cannot be used. {bench.archive_refusal}", icon=":material/error:")
    if bench.upload:
        _say(bench, bench.upload)
    return bench.upload


def _changed(bench: Bench) -> None:
    """Taken off the list by the visitor; the page left and opened again shows an empty list and changes nothing."""
    if st.session_state[KEY] is None:
        _forget(bench)


def _forget(bench: Bench) -> None:
    bench.archive, bench.archive_refusal, bench.reading, bench.upload = "", "", None, None


def _open(bench: Bench, file_id: str, name: str, data: bytes) -> None:
    _forget(bench)
    bench.archive = file_id
    try:
        bench.reading = ArchiveReading(data, name, MOST)
    except InvalidDataset as error:
        bench.archive_refusal = str(error)


def _read(bench: Bench, reading: ArchiveReading) -> None:
    """Read on; a rerun that breaks in is followed by one that goes on from there."""
    bar = st.progress(0.0)
    while reading.advance():
        bar.progress(reading.done / reading.total, f"Reading image {reading.done:,} of {reading.total:,}")
    bar.empty()
    try:
        bench.upload = reading.finish()
    except InvalidDataset as error:
        bench.archive_refusal = str(error)
    bench.reading = None


def _say(bench: Bench, upload: UploadedImages) -> None:
    """What the list above no longer shows after the page was left, and what could not be read."""
    if st.session_state[KEY] is None:
        with st.container(horizontal=True, vertical_alignment="center", key="train-own-images"):
            st.markdown(f"From **{wording.plain(upload.name)}**", width="stretch")
            st.button("Forget these images", key="train-zip-forget", on_click=_forget, args=(bench,))
    unreadable = upload.unreadable
    if unreadable:
        count = len(unreadable)
        title = (
            f"{count:,} {wording.plural('file', count)} could not be read and {'is' if count == 1 else 'are'} left out"
        )
        with st.expander(title, icon=":material/warning:"):
            lines = [f"- **{wording.plain(name)}**: {why}" for name, why in list(unreadable.items())[:LISTED]]
            more = [f"- and {count - LISTED:,} more"] if count > LISTED else []
            st.markdown("\n".join([*lines, *more]))
