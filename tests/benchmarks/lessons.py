"""Every lesson from its start to its end, as a visitor's run, one after the other."""

from __future__ import annotations

import time

from xray_model import LESSONS
from xray_model.jobs.center import JobCenter

LOOK = 0.1  # seconds between two looks at a run


def measure_lessons() -> dict[str, object]:
    """Seconds that each lesson takes."""
    center = JobCenter()
    try:
        return {"seconds": {key: round(_seconds(center, key), 1) for key in LESSONS}}
    finally:
        center.close()


def _seconds(center: JobCenter, key: str) -> float:
    start = time.perf_counter()
    run_id = center.start_lesson("bench", key)
    while not (view := center.view("bench", run_id)).ended:
        time.sleep(LOOK)
    assert view.state == "finished", view.sentence
    return time.perf_counter() - start


def rows(figures: dict) -> list[tuple[str, str, str]]:
    """Lines of the table."""
    return [
        (f"lesson *{LESSONS[key].title}*", f"{seconds:.0f} s", "≤ 90 s") for key, seconds in figures["seconds"].items()
    ]
