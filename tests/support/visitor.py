"""One visitor of the app, with a browser profile of their own: what they do and see."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, expect

from tests.support.places import ROOT

WAIT_MS = 60_000  # for anything to appear: the machine may be busy with something else
QUIET_MS = 250  # a rerun that a widget requests has started by then
DARK = {"color_scheme": "dark"}
DESKTOP = {"viewport": {"width": 1280, "height": 900}, **DARK}
LIGHT = {"viewport": {"width": 1280, "height": 900}, "color_scheme": "light"}
ANDROID = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/130 Mobile Safari/537.36"
TOUCH = {"has_touch": True, "is_mobile": True, "user_agent": ANDROID}
PHONE = {"viewport": {"width": 390, "height": 844}, **TOUCH, **DARK}
STREAMLIT_PROBES = "/_stcore/"  # Streamlit first looks for its server below a page's address and gets a 404

# While a box folds, everything below it moves for half a second, and a click may miss. Some animations never end, and
# in a background tab nothing is drawn, so the wait lasts a second at most.
STILL = """() => {
    const ends = (one) => one.playState === "running" && one.effect.getComputedTiming().endTime !== Infinity;
    const ended = Promise.allSettled(document.getAnimations().filter(ends).map((one) => one.finished));
    const drawn = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    return Promise.race([ended.then(drawn), new Promise((done) => setTimeout(done, 1000))]);
}"""

# On a light system the first page reloads as soon as dark mode is chosen for it, and earlier actions are lost.
RELOADED = "performance.getEntriesByType('navigation')[0].type === 'reload'"

# A page without an address has no storage.
FORGET = "() => { if (location.protocol.startsWith('http')) { localStorage.clear(); sessionStorage.clear(); } }"

CHOOSE_LIGHT = """(paths) => {
    localStorage.setItem("xray-theme-set", "yes");
    for (const path of paths) localStorage.setItem(`stActiveTheme-${path}-v2`, '"Light"');
}"""
PATHS = ["/", *(f"/{page.stem}" for page in (ROOT / "pages").glob("*.py"))]

expect.set_options(timeout=WAIT_MS)  # the default of five seconds is too short on a busy machine


class Visitor:
    """A browser context with one tab. `errors`: errors in the browser's console on our pages."""

    def __init__(self, browser: Browser, url: str, device: dict | None = None) -> None:
        device = device or DESKTOP
        self.context: BrowserContext = browser.new_context(**device)
        self.context.set_default_timeout(WAIT_MS)
        self.reopen()
        self.arrive(url, device)

    def arrive(self, url: str, device: dict) -> None:
        """Be a new visitor of this server. device: may differ from the browser's in window, colours and motion."""
        self.url = url
        self.errors: list[str] = []
        self.will_reload = device.get("color_scheme") == "light"
        self.page.set_viewport_size(device["viewport"])
        motion = device.get("reduced_motion", "no-preference")
        self.page.emulate_media(color_scheme=device["color_scheme"], reduced_motion=motion)

    def leave(self) -> None:
        """Keep nothing of this visit: no page, no cookie and no storage. Only the browser's cache stays."""
        self.page.evaluate(FORGET)
        self.page.goto("about:blank")
        self.context.clear_cookies()
        self.context.clear_permissions()

    def reopen(self) -> None:
        """A new tab in place of the one before: a browser that was closed and is opened again, with what it kept."""
        for page in self.context.pages:
            page.close()
        self.page = self.context.new_page()
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))

    def open(self, path: str = "analyze") -> Visitor:
        """Go to a page's address and wait until it is drawn."""
        self.page.goto(f"{self.url}/{path}")
        if self.will_reload:
            self.page.wait_for_function(RELOADED)
            self.will_reload = False
        self.settle()
        return self

    def choose_light(self) -> Visitor:
        """As if this visitor had chosen the light theme in the menu before."""
        self.page.goto(f"{self.url}{STREAMLIT_PROBES}health")
        self.page.evaluate(CHOOSE_LIGHT, PATHS)
        return self

    def settle(self) -> None:
        """Wait until the server has drawn nothing new for a moment, and nothing moves."""
        app, state = self.page.locator('[data-testid="stApp"]'), "data-test-script-state"
        expect(app).to_have_attribute(state, "notRunning")
        self.page.wait_for_timeout(QUIET_MS)
        self.page.evaluate(STILL)
        if app.get_attribute(state) != "notRunning":
            self.settle()

    def upload(self, *files: Path) -> None:
        """Drop files into the upload widget and wait for the summary to count all images so far."""
        self.page.locator('input[type="file"]').first.set_input_files([str(file) for file in files])
        self.page.get_by_text(re.compile(r"\d+ images? analyzed")).wait_for()
        self.settle()

    def wait_for_images(self, count: int) -> None:
        """Wait until the summary says that `count` images were analyzed."""
        self.page.get_by_text(re.compile(rf"^{count} images? analyzed")).wait_for()
        self.settle()

    def clear(self) -> None:
        """Press "Clear all"."""
        self.page.get_by_role("button", name="Clear all").click()
        self.page.get_by_text("Nothing is open yet").wait_for()
        self.settle()

    def text(self) -> str:
        """Everything that can be read on the page."""
        return self.page.locator('[data-testid="stApp"]').inner_text()

    def background(self) -> str:
        """The page's colour, "#RRGGBB"."""
        script = "() => getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor"
        levels = re.findall(r"\d+", self.page.evaluate(script))
        return "#" + "".join(f"{int(level):02X}" for level in levels[:3])

    def probability(self) -> float:
        """The percentage beside the picture, in [0, 1]."""
        shown = self.page.get_by_test_id("probability").inner_text()
        return float(re.sub(r"[^\d.]", "", shown)) / 100

    def part(self, test_id: str) -> Locator:
        """A part of the viewer by its data-testid."""
        return self.page.get_by_test_id(test_id)

    def film(self) -> str:
        """The radiograph on show, as its data URI."""
        image = self.part("viewer-radiograph").locator("img.film")
        expect(image).to_have_attribute("src", re.compile("^data:image/"))
        return image.get_attribute("src") or ""

    def pixels(self, test_id: str) -> np.ndarray:
        """One picture of the viewer as shown on the screen, (height, width, 3) levels."""
        picture = self.part(test_id).locator(".stage").screenshot()
        return np.asarray(Image.open(io.BytesIO(picture)).convert("RGB")).astype(int)

    def set_opacity(self, percent: int) -> None:
        """Move the slider with keys, in steps of ten, and wait until the page is still."""
        slider = self.part("viewer-opacity")
        slider.press("Home")
        for _ in range(percent // 10):
            slider.press("PageUp")
        expect(slider).to_have_value(str(percent))
        slider.blur()
        self.settle()

    def download(self, button: str) -> tuple[str, bytes]:
        """(suggested file name, content) of the button's download."""
        with self.page.expect_download() as caught:
            self.page.get_by_role("button", name=button).click()
        return caught.value.suggested_filename, caught.value.path().read_bytes()

    def figures(self) -> list[dict[str, str]]:
        """The rows of the downloaded CSV."""
        return list(csv.DictReader(io.StringIO(self.download("Figures (CSV)")[1].decode("utf-8"))))

    def overlay(self) -> Image.Image:
        """The downloaded overlay."""
        return Image.open(io.BytesIO(self.download("Overlay (PNG)")[1]))

    def scrolls_sideways(self) -> bool:
        """Whether something is wider than the screen."""
        return self.page.evaluate(
            """() => [document.scrollingElement, document.querySelector('[data-testid="stMain"]')]
                .some((box) => box.scrollWidth > box.clientWidth + 1)"""
        )

    def _on_console(self, message: ConsoleMessage) -> None:
        source = message.location.get("url", "")
        if message.type == "error" and source.startswith(self.url) and STREAMLIT_PROBES not in source:
            self.errors.append(message.text)
