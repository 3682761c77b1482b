"""A lesson in a real browser on a phone, with real trainings: from its own address to its conclusion, and again."""

import re

import pytest
from playwright.sync_api import expect

import xray_model
from tests.support.visitor import PHONE

pytestmark = pytest.mark.browser

LESSON = xray_model.LESSONS["when-to-stop"]
RUN_MS = 240_000  # on a machine that is busy with something else


def test_a_lesson_from_prediction_to_conclusion(server, visit):
    visitor = visit(server.url, PHONE).open(f"lessons?lesson={LESSON.key}")
    expect(visitor.page.get_by_role("heading", name=LESSON.title)).to_be_visible()
    start = visitor.page.get_by_role("button", name="Start", exact=True)
    expect(start).to_be_disabled()
    visitor.page.get_by_text(LESSON.choices[1], exact=True).click()
    expect(start).to_be_enabled()
    visitor.settle()
    start.click()
    expect(visitor.page.get_by_text("Stop and start again")).to_be_visible(timeout=RUN_MS)
    expect(visitor.page.get_by_text("What happened:")).to_be_visible(timeout=RUN_MS)
    visitor.settle()
    expect(visitor.page.get_by_test_id("stVegaLiteChart")).to_be_visible()
    assert re.search(r"lowest at epoch \d+ \(0\.\d{3}\)", visitor.text())
    assert "You expected" in visitor.text() or "As you expected" in visitor.text()
    assert not visitor.scrolls_sideways()
    visitor.page.get_by_role("button", name="Start again").click()
    expect(start).to_be_disabled()
    assert {"tensorflow", "keras"} & server.loaded_modules() == set()
    assert "Traceback" not in server.log()
