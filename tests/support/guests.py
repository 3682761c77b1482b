"""Visitors one after the other, in browsers that are used again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser

from tests.support.visitor import DESKTOP, Visitor

CALM = {"reduced_motion": "reduce"}  # unless a test is about what moves: drawing it costs, and clicks may miss
PER_VISIT = {"viewport", "color_scheme", "reduced_motion"}  # of a device: what changes while its browser stays open


class Guests:
    """In a browser profile of its own, each visitor would fetch and compile all of Streamlit's JavaScript anew: more
    than half of what a visit costs. So whoever leaves gives theirs to the next one. No page, no cookie and no storage
    is left in it, only its cache."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._free: defaultdict[str, list[Visitor]] = defaultdict(list)  # by kind of device

    @contextmanager
    def visiting(self, url: str, device: dict | None = None) -> Iterator[Visitor]:
        """A new visitor of this server; at the end, their browser may have logged no error."""
        device = CALM | (device or DESKTOP)
        free = self._free[repr({name: device[name] for name in sorted(device.keys() - PER_VISIT)})]
        visitor = free.pop() if free else Visitor(self._browser, url, device)
        visitor.arrive(url, device)
        yield visitor
        visitor.leave()
        free.append(visitor)
        assert not visitor.errors, visitor.errors
