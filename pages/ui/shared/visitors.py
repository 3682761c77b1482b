"""A booth's visitors, and what is cleared when one has gone: images, answers, files that arrived, runs.

The browser says when it has not been touched for a while (rest.js). In case that it says nothing any more, a thread
looks as well, a little later.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from pages.ui.shared import booth, owner

GRACE_SECONDS = 5.0  # for the browser to say it first
LOOK_SECONDS = 1.0  # between two looks


@dataclass
class Visitor:
    """A visit that may hold something. state: Streamlit's state of the session. uploads: its holder of files."""

    session: str
    state: Any
    uploads: Any
    touched: float = field(default_factory=time.monotonic)

    def clear(self) -> None:
        """Forget all that the server keeps of this visit, but that it is a booth's."""
        kept = self.state.filtered_state
        if owner.OWNER in kept:
            owner.discard_runs(str(kept[owner.OWNER]))
        for name in kept:
            if name != booth.PARAMETER and name in self.state:
                del self.state[name]
        self.uploads.remove_session_files(self.session)


class Visitors:
    """Those who have touched something since they were last cleared; nobody else is remembered."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._present: dict[str, Visitor] = {}

    def __len__(self) -> int:
        return len(self._present)

    def touch(self) -> None:
        """The visitor of this run is here."""
        context = get_script_run_ctx()
        if context is None:
            return
        self.keep(Visitor(context.session_id, context.session_state, context.uploaded_file_mgr))

    def keep(self, visitor: Visitor) -> None:
        """This visitor is here."""
        with self._lock:
            self._present[visitor.session] = visitor

    def leave(self) -> None:
        """The visitor of this run has gone: clear the session."""
        context = get_script_run_ctx()
        if context is not None:
            self.touch()
            self._clear(context.session_id)

    def clear_gone(self, seconds: float) -> None:
        """Clear every session that nobody has touched for so long."""
        with self._lock:
            gone = [one.session for one in self._present.values() if time.monotonic() - one.touched > seconds]
        for session in gone:
            self._clear(session)

    def watch(self) -> None:
        """Look after the visitors until the server ends."""
        while True:
            time.sleep(LOOK_SECONDS)
            self.clear_gone(booth.rest_seconds() + GRACE_SECONDS)

    def _clear(self, session: str) -> None:
        with self._lock:
            visitor = self._present.pop(session, None)
        if visitor:
            visitor.clear()


@st.cache_resource(show_spinner=False)
def visitors() -> Visitors:
    """The one register of this server, watched by a thread."""
    found = Visitors()
    threading.Thread(target=found.watch, name="booth", daemon=True).start()
    return found
