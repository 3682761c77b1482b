"""`make pictures`: the documents' screenshots, taken from the real app; a phone's are dark and light as well."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from tests.support.booth_visit import SETTINGS, Booth
from tests.support.chromium import launch
from tests.support.places import ROOT
from tests.support.server import Server, running_server
from tests.support.visitor import PHONE, Visitor

FOLDER = ROOT / "docs" / "pictures"
DESKTOP = {"viewport": {"width": 1366, "height": 768}, "color_scheme": "dark"}
LIGHT = "-light"  # ends the names of those in the light theme


def analyze(visitor: Visitor) -> None:
    """A phantom with a lobar opacity, its probability and where the evidence lies."""
    visitor.open("analyze")
    visitor.page.get_by_role("button", name="Open", exact=True).nth(1).click()
    visitor.part("viewer-overlay").wait_for()


def evidence(visitor: Visitor) -> None:
    """What a threshold does to a hundred ill and a hundred healthy children."""
    visitor.open("evidence")
    visitor.page.get_by_test_id("stVegaLiteChart").first.wait_for()


def home(visitor: Visitor) -> None:
    """The first page."""
    visitor.open("")
    visitor.part("viewer-overlay").wait_for()


def game(visitor: Visitor) -> None:
    """A round of the game after the answer."""
    visitor.open("game")
    visitor.page.get_by_role("button", name="Play").click()
    visitor.part("board-stage").click(position={"x": 100, "y": 180})
    visitor.page.get_by_role("button", name="Pneumonia").click()
    visitor.part("board-next").wait_for()


def lessons(visitor: Visitor) -> None:
    """The list of lessons."""
    visitor.open("lessons")
    visitor.page.get_by_role("button", name="The clever shortcut").wait_for()


PICTURES: dict[str, tuple[dict, Callable[[Visitor], None]]] = {
    "analyze": (DESKTOP, analyze),
    "evidence-light": (DESKTOP, evidence),
    "home-phone": (PHONE, home),
    "game-phone-light": (PHONE, game),
    "lessons-phone": (PHONE, lessons),
}
BOOTH = "booth"


def main() -> None:
    """Take every picture."""
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as place:
        browser = launch(playwright)
        with running_server(Path(place) / "app") as server:
            for name, (device, show) in PICTURES.items():
                _take(name, Visitor(browser, server.url, device), show)
        with running_server(Path(place) / "booth", settings=SETTINGS) as server:
            _booth(browser, server)
        browser.close()


def _take(name: str, visitor: Visitor, show: Callable[[Visitor], None]) -> None:
    if name.endswith(LIGHT):
        visitor.choose_light()
    show(visitor)
    visitor.settle()
    visitor.page.wait_for_timeout(2000)  # the evidence fades in
    assert visitor.errors == [], visitor.errors
    keep(name, visitor.page.screenshot())
    visitor.context.close()


def _booth(browser: Browser, server: Server) -> None:
    """The recorded run on the booth's screen, its curves drawn to the end."""
    booth = Booth(browser, server, DESKTOP).start()
    while booth.scene() != "run":
        booth.part("stage-scene").click(position={"x": 5, "y": 5})
    booth.page.wait_for_timeout(8000)
    keep(BOOTH, booth.page.screenshot())
    booth.context.close()


def keep(name: str, screenshot: bytes) -> None:
    """Write a small PNG. Not with a palette: a map would show steps."""
    Image.open(io.BytesIO(screenshot)).convert("RGB").save(FOLDER / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main()
