"""From uploads to readings: each file is decoded apart, analyzed, packed, and let go; a ZIP archive is its files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFile, UploadedFileRec

import xray_model
from pages.ui.shared.session import Reading, Session, answered
from pages.ui.streamlit_patches import upload_memory
from xray_model import InvalidRadiograph

if TYPE_CHECKING:
    from xray_model import Bundle, Radiograph

MAX_IMAGES = 300  # of one visitor at a time, those that could not be read included
MAX_MEGABYTES = 200  # of one visitor's packed pictures: the smallest host has 690 MB for everybody


@dataclass(frozen=True)
class _Job:
    """One file to read. upload: what it came in, perhaps with others."""

    key: str
    name: str
    upload: str
    data: Callable[[], bytes]


def take(current: Session, files: Iterable[UploadedFile], bundle: Bundle, widget: str) -> Iterator[tuple[int, int]]:
    """Read what is new in the upload widget, drop what was removed there; yields (done, all) as it goes.

    widget: its key. A run that is broken off is taken up by the next one where it stopped.
    """
    files = list(files)
    current.keep_uploads({file.file_id for file in files})
    current.finished |= {file.file_id for file in files if upload_memory.is_dropped(file)}
    fresh = [file for file in files if file.file_id not in current.finished]
    done, count = 0, len(fresh)
    for file in fresh:
        jobs = _jobs(file)
        count += len(jobs) - 1
        for job in jobs:
            if job.key not in current.readings and not _is_full(current, job):
                yield done, count
                current.add(_read(job, bundle))
                current.opened = None  # the highest probability is opened
            done += 1
        current.finished.add(file.file_id)
        release(file, widget)


def take_one(file: UploadedFile, widget: str) -> Radiograph:
    """For a page that shows one upload: decoded apart at its first run, let go, and packed from then on.

    widget: the upload widget's key. Raises `InvalidRadiograph`, at every run.
    """
    place = f"{widget}-picture"
    key, kept = st.session_state.get(place, ("", None))
    if key != file.file_id:
        try:
            if upload_memory.is_dropped(file):
                raise InvalidRadiograph(upload_memory.NO_ROOM)
            kept = xray_model.PackedRadiograph.of(xray_model.decode_apart(file.getvalue()))
        except InvalidRadiograph as error:
            kept = str(error)
        st.session_state[place] = (file.file_id, kept)
        release(file, widget)
    if isinstance(kept, str):
        raise InvalidRadiograph(kept)
    return kept.radiograph()


def release(file: UploadedFile, widget: str) -> None:
    """Let go of an upload's bytes: Streamlit 1.67 would hold them until the session ends. Its name stays listed.

    They are in three places: its file manager, the state of the widget, and the copy that the widget returned.
    """
    context = get_script_run_ctx()
    if context is None:
        return
    empty = UploadedFileRec(file.file_id, file.name, file.type, b"")
    context.uploaded_file_mgr.add_file(context.session_id, empty)
    listed = st.session_state.get(widget) or []
    for copy in (file, *(listed if isinstance(listed, list) else [listed])):
        if copy.file_id == file.file_id:
            copy.seek(0)
            copy.truncate()


def forget(ids: Iterable[str]) -> None:
    """Take uploads off Streamlit's list, names included."""
    context = get_script_run_ctx()
    for key in ids if context else ():
        context.uploaded_file_mgr.remove_file(session_id=context.session_id, file_id=key)


def _is_full(current: Session, job: _Job) -> bool:
    full = len(current.readings) >= MAX_IMAGES or current.size >= MAX_MEGABYTES * 2**20
    if full:
        current.left_out[job.key] = job.name
    return full


def _jobs(file: UploadedFile) -> list[_Job]:
    data, upload, own_name = file.getvalue(), file.file_id, xray_model.shown_name(file.name)
    if not xray_model.is_archive(data):
        return [_Job(upload, own_name, upload, lambda: data)]
    try:
        archive = xray_model.Archive(data)
        if not archive.names:
            raise InvalidRadiograph("The ZIP archive holds no files.")
    except InvalidRadiograph as error:
        return [_Job(upload, own_name, upload, partial(_refuse, str(error)))]
    return [
        _Job(f"{upload}/{name}", f"{own_name}/{name}", upload, partial(archive.read, name)) for name in archive.names
    ]


def _refuse(sentence: str) -> bytes:
    raise InvalidRadiograph(sentence)


def _read(job: _Job, bundle: Bundle) -> Reading:
    """A file's answer, or the reading that says why there is none."""
    try:
        radiograph = xray_model.decode_apart(job.data())
    except InvalidRadiograph as error:
        return Reading(job.key, job.name, None, job.upload, str(error))
    return answered(job.key, job.name, radiograph, xray_model.PackedRadiograph.of(radiograph), bundle, job.upload)
