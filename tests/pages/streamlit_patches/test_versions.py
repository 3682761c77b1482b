"""With a Streamlit that was not tried, the patches stay off and the log says so once; uploads still meet no disk."""

import logging
import subprocess
import sys

import streamlit
from starlette.formparsers import MultiPartParser
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue

from pages.ui.streamlit_patches import download_answers, upload_memory, versions
from tests.support.places import ROOT

WITHOUT_INTERNALS = """
import sys, streamlit
streamlit.__version__ = "1.99.0"
for name in ("forward_msg_queue", "media_file_manager", "memory_uploaded_file_manager", "uploaded_file_manager"):
    sys.modules[f"streamlit.runtime.{name}"] = None
sys.modules["starlette.formparsers"] = sys.modules["starlette.responses"] = None
from pages.ui.analyze import downloads, uploads
from pages.ui.streamlit_patches import download_answers, first_paint, upload_memory, upload_release
first_paint.style(str)
download_answers.keep_answers()
upload_memory.watch()
upload_release.forget(["id"])
"""


def test_the_installed_streamlit_was_tried():
    assert versions.is_tried(), "Run the tests of this folder and the browser tests with it, then change TRIED."


def test_a_newer_streamlit_is_left_as_it_is(monkeypatch, caplog):
    untouched = lambda *_, **__: None  # noqa: E731
    monkeypatch.setattr(streamlit, "__version__", "1.98.0")
    monkeypatch.setattr(ForwardMsgQueue, "clear", untouched)
    monkeypatch.setattr(MultiPartParser, "spool_max_size", 7)
    with caplog.at_level(logging.WARNING):
        download_answers.keep_answers()
        upload_memory.watch()
    assert ForwardMsgQueue.clear is untouched
    assert MultiPartParser.spool_max_size == upload_memory.NEVER
    [said] = [record.getMessage() for record in caplog.records]
    assert said.startswith("Streamlit 1.98.0 has not been tried with this app, only 1.67.x.")


def test_a_newer_streamlit_may_lack_what_the_patches_reach_for():
    found = subprocess.run([sys.executable, "-c", WITHOUT_INTERNALS], cwd=ROOT, capture_output=True, text=True)
    assert found.returncode == 0, found.stderr
