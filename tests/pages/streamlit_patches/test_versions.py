"""With a Streamlit that nobody tried, the patches stay off, and the log says so once; uploads still meet no disk."""

import logging

import pytest
import streamlit
from starlette.formparsers import MultiPartParser
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue

from pages.ui.streamlit_patches import download_answers, upload_memory, versions


@pytest.fixture
def newer(monkeypatch):
    """A Streamlit that is still to come."""
    monkeypatch.setattr(streamlit, "__version__", "1.99.0")
    monkeypatch.setattr(versions, "_said", [])


def test_the_installed_streamlit_is_one_that_was_tried():
    assert versions.is_tried()


@pytest.mark.usefixtures("newer")
def test_a_newer_streamlit_is_left_as_it_is(monkeypatch, caplog):
    untouched = lambda *_, **__: None  # noqa: E731
    monkeypatch.setattr(ForwardMsgQueue, "clear", untouched)
    monkeypatch.setattr(MultiPartParser, "spool_max_size", 7)
    with caplog.at_level(logging.WARNING):
        download_answers.keep_answers()
        upload_memory.watch()
    assert ForwardMsgQueue.clear is untouched
    assert MultiPartParser.spool_max_size == upload_memory.NEVER
    assert [record.getMessage().partition(":")[0] for record in caplog.records] == ["Streamlit 1.99.0"]
