"""The visitor's own ZIP archive of class folders: upload, progress bar and unreadable files."""

from __future__ import annotations

import streamlit as st

from pages.ui.shared import wording
from pages.ui.shared.turns import turns
from pages.ui.streamlit_patches.upload_release import release
from pages.ui.train.state import Bench
from xray_model import ArchiveReading, InvalidDataset, UploadedImages

KEY = "train-zip"
MOST = 2000  # images of an archive: 100 MB of memory, which all visitors share
LISTED = 100  # unreadable files that are named
LABEL = "A ZIP archive with the folders NORMAL and PNEUMONIA inside"
HELP = (
    "Up to 64 MB. The folders may be at any depth, in upper or lower case; images as on the Analyze page. Folders "
    "named train and val are used as such; one named test is not opened. Of more than "
    f"{MOST:,} images, a part is used. During a run, small copies of the images lie in the run's folder on the server, "
    "without the header entries that may name a person; they are deleted with it."
)


def take(bench: Bench) -> UploadedImages | None:
    """Ask for an archive and read it; None without a usable one."""
    file = st.file_uploader(LABEL, ["zip"], key=KEY, help=HELP, on_change=_changed, args=(bench,))
    if file is not None and file.file_id != bench.archive:
        _open(bench, file.file_id, file.name, file.getvalue())
        release(file, KEY)
    if bench.reading:
        _read(bench, bench.reading)
    if bench.wanted and not (bench.upload and bench.upload.sha256 == bench.wanted.sha256):
        st.info(
            f"The loaded settings need the archive **{wording.plain(bench.wanted.path or '')}**. Please upload it.",
            icon=":material/tune:",
        )
    if bench.archive_refusal:
        st.error(f"This archive cannot be used. {bench.archive_refusal}", icon=":material/error:")
    if bench.upload:
        _say(bench, bench.upload)
    return bench.upload


def _changed(bench: Bench) -> None:
    """Forget an archive that the visitor removed. A visit to another page empties the list without this call."""
    if st.session_state[KEY] is None:
        _forget(bench)


def _forget(bench: Bench) -> None:
    if bench.upload:
        bench.left_out.pop((bench.upload.choice.kind, bench.upload.name, bench.upload.sha256), None)
        bench.review = None  # it holds pictures of them
    bench.archive, bench.archive_refusal, bench.reading, bench.upload = "", "", None, None


def _open(bench: Bench, file_id: str, name: str, data: bytes) -> None:
    _forget(bench)
    bench.archive = file_id
    try:
        bench.reading = ArchiveReading(data, name, MOST)
    except InvalidDataset as error:
        bench.archive_refusal = str(error)


def _read(bench: Bench, reading: ArchiveReading) -> None:
    """Read the archive with a progress bar. If a rerun interrupts, the next one goes on from there."""
    bar = st.progress(0.0)
    while _advance(reading):
        bar.progress(reading.done / reading.total, f"Reading image {reading.done:,} of {reading.total:,}")
    bar.empty()
    try:
        bench.upload = reading.finish()
    except InvalidDataset as error:
        bench.archive_refusal = str(error)
    bench.reading = None


def _advance(reading: ArchiveReading) -> bool:
    with turns().turn():
        return reading.advance()


def _say(bench: Bench, upload: UploadedImages) -> None:
    """Name the archive if the widget no longer does, and list its unreadable files."""
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
