"""A server with a job centre and one run, to be stopped: `python -m tests.support.job_server`. Prints each epoch."""

from __future__ import annotations

import signal
import sys
import time
from typing import Any

from tests.support.tiny_run import DATA, SLOW
from xray_model.jobs.center import JobCenter

OWNER = "me"


def main() -> None:
    """Start the run and follow it. SIGTERM ends the process in good order, as Streamlit does."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    center = JobCenter(nice=0)
    run_id, since = center.start(OWNER, SLOW, DATA, "to be stopped"), 0
    while True:
        view = center.view(OWNER, run_id, since)
        since = view.next_since
        for event in view.events:
            _tell(event)
        time.sleep(0.02)


def _tell(event: dict[str, Any]) -> None:
    if event["kind"] == "epoch":
        sys.stdout.write(f"{event['epoch']}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
