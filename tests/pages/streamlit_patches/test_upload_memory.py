"""Uploads as they arrive: never in a file, and no more of one visitor's than fits; the rest is dropped and named."""

from __future__ import annotations

import asyncio
import tracemalloc
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from starlette.datastructures import Headers
from starlette.formparsers import MultiPartParser
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.uploaded_file_manager import UploadedFileRec

from pages.ui.analyze import intake
from pages.ui.shared.session import Session
from pages.ui.streamlit_patches import upload_memory
from pages.ui.streamlit_patches.upload_release import release
from tests.pages.conftest import open_page, png, text_of, upload
from tests.support.uploaded import Uploaded
from xray_model import InvalidRadiograph

MB = 2**20


@pytest.fixture
def manager(manager) -> MemoryUploadedFileManager:
    """The file manager after a page was opened."""
    upload_memory.watch()
    return manager


def arrive(manager: MemoryUploadedFileManager, number: int, megabytes: float, session: str = "one") -> UploadedFileRec:
    data = bytes(int(megabytes * MB))
    manager.add_file(session_id=session, file=UploadedFileRec(f"id-{number}", f"{number}.png", "image/png", data))
    [kept] = manager.get_files(session, [f"id-{number}"])
    return kept


def test_what_does_not_fit_is_dropped_as_it_arrives(manager):
    kept = [arrive(manager, number, 60) for number in range(5)]
    assert [len(file.data) // MB for file in kept] == [60, 60, 60, 0, 0]
    assert [upload_memory.is_dropped(file) for file in kept] == [False, False, False, True, True]
    assert [file.name for file in kept] == [f"{number}.png" for number in range(5)]
    assert not upload_memory.is_dropped(arrive(manager, 5, 20)), "a smaller one still fits"


def test_memory_stays_within_the_limit(manager):
    tracemalloc.start()
    try:
        for number in range(20):
            arrive(manager, number, 50)
        held, peak = (size / MB for size in tracemalloc.get_traced_memory())
    finally:
        tracemalloc.stop()
    assert held < upload_memory.MAX_WAITING_MEGABYTES + 1
    assert peak < upload_memory.MAX_WAITING_MEGABYTES + 51


def test_what_was_read_makes_room_and_so_does_what_was_taken_off_the_list(manager):
    first = arrive(manager, 0, 150)
    file = Uploaded(first.name, b"")
    file.file_id = first.file_id
    release(file, "uploads-0")
    assert not upload_memory.is_dropped(arrive(manager, 1, 150))
    assert upload_memory.is_dropped(arrive(manager, 2, 100))
    manager.remove_file("one", "id-1")
    assert not upload_memory.is_dropped(arrive(manager, 2, 100)), "the same file, sent again"


def test_visitors_are_counted_by_themselves(manager):
    assert not upload_memory.is_dropped(arrive(manager, 0, 150, "one"))
    assert not upload_memory.is_dropped(arrive(manager, 0, 150, "two"))


def test_what_finds_no_room_beside_other_visitors_files_is_dropped(manager):
    manager.add_file = upload_memory._counted(manager, type(manager).add_file.__get__(manager), lambda size: size < MB)
    before = upload_memory.waiting_bytes()
    assert [len(arrive(manager, number, size).data) for number, size in enumerate((0.5, 2))] == [MB // 2, 0]
    assert upload_memory.waiting_bytes() - before == MB // 2


def test_a_second_page_counts_no_file_twice(manager):
    watched = manager.add_file
    upload_memory.watch()
    assert manager.add_file is watched


@pytest.mark.parametrize("page", ["app.py", "pages/analyze.py", "pages/augmentation.py", "pages/train.py"])
def test_every_page_watches_and_no_upload_goes_into_a_file(page, monkeypatch):
    monkeypatch.setattr(MultiPartParser, "spool_max_size", MB)  # Starlette's own setting
    assert rolled_over(5 * MB), "Starlette no longer writes large uploads to a file: upload_memory need not prevent it."
    open_page(page)
    assert not rolled_over(60 * MB)


def rolled_over(size: int) -> bool:
    """Whether a body with one file of `size` bytes ends up in a temporary file."""

    async def body() -> AsyncIterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n'
        for _ in range(size // MB):
            yield bytes(MB)
        yield b"\r\n--x--\r\n"

    async def parse() -> bool:
        form = await MultiPartParser(Headers({"content-type": "multipart/form-data; boundary=x"}), body()).parse()
        assert form["file"].size == size
        return form["file"].file._rolled

    with ThreadPoolExecutor(1) as pool:  # the browser tests leave an event loop running in this thread
        return pool.submit(lambda: asyncio.run(parse())).result()


def test_the_page_names_what_was_dropped_and_reads_the_rest(analyze_page):
    analyze_page.file_uploader[0].set_value(
        [("kept.png", png(1), "image/png"), *[(f"{number}.png", b"", upload_memory.DROPPED) for number in range(7)]]
    )
    app = analyze_page.run()
    assert not app.exception
    assert [reading.name for reading in app.session_state["session"].readings.values()] == ["kept.png"]
    [said] = [warning.value for warning in app.warning]
    assert "there was no room" in said
    assert r"4\.png and 2 more" in said
    app = upload(app, ("kept.png", png(1)))
    assert "no room" not in text_of(app)


def test_a_page_with_one_upload_says_so_too(monkeypatch):
    monkeypatch.setattr(intake, "session", Session)
    file = Uploaded("a.png", b"")
    file.type = upload_memory.DROPPED
    with pytest.raises(InvalidRadiograph, match="no room for it"):
        intake.take_one(file, "one")
