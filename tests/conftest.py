"""Fixtures for all tests; tests that cannot run on this machine are deselected, counted and named."""

from __future__ import annotations

import functools
import gc
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadFileScheduling

from tests.support import few_threads  # noqa: F401 - before what it is for
from tests.support.chromium import HOW_TO_GET_IT, find_chromium, launch
from tests.support.server import Server, running_server
from tests.support.weights_server import serving_weights
from xray_model.evaluation import metrics
from xray_model.jobs.runs_folder import RUNS_DIR
from xray_model.recipes import imagenet_download

DATA = os.environ.get("XRAY_DATA_DIR")
BROWSER = "tests/browser/"
REAL = ("tests/weights/", "tests/datasets/test_splitting.py")  # these read all real images, 15 seconds' work
SLOWEST = (  # files, the longest first
    *("test_cluster", "test_center", "test_online_start", "test_backbones", "test_cross_series", "test_train"),
    *("test_features", "test_cli_training", "test_augmentation_page", "test_teach", "test_run"),
    *("test_cut_maps", "test_export", "test_early_features", "test_classifier", "test_loop"),
)
ROUNDS = metrics.BOOTSTRAP_ROUNDS
BROWSER_REQUIRED = os.environ.get("XRAY_REQUIRE_BROWSER") == "1"


def missing() -> dict[str, str]:
    """Marker -> what this machine lacks for it, and how to get it. `.ci/run` requires everything."""
    lacking = {}
    if not DATA:
        lacking["real_data"] = "XRAY_DATA_DIR names no folder of real radiographs"
    if not (find_chromium() or BROWSER_REQUIRED):
        lacking["browser"] = HOW_TO_GET_IT
    if not (shutil.which("dcmj2pnm") or BROWSER_REQUIRED):
        lacking["dcmtk"] = "dcmj2pnm is not installed (Debian: apt-get install dcmtk)"
    if not (shutil.which("dciodvfy") or BROWSER_REQUIRED):
        lacking["dicom3tools"] = "dciodvfy is not installed (Debian: apt-get install dicom3tools)"
    if sys.platform != "linux":
        lacking["linux"] = "this system has no /proc"
    return lacking


class WholeFiles(LoadFileScheduling):
    """Hands whole files to the processes, and everything that waits for the browser, or that reads all real images, to
    one of them.

    There is one Chromium and one server to share then, and the other processes have the machine while they wait.
    """

    def _split_scope(self, nodeid: str) -> str:
        if nodeid.startswith(BROWSER):
            return BROWSER
        return REAL[0] if nodeid.startswith(REAL) else super()._split_scope(nodeid)


def pytest_xdist_make_scheduler(config, log):
    """Called in the process that distributes the tests."""
    return WholeFiles(config, log)


def rank(item: pytest.Item) -> int:
    """Sorting key: browser tests first, then the slowest files."""
    if item.nodeid.startswith(BROWSER):
        return -2
    if item.nodeid.startswith(REAL):
        return -1
    return SLOWEST.index(item.path.stem) if item.path.stem in SLOWEST else len(SLOWEST)


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """Importing all tests makes millions of objects that stay: looking them through for garbage, now and after every
    few thousand objects of a test, takes a third of the time of this."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(config, items):
    """Deselect tests that cannot run here; start the longest first, so that no process is left with them at the end."""
    items.sort(key=rank)
    lacking = missing()
    left_out = [item for item in items if any(item.get_closest_marker(marker) for marker in lacking)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in set(left_out)]


def pytest_terminal_summary(terminalreporter):
    """Name the deselected tests, just above the closing line."""
    for marker, reason in missing().items():
        terminalreporter.write_line(f"Tests marked {marker} were left out: {reason}.")


@pytest.fixture(scope="session", autouse=True)
def own_runs(tmp_path_factory) -> None:
    """Runs that the app has left on this machine are not taken up by a test."""
    os.environ[RUNS_DIR] = str(tmp_path_factory.mktemp("runs"))


@pytest.fixture(scope="session", autouse=True)
def rough_intervals() -> None:
    """A hundred resamples stand for a thousand, which take longer than most runs; tests of the intervals take all."""
    metrics.BOOTSTRAP_ROUNDS = 100


@pytest.fixture
def true_intervals(monkeypatch) -> None:
    """As many resamples as in the product."""
    monkeypatch.setattr(metrics, "BOOTSTRAP_ROUNDS", ROUNDS)


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder that XRAY_DATA_DIR names."""
    folder = Path(DATA or "")
    assert (folder / "kermany_train").is_dir(), f"XRAY_DATA_DIR={DATA!r} holds no kermany_train folder"
    return folder


