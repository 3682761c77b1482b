"""How much memory a process holds and how much a run may: the host ends whoever takes too much."""

from __future__ import annotations

from pathlib import Path

import psutil

SHARE = 0.75  # of the host's memory for one run; the rest is the web process and the people who analyse meanwhile
CLOCK = 2.0  # seconds by which a system may misjudge when a process began
CGROUP_FILES = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


def resident_mb(pid: int) -> float:
    """Resident memory of a process in MB (10**6 bytes); 0 when it has ended or the system does not say."""
    try:
        return psutil.Process(pid).memory_info().rss / 1e6
    except psutil.Error:
        return 0.0


def memory_limit_mb() -> float:
    """What a run may hold on this host, in MB: a share of the container's limit or of the machine's memory."""
    machine = psutil.virtual_memory().total  # a container without a limit says a number near 2**63
    return SHARE * min([machine, *filter(None, map(_cgroup, CGROUP_FILES))]) / 1e6


def is_alive(pid: int, since: float) -> bool:
    """True for a process that was there at `since` (seconds, as `time.time`) and has not ended, waited for or not.

    One that began later only has the number of another that ended.
    """
    try:
        process = psutil.Process(pid)
        return process.status() != psutil.STATUS_ZOMBIE and process.create_time() <= since + CLOCK
    except psutil.NoSuchProcess:
        return False
    except psutil.Error:  # somebody else's
        return True


def _cgroup(path: str) -> int:
    try:
        return int(Path(path).read_text(encoding="ascii"))
    except (OSError, ValueError):  # no such file, or "max"
        return 0
