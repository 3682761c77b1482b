"""Uploads while they arrive: in memory alone, and no more of one visitor's than fits, before any page sees them.

Streamlit 1.67 limits each file but not how many of them wait to be read, and Starlette below it writes what is larger
than 1 MB into a temporary file as it comes in. Both are set right here, in the places that every upload passes.
"""

from __future__ import annotations

from collections.abc import Callable
from weakref import WeakSet

from starlette.formparsers import MultiPartParser
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFile, UploadedFileRec

from pages.ui.streamlit_patches import versions

MAX_WAITING_MEGABYTES = 200  # of one visitor's files that have arrived and are not yet read
NEVER = 2**40  # bytes: more than a file may have, so that none is written to a disk
DROPPED = "application/x-dropped"  # takes the place of a dropped file's type
NO_ROOM = f"It came with others of more than {MAX_WAITING_MEGABYTES} MB together. Add fewer files at a time."

_watched: WeakSet[MemoryUploadedFileManager] = WeakSet()


def watch() -> None:
    """Set both limits, once for each server; to be called by every page, as the first one to be opened may be any."""
    MultiPartParser.spool_max_size = NEVER  # Starlette's: with every Streamlit, or an upload would lie on a disk
    if not versions.is_tried():
        return
    context = get_script_run_ctx()
    manager = context and context.uploaded_file_mgr
    if isinstance(manager, MemoryUploadedFileManager) and manager not in _watched:
        _watched.add(manager)
        manager.add_file = _counted(manager, manager.add_file)  # type: ignore[method-assign]


def is_dropped(file: UploadedFile) -> bool:
    """Whether there was no room for the file: its name arrived, its bytes were let go."""
    return file.type == DROPPED


def _counted(manager: MemoryUploadedFileManager, add: Callable[..., None]) -> Callable[..., None]:
    def add_file(session_id: str, file: UploadedFileRec) -> None:
        waiting = list(manager.file_storage.get(session_id, {}).values())
        others = sum(len(other.data) for other in waiting if other.file_id != file.file_id)
        if file.data and others + len(file.data) > MAX_WAITING_MEGABYTES * 2**20:
            file = UploadedFileRec(file.file_id, file.name, DROPPED, b"")
        add(session_id=session_id, file=file)

    return add_file
