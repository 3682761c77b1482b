"""Memory of a server and all that it starts: proportional share (PSS), so that shared pages count once (Linux only)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.server import Server

SAMPLED = 0.25  # seconds between two looks at the memory


def tree_megabytes(process: int) -> float:
    """Proportional share of a process and all below it, in MB (10**6 bytes)."""
    total = 0.0
    try:
        rollup = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="ascii")
        total = next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:")) * 1024 / 1e6
        children = Path(f"/proc/{process}/task").glob("*/children")
        below = [int(child) for file in children for child in file.read_text(encoding="ascii").split()]
    except OSError:  # it has just ended
        return total
    return total + sum(map(tree_megabytes, below))


@contextmanager
def watched_memory(server: Server) -> Iterator[list[float]]:
    """Fills a list with the memory of the server's process tree until left."""
    found, over = [0.0], threading.Event()

    def look() -> None:
        while not over.wait(SAMPLED):
            found.append(tree_megabytes(server.process.pid))

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        over.set()
        thread.join()
