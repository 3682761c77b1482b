"""The machine and the versions that figures belong to: the processor's name, never the computer's."""

from __future__ import annotations

import os
import platform
import re
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = ("streamlit", "keras", "ai-edge-litert", "onnxruntime", "openvino", "numpy", "pillow")


def machine() -> dict[str, object]:
    """Processor, cores, system, Python and package versions."""
    return {
        "cpu": processor(),
        "cores": os.cpu_count(),
        "system": platform.system(),
        "python": platform.python_version(),
        "packages": {name: found for name in PACKAGES if (found := installed(name))},
    }


def installed(package: str) -> str | None:
    """A package's version; None for a runtime that a part of the benchmark did without."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def processor() -> str:
    """Such as "Intel Xeon Processor"."""
    info = Path("/proc/cpuinfo")
    found = re.search(r"^model name\s*:\s*(.+)$", info.read_text(encoding="utf-8"), re.M) if info.is_file() else None
    name = found.group(1) if found else platform.processor() or platform.machine()
    return " ".join(re.sub(r"\((R|TM)\)", "", name).split())


def slug(name: str) -> str:
    """For a file name: lower case, hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
