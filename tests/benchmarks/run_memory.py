"""A Quick run in the browser: when its first point comes, when it is done; then again while two people analyse.

Memory is the proportional share (PSS) of the server and all that it starts, so that shared pages count once; the
browser's own is not in it.
"""

from __future__ import annotations

import re
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

from playwright.sync_api import sync_playwright

from tests.support.chromium import launch
from tests.support.peak_memory import watched_memory
from tests.support.server import running_server
from tests.support.visitor import Visitor

ANALYSES = 12  # without a run; with one, as many as there is time for
RUN_MS = 600_000
MEGABYTES_ASKED = 1500
FIRST_POINT = re.compile("Before|Epoch")  # the film names its frame; the first comes with every curve's first point


def measure_run(files: list[Path]) -> dict[str, Any]:
    """Seconds of a run that nobody disturbs; peak memory and analyses' seconds beside another one."""
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as place:
        browser = launch(playwright)
        with running_server(Path(place)) as server:
            trainer = Visitor(browser, server.url)
            first, total = _undisturbed(trainer)
            people = [Visitor(browser, server.url).open() for _ in range(2)]
            idle = [_analyse(people[i % 2], files[i % len(files)]) for i in range(ANALYSES + 2)][2:]
            with watched_memory(server) as memory:
                _start(trainer)
                busy = list(_analyses_while_running(trainer, people, files))
            trainer.context.close()
        browser.close()
    return {
        "run": "default",
        "megabytes_asked": MEGABYTES_ASKED,
        "first_point_seconds": round(first, 1),
        "total_seconds": round(total, 1),
        "peak_megabytes": round(max(memory)),
        "idle_seconds": round(median(idle), 2),
        "busy_seconds": round(median(busy), 2),
        "analyses_beside": len(busy),
        "busy_to_idle": round(median(busy) / median(idle), 2),
    }


def rows(figures: dict) -> list[tuple[str, str, str]]:
    """What was measured, the figure, what was asked for: for the report's table."""
    return [
        (f"{_name(figures)}: first point on the curves", f"{figures['first_point_seconds']:.0f} s", "≤ 10 s"),
        ("… until its model can be used", f"{figures['total_seconds']:.0f} s", "≤ 60 s"),
        (
            f"peak memory (PSS): server, one {figures.get('run', '*Quick*')} run, two people analysing",
            f"{figures['peak_megabytes']:,} MB",
            f"≤ {figures.get('megabytes_asked', 1200):,} MB",
        ),
        (
            f"upload to answer while it runs, {figures['analyses_beside']} analyses",
            f"{figures['busy_seconds']:.2f} s: x {figures['busy_to_idle']:.2f}",
            "≤ x 2",
        ),
    ]


def _name(figures: dict) -> str:
    """What was run: results from before 2026-11-29 are of a head alone, trained on 600 phantoms."""
    return f"the {figures['run']} run" if "run" in figures else "*Quick* on 600 phantoms"


def _undisturbed(trainer: Visitor) -> tuple[float, float]:
    """(seconds from Start to the first point on the page, to a model that can be used)."""
    _start(trainer)
    began = time.perf_counter()
    trainer.part("film-epoch").filter(has_text=FIRST_POINT).wait_for(timeout=RUN_MS)
    first = time.perf_counter() - began
    trainer.page.get_by_role("button", name="Use in Analyze").wait_for(timeout=RUN_MS)
    return first, time.perf_counter() - began


def _start(trainer: Visitor) -> None:
    trainer.open("train")
    new, start = trainer.page.get_by_text("New run"), trainer.page.get_by_role("button", name="Start training")
    new.or_(start).first.wait_for()
    if new.count():  # there is a run already, and it is open
        new.click()
        trainer.settle()
    start.click()
    trainer.page.get_by_test_id("run-epoch").wait_for()


def _analyse(person: Visitor, file: Path) -> float:
    """Seconds from the upload to the answer on the screen."""
    began = time.perf_counter()
    person.page.locator('input[type="file"]').first.set_input_files(str(file))
    person.page.get_by_test_id("probability").wait_for()
    seconds = time.perf_counter() - began
    person.settle()
    person.clear()
    return seconds


def _analyses_while_running(trainer: Visitor, people: list[Visitor], files: list[Path]) -> Iterator[float]:
    number = 0
    while not trainer.page.get_by_role("button", name="Use in Analyze").count():
        yield _analyse(people[number % 2], files[number % len(files)])
        number += 1
