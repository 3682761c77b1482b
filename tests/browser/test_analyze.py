"""A person with a real browser and a real server: upload, see, move, take away, clear."""

import re
import tomllib

import numpy as np
import pytest
from playwright.sync_api import expect

import xray_model
from tests.support.browser_files import odd_but_readable_files, phantom_png, unreadable_files
from tests.support.everybody import LARGEST_SHIFT, shifts
from tests.support.frames import Frames
from tests.support.server import ROOT, wait_for
from tests.support.visitor import DESKTOP, LIGHT, PHONE

pytestmark = pytest.mark.browser

LAPTOP = DESKTOP | {"viewport": {"width": 1366, "height": 768}}
CSV_STEP = 1e-4  # the CSV has four decimals
PERCENT_STEP = 0.01


@pytest.fixture(scope="module")
def bundle() -> xray_model.Bundle:
    return xray_model.load_bundle()


@pytest.fixture(scope="module")
def desk(server, guests):
    """(visitor on a laptop, their page's messages): Analyze, and nothing is open. Tests leave it like that."""
    with guests.visiting(server.url, LAPTOP) as visitor:
        frames = Frames(visitor.page)
        yield visitor.open(), frames


@pytest.fixture
def radiograph_file(tmp_path):
    return phantom_png(tmp_path / "chest film.png", seed=3, finding="lobar", size=700)


def expected(path, bundle) -> xray_model.Analysis:
    return xray_model.analyze(xray_model.Radiograph.from_file(path), bundle)


def check_answer(visitor, path, bundle) -> None:
    """What stands on the page and in both downloads is what `xray_model.analyze` says of the same file."""
    analysis = expected(path, bundle)
    assert visitor.probability() == pytest.approx(analysis.prediction.probability, abs=PERCENT_STEP)
    expect(visitor.page.get_by_role("heading", name=analysis.prediction.label, exact=True)).to_be_visible()
    expect(visitor.part("viewer-evidence")).to_be_visible()
    [row] = visitor.figures()
    assert float(row["probability"]) == pytest.approx(analysis.prediction.probability, abs=CSV_STEP)
    assert (row["file"], row["status"], row["label"]) == (path.name, "ok", analysis.prediction.label)
    assert (row["bundle"], row["version"], row["hash"]) == (bundle.name, str(bundle.card.version), bundle.hash)
    assert row["notice"] == xray_model.NOTICE


def check_overlay(visitor, path, bundle, opacity: float) -> None:
    """The downloaded overlay shows the heatmap at the opacity that the slider has."""
    analysis = expected(path, bundle)
    picture = visitor.overlay()
    assert picture.text["Notice"] == xray_model.NOTICE
    assert bundle.name in picture.text["Bundle"]
    assert bundle.hash in picture.text["Bundle"]
    height, width = analysis.radiograph.pixels.shape
    assert picture.width == width
    assert picture.height > height, "a strip with the notice stands below the picture"
    wanted = analysis.heatmap.overlay(analysis.radiograph.pixels, opacity).astype(int)
    assert np.abs(np.asarray(picture)[:height].astype(int) - wanted).max() <= 1


def test_upload_shows_an_answer_and_hands_it_out(desk, radiograph_file, bundle):
    visitor, _ = desk
    assert xray_model.NOTICE in visitor.text(), "the notice stands before the upload"
    visitor.upload(radiograph_file)
    assert is_on_first_screen(visitor)
    check_answer(visitor, radiograph_file, bundle)
    check_overlay(visitor, radiograph_file, bundle, opacity=0.6)
    assert visitor.text().count(xray_model.NOTICE) == 1, "beside the result, and above it as one line that opens"
    visitor.part("stMainBlockContainer").get_by_text(xray_model.NOTICE_SHORT).filter(visible=True).click()
    visitor.settle()
    assert visitor.text().count(xray_model.NOTICE) == 2
    visitor.clear()


@pytest.mark.real_data
def test_a_real_radiograph(desk, data_dir, tmp_path, bundle):
    path = tmp_path / "real.jpeg"
    path.write_bytes(sorted((data_dir / "kermany_train" / "PNEUMONIA").iterdir())[0].read_bytes())
    visitor, _ = desk
    visitor.upload(path)
    check_answer(visitor, path, bundle)
    visitor.clear()


