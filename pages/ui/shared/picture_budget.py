"""How much memory the pictures of all visitors may take together, and whose are given up when it is not enough."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING
from weakref import WeakSet

import streamlit as st

import xray_model
from pages.ui.shared import page_log
from pages.ui.streamlit_patches import upload_memory

if TYPE_CHECKING:
    from pages.ui.shared.session import Session

# MB of server and decoders at work for fifty visitors, without pictures: `make bench ARGS="--only visitors"`
WITHOUT_PICTURES = 500.0
REST = 60.0  # seconds: who has touched the page since then keeps the pictures, whoever else comes


class PictureBudget:
    """The pictures of all sessions and the uploads that wait to be read, counted together; safe between threads."""

    def __init__(self, limit: float) -> None:
        """limit: bytes."""
        self.limit = limit
        self._sessions: WeakSet[Session] = WeakSet()
        self._lock = threading.Lock()

    def join(self, session: Session) -> None:
        """Count this session's pictures from now on, until it ends."""
        with self._lock:
            self._sessions.add(session)

    def make_room(self, wanted: int = 1) -> bool:
        """Whether so many more bytes fit. Before it says no, those who have rested longest lose their pictures."""
        with self._lock:
            sessions = sorted(self._sessions, key=lambda session: session.touched)
            missing = sum(session.size for session in sessions) + upload_memory.waiting_bytes() + wanted - self.limit
            for session in sessions:
                if missing <= 0 or time.monotonic() - session.touched < REST:
                    break
                if given_up := session.lose():
                    missing -= given_up
                    page_log.tell("pictures_dropped", kilobytes=given_up // 1000)
            return missing <= 0


@st.cache_resource(show_spinner=False)
def budget() -> PictureBudget:
    """The one budget of this server: what the host leaves to the pages, without what they take for themselves."""
    return PictureBudget(max(50.0, xray_model.pages_memory_mb() - WITHOUT_PICTURES) * 1e6)
