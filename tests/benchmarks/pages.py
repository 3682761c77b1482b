"""Pages as the eye meets them: interaction to next paint, and what jumps while a page loads."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median

from playwright.sync_api import sync_playwright

from tests.support.chromium import launch
from tests.support.everybody import shifts
from tests.support.server import running_server
from tests.support.visitor import DESKTOP, Visitor

TIMES = 20  # interactions of each kind
PAGES = ("", "analyze", "augmentation", "lessons", "train", "evidence", "game")
WATCH = """
window.interactions = {};
new PerformanceObserver((list) => {
    for (const one of list.getEntries()) if (one.interactionId)
        window.interactions[one.interactionId] = Math.max(window.interactions[one.interactionId] ?? 0, one.duration);
}).observe({ type: "event", durationThreshold: 16, buffered: true });
"""


def measure_pages() -> dict[str, object]:
    """Milliseconds from an input to the next frame (Event Timing, in steps of 8), and each page's layout shifts."""
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as place:
        browser = launch(playwright)
        with running_server(Path(place) / "pages") as server:
            visitor = Visitor(browser, server.url, DESKTOP).open("lessons")
            visitor.context.add_init_script(WATCH)
            found = {page or "home": round(shifts(visitor.open(page)), 3) for page in PAGES}
            measured = {name: _median(visitor, *way) for name, way in WAYS.items()}
            visitor.context.close()
        browser.close()
    return {"milliseconds_to_next_paint": measured, "times": TIMES, "layout_shifts": found}


def _slider(visitor: Visitor, number: int) -> None:
    visitor.part("viewer-opacity").press("ArrowLeft" if number % 2 else "ArrowRight")


def _tabs(visitor: Visitor, number: int) -> None:
    part = ("Probabilities", "Groups", "Model", "Decisions")[number % 4]
    visitor.page.get_by_role("radio", name=part).or_(visitor.page.get_by_role("button", name=part, exact=True)).click()
    visitor.settle()


def _next(visitor: Visitor, number: int) -> None:  # noqa: ARG001 - every time the same
    visitor.page.get_by_role("button", name="Next").click()
    visitor.settle()


WAYS: dict[str, tuple[str, Callable[[Visitor, int], None]]] = {  # what -> (page, one interaction)
    "the evidence's slider": ("", _slider),
    "the Evidence page's tabs": ("evidence", _tabs),
    "the next picture": ("", _next),
}


def _median(visitor: Visitor, page: str, act: Callable[[Visitor, int], None]) -> float:
    visitor.open(page)
    for number in range(TIMES):
        act(visitor, number)
    visitor.settle()
    found = list(visitor.page.evaluate("window.interactions").values())
    return float(median([*found, *[0.0] * (TIMES - len(found))]))  # those faster than a frame are not listed


def rows(pages: dict) -> list[tuple[str, str, str]]:
    """Lines of the table."""
    worst = max(pages["layout_shifts"].items(), key=lambda item: item[1])
    return [
        *(
            (f"interaction to next paint: {name}", f"{value:.0f} ms", "≤ 200 ms")
            for name, value in pages["milliseconds_to_next_paint"].items()
        ),
        ("layout shifts while a page loads, the worst page", f"{worst[1]:.3f} ({worst[0]})", "≤ 0.1"),
    ]