def test_the_slider_changes_the_picture_and_the_download(server, visit, radiograph_file, bundle):
    visitor = visit(server.url).open()
    visitor.upload(radiograph_file)
    visitor.part("viewer-pair").click()
    shown = {}
    for percent in (0, 40, 100):
        visitor.set_opacity(percent)
        shown[percent] = visitor.pixels("viewer-overlay")
    bare = visitor.pixels("viewer-radiograph")
    assert bare.std() > 20, "the screenshot holds a picture"
    assert np.abs(shown[0] - bare).mean() < 1, "at 0 % only the radiograph is left"
    change = {percent: np.abs(shown[percent] - bare).mean() for percent in (40, 100)}
    assert change[100] > 1.5 * change[40] > 1
    check_overlay(visitor, radiograph_file, bundle, opacity=1.0)


def test_one_picture_zoom_colour_map_and_the_other_label(server, visit, radiograph_file):
    visitor = visit(server.url).open()
    visitor.upload(radiograph_file)
    viewer, page = visitor.part("viewer"), visitor.page
    visitor.part("viewer-single").click()
    expect(visitor.part("viewer-radiograph")).to_be_hidden()
    expect(visitor.part("viewer-overlay")).to_be_visible()
    visitor.part("viewer-zoom-in").click()
    assert float(viewer.get_attribute("data-zoom") or 0) > 1
    visitor.part("viewer-zoom-reset").click()
    expect(viewer).to_have_attribute("data-zoom", "1.00")
    evidence = visitor.part("viewer-evidence")
    first = evidence.get_attribute("src")
    page.get_by_role("button", name="Colours").click()
    page.get_by_role("combobox", name="Colour map").click()
    page.get_by_role("option", name="viridis").click()
    page.keyboard.press("Escape")
    expect(evidence).not_to_have_attribute("src", first)
    page.get_by_role("radio", name="NORMAL").click()
    expect(visitor.part("viewer-overlay")).to_contain_text("vidence for NORMAL")
    expect(visitor.part("viewer-radiograph")).to_be_hidden()  # what was chosen stays


def test_unreadable_files_get_a_sentence_each_and_the_others_an_answer(desk, tmp_path, bundle):
    good = phantom_png(tmp_path / "good.png", seed=5)
    bad = unreadable_files(tmp_path, good)
    odd = odd_but_readable_files(tmp_path, good)
    visitor, _ = desk
    visitor.upload(*list(bad)[:3], good, *odd, *list(bad)[3:])
    visitor.wait_for_images(1 + len(odd))
    visitor.page.get_by_text("5 files without an answer, with the reasons").click()
    sentences = visitor.page.get_by_role("alert").inner_text().splitlines()
    for path, words in bad.items():
        assert any(path.name in sentence and words in sentence for sentence in sentences), (path.name, sentences)
    rows = {row["file"]: row for row in visitor.figures()}
    assert {name for name, row in rows.items() if row["status"] == "unreadable"} == {path.name for path in bad}
    probability = expected(good, bundle).prediction.probability
    for path in (good, *odd):
        assert float(rows[path.name]["probability"]) == pytest.approx(probability, abs=0.02)
    visitor.clear()


def test_clear_all_leaves_nothing_and_several_images_show_progress(desk, tmp_path):
    visitor, frames = desk
    frames.clear()
    visitor.upload(*(phantom_png(tmp_path / f"{number}-of-six.png", number) for number in range(6)))
    visitor.wait_for_images(6)
    # Of messages that wait for a busy server, only the last is sent: one of five has to come through.
    assert any(re.search(rb"Reading image [2-6] of 6", frame) for frame in frames.received if isinstance(frame, bytes))
    visitor.clear()
    assert "of-six.png" not in visitor.text()
    assert visitor.part("viewer").count() == 0
    visitor.upload(phantom_png(tmp_path / "third.png", 9))
    assert [row["file"] for row in visitor.figures()] == ["third.png"]
    visitor.clear()


