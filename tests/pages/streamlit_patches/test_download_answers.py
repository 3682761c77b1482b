"""Downloads asked for while a page runs again: the answer in Streamlit's queue, the button of the run before."""

import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime import media_file_manager
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue
from streamlit.runtime.media_file_manager import MediaFileManager
from streamlit.runtime.media_file_storage import MediaFileStorageError
from streamlit.runtime.memory_media_file_storage import MemoryMediaFileStorage

from pages.ui.streamlit_patches import download_answers


def message(name: str) -> ForwardMsg:
    made = ForwardMsg()
    getattr(made, name).SetInParent()
    return made


@pytest.fixture
def queue(monkeypatch):
    monkeypatch.setattr(ForwardMsgQueue, "clear", ForwardMsgQueue.clear)
    download_answers.keep_answers()
    queue = ForwardMsgQueue()
    for name in ("new_session", download_answers.ANSWER, "delta"):
        queue.enqueue(message(name))
    return queue


@pytest.mark.parametrize("fragments", [None, ["a fragment"]])
def test_a_run_that_begins_leaves_the_answer_in_the_queue_once(queue, fragments):
    for _ in range(2):
        queue.clear(retain_lifecycle_msgs=True, fragment_ids_this_run=fragments)
    kept = [sent.WhichOneof("type") for sent in queue.flush()]
    assert kept.count(download_answers.ANSWER) == 1
    assert "new_session" in kept
    assert queue.is_empty(), "what was sent is gone"


def test_a_session_that_ends_leaves_nothing(queue):
    queue.clear()
    assert queue.is_empty()


@pytest.fixture
def manager(monkeypatch):
    for name in ("add_deferred", "execute_deferred"):
        monkeypatch.setattr(MediaFileManager, name, getattr(MediaFileManager, name))
    monkeypatch.setattr(ForwardMsgQueue, "clear", ForwardMsgQueue.clear)
    download_answers.keep_answers()
    return MediaFileManager(MemoryMediaFileStorage("/media"))


def run(manager, monkeypatch, session: str, **buttons: bytes) -> list[str]:
    """What a run of a page with these download buttons does; the buttons' names in this run."""
    monkeypatch.setattr(media_file_manager, "_get_session_id", lambda: session)
    manager.clear_session_refs()
    rows = enumerate(buttons.items())
    names = [manager.add_deferred(lambda data=data: data, "x/y", f"{n}", element_id=key) for n, (key, data) in rows]
    manager.remove_orphaned_files()
    return names


def content(manager, url: str) -> bytes:
    return manager._storage.get_file(url.rpartition("/")[2]).content


def test_a_button_of_the_run_before_hands_out_the_file_of_the_latest_run(manager, monkeypatch):
    [overlay, figures] = run(manager, monkeypatch, "mine", overlay=b"old overlay", figures=b"old figures")
    run(manager, monkeypatch, "theirs", overlay=b"their overlay", figures=b"their figures")
    run(manager, monkeypatch, "mine", figures=b"new figures", overlay=b"new overlay")
    assert content(manager, manager.execute_deferred(overlay)) == b"new overlay"
    assert content(manager, manager.execute_deferred(figures)) == b"new figures"


def test_a_button_that_is_gone_hands_out_nothing(manager, monkeypatch):
    monkeypatch.setattr(download_answers, "PATIENCE_SECONDS", 0.1)
    [overlay] = run(manager, monkeypatch, "mine", overlay=b"mine")
    run(manager, monkeypatch, "theirs", overlay=b"theirs")
    run(manager, monkeypatch, "mine")
    with pytest.raises(MediaFileStorageError):
        manager.execute_deferred(overlay)