@pytest.fixture(scope="session")
def kermany(data_dir):
    """All 5,216 training images at 224 pixels, read once; do not modify them."""
    from xray_model.datasets.folder_reader import load_folder
    from xray_model.imaging.resize import SIDE

    images = load_folder(data_dir / "kermany_train", SIDE)
    images.grey.setflags(write=False)
    return images


@pytest.fixture(scope="session")
def kermany_twins(kermany) -> list[tuple[int, int]]:
    """Near-duplicates among these images; comparing them all takes seconds."""
    from xray_model.datasets.splitting import near_duplicates

    return near_duplicates(kermany.grey)


@pytest.fixture(scope="session")
def split_kermany(kermany, kermany_twins) -> Callable:
    """`split_kermany(share, seed)`: these images split by patient, without comparing them anew for each split."""
    from xray_model.datasets import splitting

    @functools.cache
    def split(share: float, seed: int) -> tuple:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(splitting, "near_duplicates", lambda _: kermany_twins)
            return splitting.split_by_patient(kermany, share, seed)

    return split


@pytest.fixture(scope="session")
def server(tmp_path_factory) -> Iterator[Server]:
    """One real server for all tests that can share it."""
    with running_server(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture(scope="session")
def browser():
    """One Chromium for all tests."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = launch(playwright)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def guests(browser):
    """`with guests.visiting(url, device) as visitor`: see `Guests`."""
    from tests.support.guests import Guests

    return Guests(browser)


@pytest.fixture
def visit(guests) -> Iterator[Callable]:
    """`visit(url, device=None)`: a new visitor until the test's end."""
    with ExitStack() as visits:
        yield lambda url, device=None: visits.enter_context(guests.visiting(url, device))


@pytest.fixture(scope="session")
def tiny_bundle(tmp_path_factory) -> Path:
    """The folder of a small real bundle with random weights; copy it before changing it."""
    from tests.support.bundle_factory import write_tiny_bundle

    return write_tiny_bundle(tmp_path_factory.mktemp("weights") / "tiny-random-v1")


@pytest.fixture(scope="module")
def short_mobilenet() -> Iterator[None]:
    """For the tiny runs of a module, which cut MobileNet early: the rest of it is not built each time."""
    from tests.support.short_mobilenet import shortened

    with shortened():
        yield


@pytest.fixture(scope="session")
def gated_bundle(tiny_bundle, tmp_path_factory) -> Path:
    """The small bundle behind the gate: the shipped lung finder refuses images without lungs."""
    from tests.support.bundle_factory import with_lungs

    return with_lungs(tiny_bundle, tmp_path_factory.mktemp("gated") / "tiny-gated-v1", "gate")


@pytest.fixture(scope="session")
def pooled_bundle(tmp_path_factory) -> Path:
    """A shipped bundle, pooled over the lungs, with a not-sure band."""
    from tests.support.bundle_factory import with_lungs
    from xray_model.bundles.folders import find_bundle

    band = {"low": 0.4, "high": 0.7, "error": 0.02, "normal": 166, "pneumonia": 429}
    return with_lungs(find_bundle(), tmp_path_factory.mktemp("pooled") / "pooled-v1", "pooled", not_sure=band)


@pytest.fixture
def imagenet_cache(tmp_path, monkeypatch) -> Path:
    """Keras' cache, empty, and no shared data: no ImageNet weights on this machine."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.delenv("XRAY_DATA_DIR", raising=False)
    return tmp_path / "models"


@pytest.fixture
def imagenet_server(monkeypatch) -> Iterator[Any]:
    """The handler of a server in place of the one that gives ImageNet's weights."""
    with serving_weights() as (address, handler):
        monkeypatch.setattr(imagenet_download, "ORIGIN", address)
        yield handler
