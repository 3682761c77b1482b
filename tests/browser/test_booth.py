"""The booth's screen: it plays by itself, is cleared after a minute of rest, and stays small."""

from __future__ import annotations

import io

import cv2
import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.support.booth_visit import COUNTDOWN, REST, SETTINGS, Booth
from tests.support.server import running_server
from xray_model import draw_phantom

pytestmark = pytest.mark.browser

GROWTH = 16 * 2**20  # bytes a visitor: whoever kept each visitor's page and pictures would keep more
VISITORS = 4  # an allocator holds memory back at one or another, a leak grows with each


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    with running_server(tmp_path_factory.mktemp("booth"), settings=SETTINGS) as server:
        yield server


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    path = tmp_path_factory.mktemp("films") / "chest.png"
    Image.fromarray(draw_phantom(12, "lobar", 512).pixels).save(path)
    return path


@pytest.fixture(scope="module")
def screen(browser, place):
    found = Booth(browser, place)
    yield found
    found.context.close()
    assert found.errors == []


@pytest.fixture
def booth(screen):
    """The screen, as after its start."""
    screen.start()
    yield screen
    screen.page.emulate_media(reduced_motion="no-preference")


def test_it_plays_by_itself_and_shows_the_public_address(booth):
    scenes = [booth.scene()]
    for _ in range(6):
        booth.rest(15)
        scenes.append(booth.scene())
    assert scenes == ["phantom", "phantom", "run", "phantom", "phantom", "best", "phantom"]
    booth.rest(3600)
    expect(booth.part("stage-try")).to_be_visible()
    assert not booth.page.get_by_test_id("stSidebar").is_visible()
    assert not booth.page.get_by_test_id("stHeader").is_visible()
    code = np.asarray(Image.open(io.BytesIO(booth.part("stage-qr").screenshot())).convert("RGB"))
    assert cv2.QRCodeDetector().detectAndDecode(code)[0] == SETTINGS["XRAY_PUBLIC_ADDRESS"]


def test_where_less_motion_is_wanted_only_a_touch_shows_the_next_scene(booth):
    booth.page.emulate_media(reduced_motion="reduce")
    for expected in ("phantom", "run"):
        booth.part("stage-scene").click(position={"x": 5, "y": 5})
        booth.rest(60)
        assert booth.scene() == expected
    lasts = "(one) => getComputedStyle(one).animationDuration"
    assert booth.page.get_by_test_id("stage-scene").locator("> *").first.evaluate(lasts) in ("0s", "0.001s")


def test_a_visitor_is_cleared_after_a_minute_of_rest_and_leaves_no_memory(booth, place, film):
    booth.try_scene("phantom")
    booth.upload(film)
    booth.rest(REST - COUNTDOWN + 1)
    expect(booth.part("booth-countdown")).to_contain_text("cleared in 1")
    booth.page.mouse.click(5, 300)  # a touch: the visitor is still there
    expect(booth.part("booth-countdown")).to_be_hidden()
    expect(booth.part("viewer-overlay")).to_be_visible()
    booth.go_away()
    booth.try_scene("phantom")
    booth.page.get_by_text("Nothing is open yet").wait_for()
    assert "chest.png" not in booth.text()
    booth.page.get_by_test_id("booth-back").click()
    booth.part("stage").wait_for()
    booth.open_and_play(film)  # the first of each loads what it needs
    growths = []
    while len(growths) < VISITORS and not (growths and max(growths[-1]) < GROWTH):
        before = place.resident_memory(), booth.heap()
        booth.open_and_play(film)  # tests.benchmarks.booth: an hour of them
        growths.append((place.resident_memory() - before[0], booth.heap() - before[1]))
    assert max(growths[-1]) < GROWTH, growths
