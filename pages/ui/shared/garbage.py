"""When the server looks for garbage: after some work, and once it rests.

Streamlit would do so after every run of a page (`runner.postScriptGC`, off in `.streamlit/config.toml`). That takes
longer the more visitors there are, and soon longer than the runs themselves, while everybody waits.
"""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Callable

SHARE = 0.2  # of the work: what looking may take
REST = 0.1  # seconds of work: less between two looks is rest, and leaves no garbage to speak of
LOOK_SECONDS = 0.5  # between two looks


class Collector:
    """Looks for garbage in proportion to the work. worked: seconds that this process has worked so far."""

    def __init__(self, worked: Callable[[], float] = time.process_time) -> None:
        self._worked = worked
        self._took, self._collected, self._seen = 0.0, worked(), worked()

    def look(self) -> bool:
        """Whether it was time to collect, and was done."""
        now = self._worked()
        new, rests, self._seen = now - self._collected, now - self._seen < REST, now
        if new < REST or (new < self._took / SHARE and not rests):
            return False
        gc.collect()
        self._collected = self._seen = self._worked()
        self._took = self._collected - now
        return True

    def watch(self) -> None:
        """Look again and again until the server ends."""
        while True:
            time.sleep(LOOK_SECONDS)
            self.look()


def look_after() -> None:
    """Begin, before the server's first visitor: what is there now stays for good and is never looked through."""
    gc.freeze()
    threading.Thread(target=Collector().watch, name="garbage", daemon=True).start()
