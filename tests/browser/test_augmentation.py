"""The Augmentation page in a real browser: exact pictures, a closer look without the server, one fragment a slider.

One visitor does all of it but what is for telephones; each test leaves the policy as it found it.
"""

import base64
import io
import re

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

import xray_model
from pages.ui.augmentation import source
from tests.support.everybody import LARGEST_SHIFT, shifts
from tests.support.frames import Frames
from tests.support.visitor import PHONE

pytestmark = pytest.mark.browser

TELEPHONE = PHONE | {"color_scheme": "light"}
SAFE = xray_model.PRESETS["Radiograph-safe"]


@pytest.fixture(scope="module")
def page_and_frames(server, guests):
    with guests.visiting(server.url) as visitor:
        frames = Frames(visitor.page)
        yield opened(visitor), frames


@pytest.fixture
def visitor(page_and_frames):
    return page_and_frames[0]


@pytest.fixture
def frames(page_and_frames):
    return page_and_frames[1]


def opened(visitor):
    visitor.open("augmentation")
    visitor.part("draw").first.wait_for()
    visitor.settle()
    return visitor


def seed(visitor) -> int:
    return int(visitor.page.get_by_label("Seed").input_value())


def levels(visitor, index: int) -> np.ndarray:
    """Grey levels of a picture in the grid as the browser holds it; 0 is the original."""
    uri = visitor.part("sheet").first.locator(".tile img.film").nth(index).get_attribute("src") or ""
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2]))))


def difference(visitor) -> np.ndarray:
    """The difference view, (height, width, 3)."""
    canvas = visitor.part("difference")
    uri = canvas.evaluate("canvas => canvas.toDataURL()")
    picture = Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2]))).convert("RGB")
    return np.asarray(picture).astype(int)


def expected(seed: int) -> list[np.ndarray]:
    """What training would feed to the network: the original, then the draws of `seed`."""
    sample = source.gallery.SAMPLES[source.START]
    grey = source.decode(sample).grey(xray_model.load_bundle().card.input_size)
    return [grey, *(draw.apply(grey) for draw in SAFE.draw_many(seed, 12))]


def test_the_pictures_in_the_browser_are_the_tensors_level_for_level(visitor):
    assert not visitor.scrolls_sideways()
    first = seed(visitor)
    for index, picture in enumerate(expected(first)):
        np.testing.assert_array_equal(levels(visitor, index), np.rint(picture))
    visitor.page.get_by_role("button", name="Redraw").click()
    expect(visitor.page.get_by_label("Seed")).to_have_value(str(first + 1))
    visitor.settle()
    np.testing.assert_array_equal(levels(visitor, 5), np.rint(expected(first + 1)[5]))


def test_heatmaps_come_on_demand_and_the_policy_is_handed_out(visitor):
    evidence = visitor.part("sheet").first.locator(".tiles img.evidence")
    assert evidence.count() == 0
    visitor.page.get_by_role("combobox", name=re.compile("Heatmap")).click()
    visitor.page.get_by_role("option", name="PNEUMONIA").click()
    expect(evidence.first).to_be_visible()
    visitor.page.get_by_text("Save this policy").click()
    name, data = visitor.download("Policy (JSON)")
    assert name == "augmentation.json"
    assert xray_model.AugmentationPolicy.from_json(data) == SAFE
    visitor.page.keyboard.press("Escape")
    heatmap = visitor.page.get_by_role("combobox", name=re.compile("Heatmap"))
    heatmap.scroll_into_view_if_needed()
    visitor.settle()  # a list closes while the page is scrolled
    heatmap.click()
    visitor.page.get_by_role("option", name="None").click()
    expect(evidence).to_have_count(0)


def test_a_closer_look_wipes_and_shows_the_difference_without_the_server(visitor, frames):
    assert frames.sent
    frames.clear()
    visitor.part("draw").nth(2).locator("button").click()
    expect(visitor.part("wipe")).to_be_in_viewport()
    expect(visitor.part("closer")).to_contain_text("A closer look: draw 3")
    expect(visitor.part("closer")).to_contain_text("Probability of pneumonia")
    pictures = expected(seed(visitor))
    expect(visitor.part("difference")).to_have_attribute("data-shows", "Draw 3")
    change = np.rint(pictures[3]).astype(int) - np.rint(pictures[0]).astype(int)
    shown = difference(visitor)
    orange, blue = shown[..., 0] > shown[..., 2], shown[..., 2] > shown[..., 0]
    clear = np.abs(change) > 10
    np.testing.assert_array_equal(orange[clear], (change > 0)[clear])
    np.testing.assert_array_equal(blue[clear], (change < 0)[clear])
    slider = visitor.part("wipe-slider")
    slider.focus()
    slider.press("Home")
    assert visitor.part("wipe").evaluate("stage => stage.style.getPropertyValue('--share')") == "0%"
    visitor.page.get_by_role("button", name="Next draw").click()
    expect(visitor.part("closer")).to_contain_text("draw 4")
    assert frames.sent == []


def test_a_slider_runs_its_fragment_and_not_the_page(visitor, frames):
    strip = visitor.part("sheet").nth(1).locator("img").first
    strip.evaluate("image => { image.dataset.mark = 'same' }")
    before = levels(visitor, 1)
    frames.clear()
    slider = visitor.page.get_by_role("slider", name="Angle")
    slider.focus()
    slider.press("ArrowRight")
    expect(visitor.page.get_by_text("Your own settings")).to_be_visible()
    visitor.settle()
    assert not np.array_equal(levels(visitor, 1), before)
    expect(strip).to_have_attribute("data-mark", "same")
    messages = [ForwardMsg.FromString(frame) for frame in frames.received if isinstance(frame, bytes)]
    ends = {message.script_finished for message in messages if message.WhichOneof("type") == "script_finished"}
    assert ends == {ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY}
    fragments = {message.delta.fragment_id for message in messages if message.WhichOneof("type") == "delta"}
    assert len(fragments) == 1
    assert fragments != {""}
    slider.press("ArrowLeft")
    expect(visitor.page.get_by_text("Your own settings")).to_be_hidden()
    visitor.settle()


def test_everything_fits_on_a_telephone_in_the_light(server, visit):
    visitor = opened(visit(server.url, TELEPHONE))
    assert shifts(visitor) <= LARGEST_SHIFT
    assert not visitor.scrolls_sideways()
    visitor.part("draw").nth(1).locator("button").click()
    expect(visitor.part("wipe")).to_be_in_viewport()
    box = visitor.part("wipe").bounding_box()
    assert box is not None
    assert box["width"] > 300
    expect(visitor.page.get_by_role("slider", name="Angle")).to_be_hidden()  # folded: the pictures stay near
