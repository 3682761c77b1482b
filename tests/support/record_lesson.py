"""Record a lesson's run for the booth: `python -m tests.support.record_lesson`, with ImageNet weights at hand."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

from tests.benchmarks.machine import machine
from tests.support.places import ROOT
from xray_model import LESSONS, JobCenter, lesson_offline_note

KEY = "shortcut"
FILE = ROOT / "pages" / "ui" / "booth" / "recorded_lesson.json"
KEPT = {"point": ("run", "epoch", "accuracy", "plain_accuracy"), "measure": ("run", "values")}
KEPT |= {"picture": ("run", "png", "shape", "evidence")}


def main() -> None:
    """Run the lesson and write what it reported."""
    if note := lesson_offline_note(LESSONS[KEY]):
        raise SystemExit(f"Not recorded. {note}")
    found = [_short(event) for event in _events() if event["kind"] in KEPT]
    recorded = {
        "lesson": KEY,
        "recorded": f"{datetime.now(UTC):%Y-%m-%d}",
        "machine": machine()["cpu"],
        "keras": version("keras"),
        "events": found,
    }
    FILE.write_text(json.dumps(recorded, separators=(",", ":")) + "\n", encoding="utf-8")


def _events() -> list[dict[str, Any]]:
    center, events, since = JobCenter(), [], 0
    try:
        run = center.start_lesson("recorder", KEY)
        while True:
            view = center.view("recorder", run, since)
            events += view.events
            since = view.next_since
            if view.ended:
                assert view.state == "finished", view.sentence
                return events
            time.sleep(0.3)
    finally:
        center.close()


def _short(event: dict[str, Any]) -> dict[str, Any]:
    """What the booth shows; shares of 200 films need three decimals."""
    kept = {"kind": event["kind"]} | {name: event[name] for name in KEPT[event["kind"]]}
    return {name: round(value, 3) if isinstance(value, float) else value for name, value in kept.items()} | (
        {"evidence": [round(value, 4) for value in event["evidence"]]} if "evidence" in event else {}
    )


if __name__ == "__main__":
    main()
