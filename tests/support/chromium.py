"""Finding and starting this machine's Chromium or Chrome."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
)
HOW_TO_GET_IT = (
    "no Chromium or Chrome was found; install one ('apt-get install chromium' on Debian, 'brew install --cask chromium'"
    " on macOS), or point XRAY_CHROMIUM at its program"
)
FLAGS = (
    "--no-sandbox",  # a container's root cannot use the sandbox; only this project's own pages are opened
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


def find_chromium() -> str | None:
    """Path of the program: XRAY_CHROMIUM, else the usual names on PATH, else the usual places."""
    override = os.environ.get("XRAY_CHROMIUM")
    if override:
        return override
    found = (shutil.which(name) for name in NAMES)
    return next((path for path in (*found, *PLACES) if path and Path(path).is_file()), None)


def launch(playwright: Playwright) -> Browser:
    """Start it without a window."""
    path = find_chromium()
    if path is None:
        raise RuntimeError(f"The browser tests cannot run: {HOW_TO_GET_IT}.")
    return playwright.chromium.launch(executable_path=path, args=list(FLAGS))
