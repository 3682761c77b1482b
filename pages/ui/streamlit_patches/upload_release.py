"""Releasing uploads that have been read: Streamlit 1.67 holds their bytes in memory until the session ends."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
    from streamlit.runtime.uploaded_file_manager import UploadedFile


def release(file: UploadedFile, widget: str) -> None:
    """Release an upload's bytes and keep its name in the list. widget: key of the widget it came through.

    The bytes are in three places: Streamlit's file manager, the state of the widget, and the copy that it returned.
    """
    manager, session = _files()
    if manager is None:
        return
    for record in manager.get_files(session, [file.file_id]):
        manager.add_file(session, record._replace(data=b""))
    listed = st.session_state.get(widget) or []
    for copy in (file, *(listed if isinstance(listed, list) else [listed])):
        if copy.file_id == file.file_id:
            copy.seek(0)
            copy.truncate()


def forget(ids: Iterable[str]) -> None:
    """Remove uploads from Streamlit's list, names included."""
    manager, session = _files()
    if manager is not None:
        for key in ids:
            manager.remove_file(session_id=session, file_id=key)


def _files() -> tuple[MemoryUploadedFileManager | None, str]:
    """The holder of the uploads and this session's id; (None, "") outside a page's run, or if they are elsewhere."""
    try:
        from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
        from streamlit.runtime.scriptrunner import get_script_run_ctx
    except ImportError:  # a Streamlit that keeps uploads in another way
        return None, ""
    context = get_script_run_ctx()
    manager = context.uploaded_file_mgr if context else None
    return (manager, context.session_id) if context and isinstance(manager, MemoryUploadedFileManager) else (None, "")
