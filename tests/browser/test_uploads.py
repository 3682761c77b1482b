"""Large uploads at a real server: no byte of them is written to a disk, and what is too much is let go of."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.browser_files import phantom_png
from tests.support.server import Server, running_server

pytestmark = [pytest.mark.browser, pytest.mark.linux]

MEGABYTES = 60  # each; three of them fit
LOOK_SECONDS = 0.005


@contextmanager
def temporary_files(server: Server) -> Iterator[set[str]]:
    """What the server opens in its folder meanwhile, files without a name included, but its log."""
    seen: set[str] = set()
    done = threading.Event()

    def look() -> None:
        while not done.wait(LOOK_SECONDS):
            for link in Path(f"/proc/{server.process.pid}/fd").iterdir():
                try:
                    seen.add(str(link.readlink()))
                except OSError:  # closed meanwhile
                    continue

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield seen
    finally:
        done.set()
        watcher.join()
        seen -= {path for path in seen if not path.startswith(str(server.folder)) or path.endswith("server.log")}


def test_a_drop_of_more_than_a_visitor_may_send(visit, tmp_path):
    files = [phantom_png(tmp_path / "film.png", 1)]
    for number in range(4):
        files.append(tmp_path / f"large-{number}.dcm")
        with files[-1].open("wb") as file:
            file.truncate(MEGABYTES * 2**20)
    with running_server(tmp_path / "home") as server:
        visitor = visit(server.url).open()
        before = server.resident_memory()
        with temporary_files(server) as written:
            visitor.upload(*files)
        said = visitor.text()
        assert "more than 200 MB came at once" in said
        assert said.count("This is not an image that can be read here") == 3
        assert written == set()
        assert server.resident_memory() - before < 200 * 2**20, "what was read was let go of too"
