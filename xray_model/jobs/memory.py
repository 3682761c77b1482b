"""How much memory a process holds and how much a run may: from /proc; the host ends whoever takes too much."""

from __future__ import annotations

from pathlib import Path

SHARE = 0.75  # of the host's memory for one run; the rest is the web process and the people who analyse meanwhile
UNLIMITED = 1 << 50  # bytes: a container without a limit says a number near 2**63
CGROUP_FILES = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")
DEFAULT_MB = 2000.0  # where there is no /proc (macOS, Windows)


def resident_mb(pid: int) -> float:
    """Resident memory of a process in MB (10**6 bytes); 0 when it has ended or the system does not say."""
    try:
        for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024 / 1e6
    except (OSError, ValueError):
        pass
    return 0.0


def memory_limit_mb() -> float:
    """What a run may hold on this host, in MB: a share of the container's limit or of the machine's memory."""
    known = [size for size in (*map(_cgroup, CGROUP_FILES), _machine()) if 0 < size < UNLIMITED]
    return SHARE * min(known) / 1e6 if known else DEFAULT_MB


def _cgroup(path: str) -> int:
    try:
        return int(Path(path).read_text(encoding="ascii"))
    except (OSError, ValueError):  # no such file, or "max"
        return 0


def _machine() -> int:
    try:
        first = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()[0]
        return int(first.split()[1]) * 1024
    except (OSError, ValueError, IndexError):
        return 0
