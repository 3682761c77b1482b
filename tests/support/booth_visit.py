"""One visitor of a booth after the other, in one browser window that is never closed, as at a real booth."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.support.server import Server
from tests.support.visitor import Visitor

SETTINGS = {"XRAY_BOOTH": "1", "XRAY_BOOTH_UPLOADS": "1", "XRAY_PUBLIC_ADDRESS": "https://lab.example.org"}
REST, COUNTDOWN = 60, 20  # seconds, as usual
PHANTOM, RUN, BEST = 0, 2, 5  # places of scenes


class Booth(Visitor):
    """The booth's screen. Its clock can be put forward, so that a minute of rest takes a moment."""

    def __init__(self, browser: Browser, server: Server, device: dict | None = None) -> None:
        super().__init__(browser, server.url, device)
        self.page.clock.install()

    def start(self) -> Booth:
        """Load the first page."""
        self.page.goto(self.url)
        self.part("stage").wait_for()
        return self

    def scene(self) -> str:
        """Kind of the scene on show."""
        return self.part("stage").get_attribute("data-scene") or ""

    def try_scene(self, kind: str) -> None:
        """Press the button while this kind of scene is on show."""
        for _ in range(6):
            if self.scene() == kind:
                break
            self.part("stage-scene").click(position={"x": 5, "y": 5})
        self.part("stage-try").click()
        self.part("booth-back").wait_for()
        self.settle()

    def rest(self, seconds: float) -> None:
        """Nobody touches the screen for so long."""
        self.page.clock.fast_forward(int(seconds * 1000))

    def go_away(self) -> None:
        """Leave the screen until it starts again."""
        self.rest(REST - COUNTDOWN / 2)
        expect(self.part("booth-countdown")).to_be_visible()
        self.rest(COUNTDOWN)
        self.part("stage").wait_for()
        self.settle()

    def open_and_play(self, file: Path) -> None:
        """A visitor opens a film and a phantom; the next one plays a round of the game and sees the second."""
        self.try_scene("phantom")
        self.upload(file)
        self.part("viewer-overlay").wait_for()
        self.go_away()
        self.try_scene("best")
        self.page.get_by_role("button", name="Play").click()
        self.page.get_by_text("Round 1 of 10").wait_for()
        self.page.get_by_role("button", name="Normal").click()
        self.part("board-next").click()
        self.page.get_by_text("Round 2 of 10").wait_for()
        self.go_away()

    def heap(self) -> int:
        """Bytes of the browser's JavaScript objects, after it has thrown away what nothing uses."""
        tools = self.context.new_cdp_session(self.page)
        for _ in range(2):
            tools.send("HeapProfiler.collectGarbage")
        tools.send("Performance.enable")
        found = {one["name"]: one["value"] for one in tools.send("Performance.getMetrics")["metrics"]}
        tools.detach()
        return int(found["JSHeapUsedSize"])
