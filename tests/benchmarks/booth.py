"""A booth for an hour: one browser window, a visitor after the other; the minutes of rest between them are skipped."""

from __future__ import annotations

import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.support.booth_visit import SETTINGS, Booth
from tests.support.chromium import launch
from tests.support.server import running_server

WARM = 6  # visitors before memory is first read
HOUR = 48  # visitors: each stays a few seconds and leaves the screen alone for the minute of rest
MEGABYTE = 2**20


def measure_booth(files: list[Path]) -> dict[str, object]:
    """Memory of server (resident) and page (JavaScript heap after garbage collection), before and after an hour."""
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as place:
        browser = launch(playwright)
        with running_server(Path(place) / "booth", settings=SETTINGS) as server:
            booth = Booth(browser, server).start()
            found = []
            for pair in range((WARM + HOUR) // 2 + 1):
                if pair % (WARM // 2) == 0:
                    found.append([server.resident_memory() / MEGABYTE, booth.heap() / MEGABYTE])
                booth.open_and_play(files[pair % len(files)])
        browser.close()
    pages = [[round(value, 1) for value in pair] for pair in found[1:]]
    (server_before, page_before), (server_after, page_after) = pages[0], pages[-1]
    return {
        "visitors": HOUR,
        "server_and_page_megabytes_by_six_visitors": pages,
        "server_megabytes": server_after,
        "server_growth_megabytes": round(server_after - server_before, 1),
        "page_megabytes": page_after,
        "page_growth_megabytes": round(page_after - page_before, 1),
    }


def rows(booth: dict) -> list[tuple[str, str, str]]:
    """Lines of the table."""
    return [
        (
            f"a booth's server after an hour of visitors ({booth['visitors']}, each clearing the last one's images)",
            f"{booth['server_megabytes']:.0f} MB: {booth['server_growth_megabytes']:+.0f} MB",
            "flat",
        ),
        (
            "… and its page in the browser, never reloaded",
            f"{booth['page_megabytes']:.0f} MB: {booth['page_growth_megabytes']:+.0f} MB",
            "flat",
        ),
    ]
