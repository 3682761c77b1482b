"""What every test may use, and which tests cannot run here: those are deselected, counted and named."""

import os
from pathlib import Path

import pytest

from tests.browser.chromium import HOW_TO_GET_IT, find_chromium

DATA = os.environ.get("XRAY_DATA_DIR")
BROWSER_REQUIRED = os.environ.get("XRAY_REQUIRE_BROWSER") == "1"


def missing() -> dict[str, str]:
    """Marker -> what this machine lacks for it, and how to get it. `.ci/run` lets nothing be missing."""
    lacking = {}
    if not DATA:
        lacking["real_data"] = "XRAY_DATA_DIR names no folder of real radiographs"
    if not (find_chromium() or BROWSER_REQUIRED):
        lacking["browser"] = HOW_TO_GET_IT
    return lacking


def pytest_collection_modifyitems(config, items):
    """Deselect what cannot run here."""
    lacking = missing()
    left_out = [item for item in items if any(item.get_closest_marker(marker) for marker in lacking)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in set(left_out)]


def pytest_terminal_summary(terminalreporter):
    """Say what was left out, just above the closing line."""
    for marker, reason in missing().items():
        terminalreporter.write_line(f"Tests marked {marker} were left out: {reason}.")


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder that XRAY_DATA_DIR names."""
    folder = Path(DATA or "")
    assert (folder / "kermany_train").is_dir(), f"XRAY_DATA_DIR={DATA!r} holds no kermany_train folder"
    return folder
