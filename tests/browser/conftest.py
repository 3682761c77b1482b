"""One visit that does everything, for all tests that look at what is left of it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.support.planted import do_everything, planted_files
from tests.support.server import Server, running_server

FIRST = "augmentation"  # the server's very first page


@dataclass(frozen=True)
class Visit:
    """A server after the visit. start: seconds since 1970, a moment before the server's start. first, heading: the text
    of its first page, and its title. said: what pages said later, as text and source by turns. requests: addresses
    that the browser asked for."""

    server: Server
    first: str
    heading: str
    said: list[str]
    requests: list[str]
    start: float


@pytest.fixture(scope="package")
def visited(guests, tmp_path_factory) -> Iterator[Visit]:
    """On a server of its own: training runs, which other tests start, do write files."""
    start, requests = time.time() - 1, []
    files = planted_files(tmp_path_factory.mktemp("uploads"))
    with running_server(tmp_path_factory.mktemp("privacy")) as server, guests.visiting(server.url) as visitor:
        visitor.page.on("request", lambda request: requests.append(request.url))
        first = visitor.open(FIRST).text()
        heading = visitor.page.get_by_role("heading", level=1).inner_text()
        said = do_everything(visitor, files)
        yield Visit(server, first, heading, said, requests, start)
