"""What every test may use: the real data's folder, and a fresh phantom."""

import os
from pathlib import Path

import pytest

DATA = os.environ.get("XRAY_DATA_DIR")


def pytest_collection_modifyitems(config, items):
    """Without XRAY_DATA_DIR the real-data tests are deselected, and counted as such; `.ci/run` always sets it."""
    if DATA:
        return
    wanted = [item for item in items if not item.get_closest_marker("real_data")]
    config.hook.pytest_deselected(items=[item for item in items if item.get_closest_marker("real_data")])
    items[:] = wanted


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder that XRAY_DATA_DIR names."""
    folder = Path(DATA or "")
    assert (folder / "kermany_train").is_dir(), f"XRAY_DATA_DIR={DATA!r} holds no kermany_train folder"
    return folder