def test_two_visitors_see_only_their_own(server, visit, tmp_path, bundle):
    files = [phantom_png(tmp_path / f"visitor-{n}.png", seed=20 + n, finding="patchy") for n in range(2)]
    first, second = visitors = [visit(server.url, device).open() for device in (DESKTOP, PHONE)]
    for visitor, file in zip(visitors, files, strict=True):  # both runs are under way at once
        visitor.page.locator('input[type="file"]').first.set_input_files(str(file))
    for visitor in visitors:
        visitor.wait_for_images(1)
    first.set_opacity(10)
    first.page.get_by_role("radio", name="Screening").click()
    first.settle()
    second.page.get_by_role("button", name="Invert").click()
    assert first.film() != second.film()
    expect(second.part("viewer-opacity")).to_have_value("60")
    expect(first.part("viewer-invert")).to_have_attribute("aria-pressed", "false")
    for visitor, file, point in zip(visitors, files, ("screening", "balanced"), strict=True):
        [row] = visitor.figures()
        assert (row["file"], row["operating_point"]) == (file.name, point)
        assert float(row["probability"]) == pytest.approx(expected(file, bundle).prediction.probability, abs=CSV_STEP)
    assert files[0].name not in second.text()
    assert files[1].name not in first.text()


def test_dark_at_first_on_a_light_system_too_and_then_as_chosen_on_every_page(server, visit, radiograph_file, bundle):
    theme = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))["theme"]
    visitor = visit(server.url, LIGHT).open()
    assert visitor.background() == theme["dark"]["backgroundColor"]
    visitor.page.get_by_test_id("stMainMenu").get_by_role("button").click()
    visitor.page.get_by_role("menuitemradio", name="Light").click()
    visitor.page.keyboard.press("Escape")
    for path in ("", "analyze"):
        assert visitor.open(path).background() == theme["light"]["backgroundColor"]
    visitor.upload(radiograph_file)
    check_answer(visitor, radiograph_file, bundle)


def is_on_first_screen(visitor) -> bool:
    """Whether answer and picture can be seen whole, without scrolling."""
    height = visitor.page.viewport_size["height"]
    boxes = [visitor.part(part).bounding_box() for part in ("probability", "viewer-overlay")]
    return all(box["y"] >= 0 and box["y"] + box["height"] <= height for box in boxes)


@pytest.fixture(scope="module")
def phone(server, guests):
    """Analyze on a phone, and nothing is open. Tests leave it like that. The first page: test_game.py."""
    with guests.visiting(server.url, PHONE) as visitor:
        visitor.open()
        assert shifts(visitor) <= LARGEST_SHIFT
        assert not visitor.scrolls_sideways()
        yield visitor


def test_a_phone_never_scrolls_sideways_and_the_picture_follows_the_answer(phone, radiograph_file):
    visitor = phone
    visitor.upload(radiograph_file)
    assert not visitor.scrolls_sideways()
    assert is_on_first_screen(visitor)
    parts = [visitor.part(part) for part in ("probability", "viewer-overlay")]
    parts += [visitor.page.locator(f".st-key-{part}") for part in ("operating-point", "folded-notice-result")]

    def are_in_order() -> bool:
        tops = [part.bounding_box()["y"] for part in parts]
        return tops == sorted(tops)

    wait_for(are_in_order, "the picture to stand below the answer")  # the viewer grows when its pictures come
    visitor.clear()


def test_on_a_phone_the_answer_is_tested_and_taken_away(phone):
    visitor = phone
    visitor.page.locator(".st-key-sample-13 button").click()
    visitor.page.get_by_role("button", name="Test this answer").click()
    visitor.part("proof-maps").wait_for()
    visitor.settle()
    assert not visitor.scrolls_sideways()
    assert "Well supported by the picture" in visitor.text()
    expect(visitor.page.locator('[data-testid="stVegaLiteChart"]')).to_have_count(2)
    name, pdf = visitor.download("Report (PDF)")
    assert (name, pdf[:5]) == ("report.pdf", b"%PDF-")
    visitor.clear()
