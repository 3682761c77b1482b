"""A hard limit on the memory of a server and all that it starts: a control group, as containers have (Linux only).

A limit on address space (RLIMIT_AS) would measure something else: threads and the allocator reserve gigabytes that they
never touch.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.server import wait_for
from xray_model.jobs.memory import CGROUPS, OWN_GROUP

FILES = {"memory": "memory.limit_in_bytes", "": "memory.max"}  # by the name in /proc: versions 1 and 2


@dataclass(frozen=True)
class Group:
    """A group of processes with a limit of their own."""

    folder: Path

    @property
    def entering(self) -> tuple[str, ...]:
        """What to put before a command, so that it starts in the group."""
        return ("sh", "-c", f'echo $$ > {self.folder}/cgroup.procs && exec "$@"', "sh")

    def kills(self) -> int:
        """How many of its processes were killed for want of memory."""
        for name in ("memory.oom_control", "memory.events"):
            if (self.folder / name).is_file():
                pairs = (line.split() for line in (self.folder / name).read_text(encoding="ascii").splitlines())
                return int(dict(pairs).get("oom_kill", 0))
        return 0


@contextmanager
def limited_group(megabytes: float) -> Iterator[Group | None]:
    """A group inside this process's own, removed at the end; None where this user may make none."""
    folder = _make(megabytes)
    if folder is None:
        yield None
        return
    try:
        yield Group(folder)
    finally:
        wait_for(lambda: not (folder / "cgroup.procs").read_text(encoding="ascii"), "the end of the group")
        folder.rmdir()


def _make(megabytes: float) -> Path | None:
    for line in OWN_GROUP.read_text(encoding="utf-8").splitlines():
        _, kinds, path = line.split(":", 2)
        folder = CGROUPS / kinds / path.lstrip("/") / f"xray-lab-test-{os.getpid()}"
        if kinds not in FILES:
            continue
        try:
            folder.mkdir()
            (folder / FILES[kinds]).write_text(str(int(megabytes * 1e6)), encoding="ascii")
        except OSError:
            if folder.is_dir():
                folder.rmdir()
            continue
        return folder
    return None
