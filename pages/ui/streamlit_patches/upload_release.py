"""Uploads that were read are let go: Streamlit 1.67 would hold their bytes until the session ends."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFile, UploadedFileRec


def release(file: UploadedFile, widget: str) -> None:
    """Let go of an upload's bytes. Its name stays listed. widget: the key of the widget that it came through.

    They are in three places: Streamlit's file manager, the state of the widget, and the copy that the widget returned.
    """
    manager, session = _files()
    if manager is None:
        return
    manager.add_file(session, UploadedFileRec(file.file_id, file.name, file.type, b""))
    listed = st.session_state.get(widget) or []
    for copy in (file, *(listed if isinstance(listed, list) else [listed])):
        if copy.file_id == file.file_id:
            copy.seek(0)
            copy.truncate()


def forget(ids: Iterable[str]) -> None:
    """Take uploads off Streamlit's list, names included."""
    manager, session = _files()
    if manager is not None:
        for key in ids:
            manager.remove_file(session_id=session, file_id=key)


def _files() -> tuple[MemoryUploadedFileManager | None, str]:
    """What holds the uploads, and whose they are; nothing outside a run of a page, or if they are kept elsewhere."""
    context = get_script_run_ctx()
    manager = context.uploaded_file_mgr if context else None
    return (manager, context.session_id) if context and isinstance(manager, MemoryUploadedFileManager) else (None, "")
