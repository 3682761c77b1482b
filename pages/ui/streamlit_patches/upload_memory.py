"""Limits on uploads while they arrive: never in a file, and no more of one visitor's, or of all, than fits in memory.

Streamlit 1.67 limits the size of each file, but not how many may wait to be read. Starlette, which receives them,
writes a file of more than 1 MB to the disk. Both are changed where every upload passes.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING
from weakref import WeakSet

from pages.ui.streamlit_patches import versions

if TYPE_CHECKING:
    from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
    from streamlit.runtime.uploaded_file_manager import UploadedFile, UploadedFileRec

MAX_WAITING_MEGABYTES = 200  # of one visitor's files that have arrived and are not yet read
NEVER = 2**40  # bytes: larger than any upload, so that none is written to a disk
DROPPED = "application/x-dropped"  # stands as the type of a dropped file
NO_ROOM = (
    f"There was no room for it: at most {MAX_WAITING_MEGABYTES} MB may come at once, and less while many visitors are "
    "here. Add it again, with fewer others."
)

_watched: WeakSet[MemoryUploadedFileManager] = WeakSet()


def watch(make_room: Callable[[int], bool] = lambda _: True) -> None:
    """Set the limits on this server, once. Every page calls it, as any may be the first to be opened.

    make_room: whether so many more bytes fit into the memory that all visitors share.
    """
    with suppress(ImportError):  # a Streamlit that receives uploads without Starlette
        from starlette.formparsers import MultiPartParser

        MultiPartParser.spool_max_size = NEVER  # whatever the version of Streamlit
    if versions.is_tried():
        _limit_waiting(make_room)


def is_dropped(file: UploadedFile) -> bool:
    """Whether the file had no room: its name arrived, its bytes were dropped."""
    return file.type == DROPPED


def _limit_waiting(make_room: Callable[[int], bool]) -> None:
    from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
    from streamlit.runtime.scriptrunner import get_script_run_ctx

    context = get_script_run_ctx()
    manager = context and context.uploaded_file_mgr
    if isinstance(manager, MemoryUploadedFileManager) and manager not in _watched:
        _watched.add(manager)
        manager.add_file = _counted(manager, manager.add_file, make_room)  # type: ignore[method-assign]


def waiting_bytes() -> int:
    """Bytes of all visitors' files that have arrived and are not yet read."""
    return sum(
        len(file.data)
        for manager in list(_watched)
        for files in list(manager.file_storage.values())
        for file in list(files.values())
    )


def _counted(
    manager: MemoryUploadedFileManager, add: Callable[..., None], make_room: Callable[[int], bool]
) -> Callable[..., None]:
    def add_file(session_id: str, file: UploadedFileRec) -> None:
        waiting = list(manager.file_storage.get(session_id, {}).values())
        others = sum(len(other.data) for other in waiting if other.file_id != file.file_id)
        is_much = others + len(file.data) > MAX_WAITING_MEGABYTES * 2**20
        if file.data and (is_much or not make_room(len(file.data))):
            file = file._replace(type=DROPPED, data=b"")
        add(session_id=session_id, file=file)

    return add_file
