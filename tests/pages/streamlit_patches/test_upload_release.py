"""Releasing uploads that have been read. Streamlit 1.67 itself holds their bytes until the session ends."""

from __future__ import annotations

import pytest
from streamlit.proto.Common_pb2 import FileURLs
from streamlit.runtime.uploaded_file_manager import UploadedFile, UploadedFileRec
from streamlit.testing.v1 import AppTest

from pages.ui.streamlit_patches import upload_release

RECORD = UploadedFileRec("id", "film.png", "image/png", b"bytes")


@pytest.mark.parametrize("several", [True, False])
def test_all_three_copies_are_released_and_the_name_stays(manager, monkeypatch, several):
    manager.add_file("one", RECORD)
    copy, held = UploadedFile(RECORD, FileURLs()), UploadedFile(RECORD, FileURLs())
    monkeypatch.setattr(upload_release.st, "session_state", {"uploads": [held] if several else held})
    upload_release.release(copy, "uploads")
    assert manager.get_files("one", ["id"]) == [RECORD._replace(data=b"")]
    assert copy.getvalue() == held.getvalue() == b""


def test_a_forgotten_upload_leaves_nothing_and_other_sessions_keep_theirs(manager):
    for session in ("one", "two"):
        manager.add_file(session, RECORD)
    upload_release.forget(["id", "unknown"])
    assert manager.get_files("one", ["id"]) == []
    assert manager.get_files("two", ["id"]) == [RECORD]


def test_streamlit_itself_still_holds_what_a_page_has_read():
    def page():
        import streamlit as st

        for file in st.file_uploader("Films", accept_multiple_files=True, key="films"):
            file.read()

    app = AppTest.from_function(page).run()
    app.file_uploader[0].set_value([("film.png", b"bytes", "image/png")]).run()
    [held] = app.run().session_state["films"]
    assert held.getvalue() == b"bytes", "Streamlit now releases uploads by itself: upload_release can go."
