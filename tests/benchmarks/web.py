"""The web process, driven by a real browser: time to the first page and answer, memory after many answers."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from statistics import median

from playwright.sync_api import Browser, sync_playwright

from tests.support.chromium import launch
from tests.support.server import ROOT, Server, running_server
from tests.support.visitor import Visitor

STARTS = 7
AT_ONCE = 20  # images in one upload
FIRST, THEN = 100, 400  # analyses before memory is first read, and after that
MEGABYTE = 2**20
UPLOAD = 'input[type="file"]'
EMPTY = 'import streamlit as st\n\nst.file_uploader("Files", accept_multiple_files=True)\n'


def measure_web(files: list[Path]) -> dict[str, object]:
    """Seconds are medians over fresh servers; memory is the server's resident set."""
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as place:
        browser = launch(playwright)
        empty = _empty_app(Path(place) / "empty")
        starts = [_start(browser, Path(place) / f"start{number}", files[0]) for number in range(STARTS)]
        own = [_own_address(browser, Path(place) / f"own{number}", ROOT) for number in range(STARTS)]
        bare = [_own_address(browser, Path(place) / f"bare{number}", empty) for number in range(STARTS)]
        with running_server(Path(place) / "long") as server:
            memory = _memory(browser, server, files)
        browser.close()
    return {
        "first_page_seconds": round(median(page for page, _ in starts), 2),
        "first_analysis_seconds": round(median(analysis for _, analysis in starts), 2),
        "own_address_seconds": round(median(own), 2),
        "empty_app_seconds": round(median(bare), 2),
        "starts": STARTS,
        **memory,
    }


def _start(browser: Browser, folder: Path, file: Path) -> tuple[float, float]:
    """(seconds from `streamlit run` to the home page on the screen, from the upload to the answer on the screen)."""
    visitor = Visitor(browser, "")  # the window stands open already, as a person's does
    began = time.perf_counter()
    with running_server(folder) as server:
        visitor.page.goto(server.url)
        visitor.page.get_by_role("heading", level=1).wait_for()
        way = visitor.page.locator(".st-key-way-analyze a")
        way.wait_for()
        page = time.perf_counter() - began
        visitor.settle()
        way.click()
        upload = visitor.page.locator(UPLOAD).first
        upload.wait_for(state="attached")
        visitor.settle()
        began = time.perf_counter()
        upload.set_input_files(str(file))
        visitor.part("viewer-overlay").wait_for()
        visitor.page.get_by_test_id("probability").wait_for()
        analysis = time.perf_counter() - began
        visitor.context.close()
    return page, analysis


def _own_address(browser: Browser, folder: Path, root: Path) -> float:
    """Seconds from `streamlit run` to the upload widget, when the Analyze page's address is the first to be opened."""
    visitor = Visitor(browser, "")
    began = time.perf_counter()
    with running_server(folder, root=root) as server:
        visitor.page.goto(f"{server.url}/analyze")
        visitor.page.locator(UPLOAD).first.wait_for(state="attached")
        seconds = time.perf_counter() - began
        visitor.context.close()
    return seconds


def _empty_app(folder: Path) -> Path:
    """What Streamlit and the browser take for themselves: two pages that are an upload widget."""
    for script in (folder / "app.py", folder / "pages" / "analyze.py"):
        script.parent.mkdir(parents=True)
        script.write_text(EMPTY, encoding="utf-8")
    return folder


def _memory(browser: Browser, server: Server, files: list[Path]) -> dict[str, object]:
    visitor = Visitor(browser, server.url).open()
    by_analyses: dict[int, float] = {0: round(server.resident_memory() / MEGABYTE, 1)}
    for done in range(AT_ONCE, FIRST + THEN + 1, AT_ONCE):
        visitor.upload(*(files[(done + number) % len(files)] for number in range(AT_ONCE)))
        visitor.wait_for_images(AT_ONCE)
        if done % FIRST == 0:
            by_analyses[done] = round(server.resident_memory() / MEGABYTE, 1)
        visitor.clear()
    return {
        "resident_megabytes_by_analyses": by_analyses,
        "resident_megabytes": by_analyses[FIRST],
        "growth_megabytes": round(by_analyses[FIRST + THEN] - by_analyses[FIRST], 1),
    }
