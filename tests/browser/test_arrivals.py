"""A drop of more than fits, on a real server: no more than the limit is kept, and no byte goes into a file."""

from __future__ import annotations

import threading
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.sync_api import expect

from pages.ui.streamlit_patches.upload_memory import MAX_WAITING_MEGABYTES
from tests.support.server import Server
from xray_model.imaging.zip_archives import MAX_BYTES

pytestmark = [pytest.mark.browser, pytest.mark.linux]

MB = 2**20
FILE = 60 * MB
COUNT = 4  # one more than fits


class Watch(threading.Thread):
    """Looks at a server again and again. opened: the files that it held open; most: bytes of memory."""

    def __init__(self, server: Server) -> None:
        super().__init__(daemon=True)
        self.server, self.opened, self.most, self.done = server, set[str](), 0, threading.Event()

    def run(self) -> None:
        while not self.done.wait(0.01):
            self.most = max(self.most, self.server.resident_memory())
            for link in Path(f"/proc/{self.server.process.pid}/fd").iterdir():
                with suppress(OSError):  # closed meanwhile
                    self.opened.add(str(link.readlink()))

    def temporary(self) -> list[str]:
        """Files in the server's own home and temporary folder, without its log."""
        return [path for path in self.opened if str(self.server.folder) in path and not path.endswith("server.log")]


def test_a_drop_of_more_than_fits_is_counted_while_it_arrives(server, visit, tmp_path):
    assert (COUNT - 1) * FILE <= MAX_WAITING_MEGABYTES * MB < COUNT * FILE <= COUNT * MAX_BYTES
    files = [tmp_path / f"{number}.dcm" for number in range(COUNT)]
    for path in files:
        with path.open("wb") as file:
            file.truncate(FILE)
    visitor = visit(server.url).open()
    before, watch = server.resident_memory(), Watch(server)
    watch.start()
    visitor.page.locator('input[type="file"]').first.set_input_files([str(file) for file in files])
    said = visitor.page.get_by_text("there was no room")
    expect(said).to_be_visible()
    visitor.page.get_by_text("3 could not be read").wait_for()
    visitor.settle()
    watch.done.set()
    watch.join()
    assert watch.most > before + FILE, "the watch saw them come"
    assert watch.temporary() == []
    assert server.resident_memory() < before + FILE, "what was read is released"
    visitor.clear()
    expect(said).to_be_hidden()
