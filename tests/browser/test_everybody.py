"""Every page, in its main states: nothing jumps, axe-core finds nothing serious, and 200 % zoom loses nothing.

One visitor goes through all of them; a page is loaded anew for each test.
"""

from __future__ import annotations

import pytest

from tests.support.browser_files import phantom_png
from tests.support.everybody import LARGEST_SHIFT, findings, shifts
from tests.support.visitor import DESKTOP, PHONE

pytestmark = pytest.mark.browser

MOVING = {"reduced_motion": "no-preference"}
PAGES = ("", "analyze", "augmentation", "lessons", "lessons?lesson=shortcut", "train", "evidence", "game", "?booth=1")
HALF = {"width": 640, "height": 450}  # what is left of the desktop's at 200 % zoom


@pytest.fixture(scope="module")
def visitor(guests, server):
    with guests.visiting(server.url, DESKTOP | MOVING) as found:
        yield found


@pytest.fixture(scope="module")
def light(guests, server):
    """The states inside a page are looked at in the light theme."""
    with guests.visiting(server.url, DESKTOP) as found:
        yield found.choose_light()


@pytest.mark.parametrize("page", PAGES)
def test_a_page_stands_still_is_for_everybody_and_fits_at_200_percent(visitor, page):
    visitor.page.set_viewport_size(DESKTOP["viewport"])
    visitor.open(page)
    assert shifts(visitor) <= LARGEST_SHIFT
    assert findings(visitor) == []
    visitor.page.set_viewport_size(HALF)
    visitor.settle()
    assert not visitor.scrolls_sideways()


def test_the_evidence_stands_still_on_a_phone_too(server, visit):
    """Visits with a phone in other files say the same of the pages with the most to fetch."""
    phone = visit(server.url, PHONE | MOVING).open("").open("evidence")
    assert shifts(phone) <= LARGEST_SHIFT
    assert not phone.scrolls_sideways()


@pytest.mark.parametrize("device", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_radiographs_that_arrive_move_nothing(server, visit, tmp_path, device):
    visitor = visit(server.url, device | MOVING).open("analyze")
    first, second = (phantom_png(tmp_path / f"{seed}.png", seed, "lobar") for seed in (30, 31))
    visitor.upload(first)
    visitor.wait_for_images(1)
    visitor.page.get_by_text("Open more, or remove some").click()
    visitor.settle()
    visitor.upload(second)
    visitor.wait_for_images(2)
    assert shifts(visitor) <= LARGEST_SHIFT


def test_an_answer_is_for_everybody(light):
    light.open("analyze").page.get_by_role("button", name="Open", exact=True).nth(1).click()
    light.part("viewer-overlay").wait_for()
    light.settle()
    assert light.background() == "#FFFFFF"
    assert findings(light) == []


def test_every_part_of_the_evidence_is_for_everybody(light):
    light.open("evidence?part=Probabilities")
    assert findings(light) == []
    for part in ("Groups", "Model"):
        light.page.get_by_role("radio", name=part).click()
        light.settle()
        assert findings(light) == [], part


def test_a_round_of_the_game_is_for_everybody(light):
    light.open("game").page.get_by_role("button", name="Play").click()
    light.page.get_by_text("Round 1 of 10").wait_for()
    light.settle()
    assert findings(light) == []
    light.page.get_by_role("button", name="Normal").click()
    light.part("board-next").wait_for()
    light.settle()
    assert findings(light) == []
