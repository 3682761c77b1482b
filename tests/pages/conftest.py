"""A page opened by its own address on a fresh server, and the model with thresholds that a test chooses."""

from __future__ import annotations

import functools
import gc
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest

import xray_model
from pages.ui.shared import cache
from tests.support import fake_runs

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 60
# A server looks through all installed packages once, a test's page each time that it is opened: most of a test's time.
manifest_scanner.scan_component_manifests = functools.cache(manifest_scanner.scan_component_manifests)


@pytest.fixture(scope="module", autouse=True)
def small_heap():
    """Streamlit collects garbage after every run of a page: what other tests have loaded, Keras above all, need not be
    looked through a thousand times, nor once more for each file of tests."""
    gc.collect()
    gc.freeze()


def open_page(path: str = "app.py") -> AppTest:
    """Run one page as the first thing a new server does."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=SECONDS)
    return (app if path == "app.py" else app.switch_page(path)).run()


@functools.cache
def png(seed: int, finding: str = "none") -> bytes:
    """A phantom as the bytes of a PNG file."""
    out = io.BytesIO()
    Image.fromarray(xray_model.draw_phantom(seed, finding, 256).pixels).save(out, "PNG")
    return out.getvalue()


def upload(app: AppTest, *files: tuple[str, bytes]) -> AppTest:
    """Put (name, bytes) files into the upload widget and run."""
    app.file_uploader[0].set_value([(name, data, "image/png") for name, data in files])
    return app.run()


def text_of(app: AppTest) -> str:
    """Everything the page says, as one text."""
    parts = [app.title, app.subheader, app.markdown, app.caption, app.warning, app.error, app.html]
    return "\n".join(str(getattr(element, "value", None) or element.proto.body) for part in parts for element in part)


def rows(app: AppTest) -> list[dict[str, Any]]:
    """The rows of the Analyze page's list of images, in the order they are drawn; empty without a list."""
    drawn = [json.loads(element.proto.json) for element in app.main.get("bidi_component")]
    return next((data["rows"] for data in drawn if "rows" in data), [])


@pytest.fixture
def analyze_page() -> AppTest:
    """The Analyze page, nothing open."""
    return open_page("pages/analyze.py")


@pytest.fixture
def thresholds(monkeypatch: pytest.MonkeyPatch):
    """Call with a threshold for each operating point's name: the bundle of this test has these."""

    def set_thresholds(**wanted: float) -> None:
        bundle = xray_model.load_bundle()
        points = tuple(
            replace(bundle.card.operating_points[0], name=name, threshold=value) for name, value in wanted.items()
        )
        card = replace(bundle.card, operating_points=points, default_operating_point=next(iter(wanted)))
        changed = replace(bundle, card=card)
        monkeypatch.setattr(cache, "bundle", lambda: changed)

    return set_thresholds


@pytest.fixture
def center(monkeypatch: pytest.MonkeyPatch) -> fake_runs.FakeCenter:
    """A job centre that trains nothing, in the place of the real one."""
    found = fake_runs.FakeCenter()
    monkeypatch.setattr(cache, "jobs", lambda: found)
    monkeypatch.delenv("XRAY_DATA_DIR", raising=False)
    return found
