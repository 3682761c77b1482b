"""Visitors take turns, image by image: whoever asks first is served first, and asks again for the next image.

So a visitor with three hundred images waits as often as everybody else, and nobody waits for all of them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import streamlit as st

AT_ONCE = 2  # images in work, as many as there are decoding processes
PATIENCE = 0.5  # seconds before a visitor is told of waiting, and between two words: less would only flicker


class Turns:
    """A queue in the order of asking; safe between threads."""

    def __init__(self, at_once: int) -> None:
        """at_once: turns that are taken at the same time."""
        self._free = at_once
        self._line: list[object] = []
        self._changed = threading.Condition()

    @contextmanager
    def turn(self, tell: Callable[[int], object] | None = None) -> Iterator[None]:
        """Wait for a turn, and keep it for the block.

        tell: called with the place in the queue, 1 for the next, once it has become a wait, and again as it changes.
        """
        ticket = object()
        with self._changed:
            self._line.append(ticket)
        try:
            self._wait(ticket, tell or (lambda _: None))
        except BaseException:  # the page is drawn anew, or its visitor has gone
            self._leave(ticket)
            raise
        try:
            yield
        finally:
            with self._changed:
                self._free += 1
                self._changed.notify_all()

    def _wait(self, ticket: object, tell: Callable[[int], object]) -> None:
        told = 0
        while True:
            with self._changed:
                if self._changed.wait_for(lambda: self._place(ticket) <= 0, PATIENCE):
                    self._line.remove(ticket)
                    self._free -= 1
                    self._changed.notify_all()
                    return
                place = self._place(ticket)
            if 0 < place != told:
                tell(place)  # outside the lock: it draws on a page, or ends the page's run
                told = place

    def _place(self, ticket: object) -> int:
        """How many turns must end until this one begins; 0 or less if it may begin now."""
        return self._line.index(ticket) + 1 - self._free

    def _leave(self, ticket: object) -> None:
        with self._changed:
            if ticket in self._line:
                self._line.remove(ticket)
                self._changed.notify_all()


@st.cache_resource(show_spinner=False)
def turns() -> Turns:
    """The one queue of this server."""
    return Turns(AT_ONCE)


def say(place: int) -> None:
    """Tell the visitor of a place in the queue where the page has no room of its own for it."""
    st.toast(words(place), icon=":material/hourglass_top:")


def words(place: int) -> str:
    """What is said of a place in the queue."""
    return "Others are served first: you are next." if place == 1 else f"Others are served first: place {place}."
