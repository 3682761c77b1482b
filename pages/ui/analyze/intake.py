"""From uploads to readings. Each file, or each member of a ZIP archive, is decoded apart, analyzed and packed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import xray_model
from pages.ui.shared import page_log
from pages.ui.shared.picture_budget import budget
from pages.ui.shared.session import Reading, Session, Unanswered, answered, session
from pages.ui.shared.turns import turns
from pages.ui.streamlit_patches import upload_memory
from pages.ui.streamlit_patches.upload_release import release
from xray_model import InvalidRadiograph

if TYPE_CHECKING:
    from streamlit.runtime.uploaded_file_manager import UploadedFile

    from xray_model import Bundle, Radiograph

MAX_IMAGES = 300  # of one visitor at a time, unreadable ones included
MAX_MEGABYTES = 200  # of one visitor's packed pictures: the smallest host has 690 MB for all visitors


@dataclass(frozen=True)
class _Job:
    """One image to read. upload: id of the file it came in, which may hold several."""

    key: str
    name: str
    upload: str
    data: Callable[[], bytes]


def take(
    current: Session,
    files: Iterable[UploadedFile],
    bundle: Bundle,
    widget: str,
    tell: Callable[[int, int, int], object],
) -> None:
    """Read the new files of the upload widget and drop the removed ones, each image in a turn of its own.

    widget: its key. tell: called with the images done, all of them, and the place in the queue, 0 for an image whose
    turn it is. If the run is interrupted, the next one goes on from there.
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
                with turns().turn(partial(tell, done, count)):
                    tell(done, count, 0)
                    current.add(_logged(job, bundle))
                current.opened = None  # so that the highest probability is opened
            done += 1
        current.finished.add(file.file_id)
        release(file, widget)


def take_one(file: UploadedFile, widget: str) -> Radiograph:
    """The picture of a page's only upload, decoded once and kept packed. widget: the upload widget's key.

    Raises `InvalidRadiograph`, at every run.
    """
    current = session()
    key, kept = current.single.get(widget, ("", ""))
    if key != file.file_id:
        try:
            if upload_memory.is_dropped(file) or not budget().make_room():
                raise InvalidRadiograph(upload_memory.NO_ROOM)
            with turns().turn():
                kept = xray_model.PackedRadiograph.of(xray_model.decode_apart(file.getvalue()))
        except InvalidRadiograph as error:
            kept = str(error)
        current.single[widget] = (file.file_id, kept)
        release(file, widget)
    if isinstance(kept, str):
        raise InvalidRadiograph(kept)
    return kept.radiograph()


def _is_full(current: Session, job: _Job) -> bool:
    full = len(current.readings) >= MAX_IMAGES or current.size >= MAX_MEGABYTES * 2**20
    if full or not budget().make_room():
        current.left_out[job.key] = job.name
        page_log.tell("refused", kind="no room")
        return True
    return False


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


def _logged(job: _Job, bundle: Bundle) -> Reading | Unanswered:
    began = time.perf_counter()
    reading = _read(job, bundle)
    if isinstance(reading, Unanswered):
        page_log.tell("refused", kind="no chest" if reading.refused else "unreadable")
    else:
        page_log.tell("answered", milliseconds=round((time.perf_counter() - began) * 1000))
    return reading


def _read(job: _Job, bundle: Bundle) -> Reading | Unanswered:
    try:
        radiograph = xray_model.decode_apart(job.data())
    except InvalidRadiograph as error:
        return Unanswered(job.key, job.name, str(error), job.upload)
    return answered(job.key, job.name, radiograph, xray_model.PackedRadiograph.of(radiograph), bundle, job.upload)
