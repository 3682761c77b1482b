"""The first page and the game on a phone: the phantom's evidence moves at once, and ten rounds are played."""

import io

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.support.everybody import LARGEST_SHIFT, shifts
from tests.support.visitor import PHONE

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def visitor(server, guests):
    """Comes to the first page, and goes on from there to the game."""
    with guests.visiting(server.url, PHONE) as found:
        yield found.open("")


def test_the_first_screen_of_a_phone_can_be_played_with(visitor):
    assert shifts(visitor) <= LARGEST_SHIFT
    first = visitor.part("viewer-evidence").get_attribute("src")
    for part in ("viewer-opacity", "viewer-overlay", "probability"):
        expect(visitor.part(part)).to_be_in_viewport(ratio=1)
    visitor.set_opacity(20)
    expect(visitor.part("viewer-evidence")).to_have_css("opacity", "0.2")
    visitor.page.get_by_role("button", name="Next").click()
    expect(visitor.part("viewer-evidence")).not_to_have_attribute("src", first)
    assert not visitor.scrolls_sideways()


def test_from_there_to_ten_rounds_by_touch_and_by_keyboard(visitor):
    page = visitor.page
    page.get_by_test_id("stExpandSidebarButton").tap()
    page.get_by_test_id("stSidebar").get_by_role("link", name="You against the model").tap()
    expect(page.get_by_role("button", name="Play")).to_be_in_viewport(ratio=1)
    expect(page.get_by_test_id("stExpandSidebarButton")).to_be_visible()  # so the menu has closed
    page.get_by_role("button", name="Play").tap()
    for number in range(10):
        page.get_by_text(f"Round {number + 1} of 10").wait_for()
        if number % 2:
            for key in ("ArrowLeft", "+", "p"):
                page.keyboard.press(key)
        else:
            visitor.part("board-stage").tap(position={"x": 100, "y": 200})
            expect(visitor.part("board-mark")).to_be_visible()
            page.get_by_role("button", name="Normal").tap()
        expect(visitor.part("board-truth")).to_contain_text("80 % sure" if number % 2 else "75 % sure")
        visitor.settle()
        if number % 2:
            page.keyboard.press("Enter")
        else:
            visitor.part("board-next").tap()
    expect(visitor.part("duel")).to_contain_text("of 10")
    expect(page.get_by_text("A trap.")).to_be_visible()
    page.get_by_label("Three letters").fill("q7rs")
    page.get_by_role("button", name="Enter").click()
    expect(page.get_by_role("cell", name="???")).to_be_visible()
    name, card = visitor.download("Card (PNG)")
    assert (name, Image.open(io.BytesIO(card)).format) == ("you-against-the-model.png", "PNG")
    assert not visitor.scrolls_sideways()
