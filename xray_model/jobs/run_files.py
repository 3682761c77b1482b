"""The files through which a run's two processes talk: names, and writes that are whole or not at all."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any

REQUEST, CONTROL, EVENTS, RESULT, LOG = "request.json", "control.json", "events.jsonl", "result", "worker.log"
CHECKPOINT, HISTORY = "checkpoint.npz", "history.csv"
BEFORE = "start"  # the phase, in the history, of the point before the first step, whose epoch is -1


def read_json(path: Path) -> Any:
    """The file's value."""
    return json.loads(path.read_text(encoding="utf-8"))


def write_json(path: Path, value: Any) -> None:
    """Write so that a reader sees the old file or the new one, never half of it."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        json.dump(value, stream)
    Path(name).replace(path)


def read_events(path: Path, offset: int) -> tuple[list[dict[str, Any]], int]:
    """(events whose line is whole, from byte `offset` on; the byte to go on from)."""
    try:
        with path.open("rb") as stream:
            stream.seek(offset)
            text = stream.read()
    except FileNotFoundError:
        return [], offset
    whole = text[: text.rfind(b"\n") + 1]
    events = []
    for line in whole.splitlines():
        try:
            events.append(json.loads(line))
        except ValueError:  # half a line, from a process that was killed or a disk that was full
            continue
    return events, offset + len(whole)
