"""Where a server keeps its runs: a folder of its own, among the temporary files or where XRAY_RUNS_DIR says."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from xray_model.errors import InvalidConfig

RUNS_DIR = "XRAY_RUNS_DIR"
FOLDER = "xray-runs-"  # then the server's process number
LEFT = "left.json"  # written last by a server that ends in good order: what it leaves to the next one


def is_named() -> bool:
    """Whether the host has named a folder, and so allows that a visitor's images outlive a server."""
    return bool(os.environ.get(RUNS_DIR))


def base() -> Path:
    """The folder that holds each server's own; `InvalidConfig` when the named one cannot be written to."""
    path = _place()
    if not is_named():
        return path
    try:
        path.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=path).close()
    except OSError as error:
        raise InvalidConfig(
            f"{RUNS_DIR} names {path}, where nothing can be written ({error.strerror or error}): "
            "name a folder that belongs to the user who runs the server."
        ) from error
    return path


def new() -> Path:
    """A new folder for this server, which nobody else can read."""
    return Path(tempfile.mkdtemp(prefix=f"{FOLDER}{os.getpid()}-", dir=base()))


def has_left_runs() -> bool:
    """Whether a server that ended in good order left runs that none has taken up yet."""
    return any(_place().glob(f"{FOLDER}*/{LEFT}"))


def _place() -> Path:
    return Path(os.environ.get(RUNS_DIR) or tempfile.gettempdir())
