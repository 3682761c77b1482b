"""A server's file manager, as a page's run sees it."""

from __future__ import annotations

import pytest
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager


@pytest.fixture
def manager(monkeypatch) -> MemoryUploadedFileManager:
    """Streamlit's own file manager; the run belongs to the session "one"."""
    manager = MemoryUploadedFileManager("/upload")
    context = type("Context", (), {"uploaded_file_mgr": manager, "session_id": "one"})
    monkeypatch.setattr("streamlit.runtime.scriptrunner.get_script_run_ctx", lambda: context)
    return manager
