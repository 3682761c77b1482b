"""What a server tells of itself: a line of JSON an event on standard error. Nothing of a file or a person."""

from __future__ import annotations

import contextlib
import json
import sys
from datetime import UTC, datetime


def log_event(event: str, **facts: str | int) -> None:
    """Write the line: time (UTC), event, facts. Facts are kinds, counts and durations, never names."""
    moment = datetime.now(UTC).isoformat(timespec="milliseconds")
    with contextlib.suppress(OSError):  # nobody reads the log any more: no reason to fail an answer
        sys.stderr.write(json.dumps({"time": moment, "event": event, **facts}) + "\n")
