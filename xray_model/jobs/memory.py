"""How much memory a process holds and how much a run may: the host ends whoever takes too much."""

from __future__ import annotations

from pathlib import Path

import psutil

SHARE = 0.75  # of the host's memory for one run, at most
PAGES_MB = (
    690.0  # left to the web process, its decoders and the people who analyse meanwhile: what the smallest host has
)
CLOCK = 2.0  # seconds by which a system may misjudge when a process began
CGROUPS = Path("/sys/fs/cgroup")
OWN_GROUP = Path("/proc/self/cgroup")
LIMITS = ("memory.max", "memory.limit_in_bytes")  # of version 2 and of version 1


def resident_mb(pid: int) -> float:
    """Resident memory of a process in MB (10**6 bytes); 0 when it has ended or the system does not say."""
    try:
        return psutil.Process(pid).memory_info().rss / 1e6
    except psutil.Error:
        return 0.0


def host_memory_mb() -> float:
    """What all processes may hold on this host, in MB: the machine's memory, or a smaller limit of its container."""
    machine = psutil.virtual_memory().total  # a container without a limit says a number near 2**63
    return min([machine, *filter(None, map(_limit, _group_files()))]) / 1e6


def memory_limit_mb() -> float:
    """What a run may hold on this host, in MB; 0 where the pages need all of it."""
    host = host_memory_mb()
    return max(0.0, min(SHARE * host, host - PAGES_MB))


def pages_memory_mb() -> float:
    """What is left to the pages while a run holds all that it may, in MB."""
    return host_memory_mb() - memory_limit_mb()


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


def _group_files() -> list[Path]:
    """Files that may limit this process: of the group that it is in, and of those around it."""
    try:
        lines = OWN_GROUP.read_text(encoding="utf-8").splitlines()
    except OSError:  # a system without groups
        return []
    found = []
    for line in lines:
        _, kinds, path = line.split(":", 2)
        if kinds in ("", "memory"):
            top = CGROUPS / kinds
            inner = top / path.lstrip("/")
            found += [inner, *[above for above in inner.parents if above.is_relative_to(top)]]
    return [folder / name for folder in found for name in LIMITS]


def _limit(file: Path) -> int:
    try:
        return int(file.read_text(encoding="ascii"))
    except (OSError, ValueError):  # no such file, or "max"
        return 0
