"""The lesson's run that the booth shows: recorded, not live, and called so.

`python -m tests.support.record_lesson` wrote the file: what the run reported, its date, machine and version of Keras.
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from pages.ui.lessons import charts
from xray_model import LESSONS, Lesson, lesson_outcome

FILE = Path(__file__).with_name("recorded_lesson.json")
COLOURS = ("one", "two")  # of stage.css, one for each training
LOW = 0.5  # lower end of the accuracy's axis: what guessing gives


def recorded() -> dict[str, Any]:
    """What the file holds."""
    found: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return found


@lru_cache(maxsize=1)
def scene() -> dict[str, Any]:
    """The run as a scene: its curves, one map of each network, and what its lesson concludes from these figures."""
    run = recorded()
    lesson, events = LESSONS[run["lesson"]], run["events"]
    found = lesson.conclude(lesson_outcome(lesson, events))
    return {
        "kind": "run",
        "headline": lesson.title,
        "sentences": [lesson.question, found.sentences[0], found.sentences[-1]],
        "curves": _curves(lesson, events),
        "low": LOW,
        "across": "epochs",
        "up": lesson.chart.title,
        "alt": "Accuracy by epoch. " + " ".join(found.sentences),
        "maps": _maps(lesson, events),
        "caption": f"Recorded on {run['recorded']}: one run of this lesson on synthetic phantoms, with Keras "
        f"{run['keras']}. Try it, and it runs live.",
    }


def _curves(lesson: Lesson, events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """For each training, with the marker (solid) and on the same films without it (dashed); nobody looks below LOW."""
    also, words = lesson.chart.also or ("", "")
    return [
        {
            "name": f"{training.name}, {words}" if dashed else training.name,
            "colour": COLOURS[run],
            "dashed": dashed,
            "values": [
                max(LOW, event[measure]) for event in events if event["kind"] == "point" and event["run"] == run
            ],
        }
        for run, training in enumerate(lesson.trainings)
        for measure, dashed in ((lesson.chart.measure, False), (also, True))
    ]


def _maps(lesson: Lesson, events: list[dict[str, Any]]) -> list[dict[str, str]]:
    pictures = [event for event in events if event["kind"] == "picture"]
    first = {event["run"]: event for event in reversed(pictures)}
    return [
        {
            "picture": charts.overlay(first[run]),
            "title": training.name,
            "alt": f"A film with the marker, and where the network looks that was trained on: {training.name}",
        }
        for run, training in enumerate(lesson.trainings)
    ]
