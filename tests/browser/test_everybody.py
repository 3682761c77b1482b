"""Every page, in its main states: nothing jumps, axe-core finds nothing serious, and 200 % zoom loses nothing.

One visitor goes through all of them; a page is loaded anew for each test.
"""

from __future__ import annotations

import pytest

from tests.support.everybody import findings, shifts, watch_shifts
from tests.support.visitor import DESKTOP, PHONE, Visitor

pytestmark = pytest.mark.browser

LARGEST_SHIFT = 0.1  # "good" by web.dev/cls
PAGES = ("", "analyze", "augmentation", "lessons", "lessons?lesson=shortcut", "train", "evidence", "game", "?booth=1")
ON_A_PHONE = ("", "analyze", "augmentation", "evidence")  # those with the most to fetch
HALF = {"width": 640, "height": 450}  # what is left of the desktop's at 200 % zoom


@pytest.fixture(scope="module")
def visitor(browser, server):
    found = Visitor(browser, server.url, DESKTOP).open("lessons")  # a server's very first page is drawn unstyled
    watch_shifts(found)
    yield found
    found.context.close()
    assert found.errors == []


@pytest.fixture(scope="module")
def phone(browser, server):
    found = Visitor(browser, server.url, PHONE)
    watch_shifts(found)
    yield found
    found.context.close()


@pytest.fixture(scope="module")
def light(browser, server):
    """The states inside a page are looked at in the light theme."""
    found = Visitor(browser, server.url, DESKTOP).choose_light()
    yield found
    found.context.close()
    assert found.errors == []


@pytest.mark.parametrize("page", PAGES)
def test_a_page_stands_still_is_for_everybody_and_fits_at_200_percent(visitor, page):
    visitor.page.set_viewport_size(DESKTOP["viewport"])
    visitor.open(page)
    assert shifts(visitor) <= LARGEST_SHIFT
    assert findings(visitor) == []
    visitor.page.set_viewport_size(HALF)
    visitor.settle()
    assert not visitor.scrolls_sideways()


@pytest.mark.parametrize("page", ON_A_PHONE)
def test_it_stands_still_on_a_phone_too(phone, page):
    assert shifts(phone.open(page)) <= LARGEST_SHIFT
    assert not phone.scrolls_sideways()


def test_an_answer_is_for_everybody(light):
    light.open("analyze").page.get_by_role("button", name="Open", exact=True).nth(1).click()
    light.part("viewer-overlay").wait_for()
    light.settle()
    assert light.background() == "#FFFFFF"
    assert findings(light) == []


@pytest.mark.parametrize("part", ["Probabilities", "Groups", "Model"])
def test_every_part_of_the_evidence_is_for_everybody(light, part):
    light.open(f"evidence?part={part}")
    assert findings(light) == []


def test_a_round_of_the_game_is_for_everybody(light):
    light.open("game").page.get_by_role("button", name="Play").click()
    light.page.get_by_text("Round 1 of 10").wait_for()
    light.settle()
    assert findings(light) == []
    light.page.get_by_role("button", name="Normal").click()
    light.part("board-next").wait_for()
    light.settle()
    assert findings(light) == []
