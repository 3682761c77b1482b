"""Analyze without a mouse: files from the clipboard, dropped anywhere or chosen by a key; keys for everything else."""

import base64

import pytest
from playwright.sync_api import expect

from tests.support.browser_files import phantom_png
from tests.support.server import wait_for

pytestmark = pytest.mark.browser

COPY = """async (data) => {
    const picture = await (await fetch(`data:image/png;base64,${data}`)).blob();
    await navigator.clipboard.write([new ClipboardItem({"image/png": picture})]);
}"""
DRAG = """([data, name, kind]) => {
    const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
    const files = new DataTransfer();
    files.items.add(new File([bytes], name, {type: "image/png"}));
    const options = {dataTransfer: files, bubbles: true, cancelable: true, composed: true};
    document.querySelector("h1").dispatchEvent(new DragEvent(kind, options));
}"""


def test_paste_drop_and_keys_do_everything(server, visit, tmp_path):
    first, second, third = (phantom_png(tmp_path / f"film-{seed}.png", seed) for seed in (3, 4, 5))
    visitor = visit(server.url)
    visitor.context.grant_permissions(["clipboard-read", "clipboard-write"])
    visitor.page.on("filechooser", lambda _: None)  # from the start: else the first one may come too early to be caught
    visitor.open()
    page, press = visitor.page, visitor.page.keyboard.press

    page.evaluate(COPY, base64.b64encode(first.read_bytes()).decode())
    press("Control+v")
    visitor.wait_for_images(1)

    dropped = [base64.b64encode(second.read_bytes()).decode(), second.name]
    page.evaluate(DRAG, [*dropped, "dragover"])
    expect(visitor.part("drop-anywhere")).to_be_visible()
    page.evaluate(DRAG, [*dropped, "drop"])
    visitor.wait_for_images(2)
    expect(visitor.part("drop-anywhere")).to_be_hidden()

    with page.expect_file_chooser() as chooser:
        press("o")
    chooser.value.set_files(str(third))
    visitor.wait_for_images(3)
    page.evaluate(DRAG, [*dropped, "drop"])  # a fourth with a name that is there, while the list is on the page
    visitor.wait_for_images(4)

    press("?")
    expect(visitor.part("keys")).to_be_visible()
    press("Space")  # closes the list, as its button has the focus
    expect(visitor.part("keys")).to_be_hidden()

    at = visitor.part("worklist-at")
    expect(at).to_have_text("Image 1 of 4")
    press("ArrowRight")
    press("ArrowRight")  # sooner than the server can answer
    expect(at).to_have_text("Image 3 of 4")
    visitor.settle()
    expect(at).to_have_text("Image 3 of 4")
    last = visitor.part("worklist-row").nth(2)
    expect(last).to_have_attribute("aria-current", "true")
    shown = visitor.film()
    press("ArrowLeft")
    wait_for(lambda: visitor.film() != shown, "the picture before")  # a busy server begins after the page looks at rest
    visitor.settle()
    last.click()
    wait_for(lambda: visitor.film() == shown, "the last picture again")
    visitor.settle()

    opacity, viewer = visitor.part("viewer-opacity"), visitor.part("viewer")
    press("Space")
    expect(opacity).to_have_value("0")
    press("Space")
    expect(opacity).to_have_value("60")
    press("+")
    expect(viewer).to_have_attribute("data-zoom", "1.25")
    press("-")
    press("i")
    expect(viewer).to_have_attribute("data-zoom", "1.00")
    expect(viewer).to_have_attribute("data-invert", "true")

    compare = page.get_by_role("combobox", name="Compare with")
    compare.press("ArrowDown")
    compare.press("ArrowDown")
    compare.press("Enter")
    visitor.settle()
    expect(visitor.part("viewer-evidence-left")).to_be_visible()
    films = [visitor.part(f"viewer-{side}").locator("img.film") for side in ("radiograph", "overlay")]
    assert films[0].get_attribute("src") != films[1].get_attribute("src")
    stage = visitor.part("viewer-overlay").locator(".stage")
    stage.press("+")
    stage.press("ArrowRight")  # moves the zoomed picture, and both alike
    moved = [layers.evaluate("one => one.style.transform") for layers in viewer.locator(".layers").all()]
    assert moved[0] == moved[1] != "translate(0%, 0%) scale(1)"
    expect(at).to_have_text("Image 3 of 4")
    stage.press("0")
    assert "?" not in page.url, "nothing of an upload stands in the address"

    page.get_by_role("button", name="Colours").press("Enter")
    page.get_by_role("combobox", name="Colour map").press_sequentially("+i ?")  # typed: none of them is for the viewer
    expect(viewer).to_have_attribute("data-zoom", "1.00")
    expect(viewer).to_have_attribute("data-invert", "true")
    expect(visitor.part("keys")).to_be_hidden()
