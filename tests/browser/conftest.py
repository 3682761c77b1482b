"""One visit that does everything, for all tests that look at what is left of it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.support.everybody import shifts
from tests.support.planted import do_everything, planted_files
from tests.support.server import Server, running_server

FIRST = "augmentation"  # the server's very first page


@dataclass(frozen=True)
class Visit:
    """A server after the visit. start: seconds since 1970, a moment before its start. first, sidebar, heading: the text
    of its first page, and parts of it. links: how many the sidebar had. shifts: of its layout. said: what pages said
    later, as text and source by turns. requests: addresses that the browser asked for."""

    server: Server
    start: float
    first: str
    sidebar: str
    heading: str
    links: int
    shifts: float
    said: list[str]
    requests: list[str]


@pytest.fixture(scope="package")
def visited(guests, tmp_path_factory) -> Iterator[Visit]:
    """On a server of its own: training runs, which other tests start, do write files."""
    start, requests = time.time() - 1, []
    files = planted_files(tmp_path_factory.mktemp("uploads"))
    with running_server(tmp_path_factory.mktemp("privacy")) as server, guests.visiting(server.url) as visitor:
        visitor.page.on("request", lambda request: requests.append(request.url))
        first, moved = visitor.open(FIRST).text(), shifts(visitor)
        sidebar, heading = visitor.part("stSidebar"), visitor.page.get_by_role("heading", level=1)
        yield Visit(
            server,
            start,
            first,
            sidebar.inner_text(),
            heading.inner_text(),
            sidebar.get_by_test_id("stPageLink").count(),
            moved,
            do_everything(visitor, files),
            requests,
        )
