"""DICOM and archives with a real browser: the answer of the command line, another window, names of removed entries."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import expect

import xray_model
from tests.support.browser_files import phantom_png
from tests.support.dicom_files import NAME, dicom
from tests.support.visitor import PHONE

pytestmark = pytest.mark.browser

CSV_STEP = 1e-4
REAL = "dwv_gdcm-CR-MONO1-10-chest.dcm"  # 10 bits, MONOCHROME1


@pytest.fixture
def film(tmp_path) -> Path:
    """A film of 12 bits without a suffix, as many are stored."""
    path = tmp_path / "IM0001"
    path.write_bytes(dicom(np.asarray(xray_model.draw_phantom(3, "lobar", 400).pixels).astype(np.uint16) * 16))
    return path


@pytest.fixture(scope="module")
def desk(server, guests):
    """Analyze, and nothing is open. Tests leave it like that."""
    with guests.visiting(server.url) as visitor:
        yield visitor.open()


def check_csv(visitor, path: Path) -> None:
    analysis = xray_model.analyze(xray_model.Radiograph.from_file(path), xray_model.load_bundle())
    [row] = visitor.figures()
    assert (row["file"], row["status"]) == (path.name, "ok")
    assert float(row["probability"]) == pytest.approx(analysis.prediction.probability, abs=CSV_STEP)


def narrow_the_window(visitor) -> None:
    visitor.page.get_by_text("Window and level").click()
    slider = visitor.page.get_by_role("slider", name="Width")
    slider.focus()
    for _ in range(5):
        slider.press("PageDown")
    visitor.settle()


def check_window(visitor) -> None:
    """Another window is another picture, said so, with the same answer and the same zoom; and back again."""
    own, answer = visitor.film(), visitor.probability()
    visitor.page.get_by_role("button", name="Zoom in").click()
    zoom = visitor.part("viewer").get_attribute("data-zoom")
    narrow_the_window(visitor)
    expect(visitor.part("viewer-note")).to_contain_text("Only the picture changes")
    assert visitor.film() != own
    assert visitor.probability() == answer
    assert visitor.part("viewer").get_attribute("data-zoom") == zoom != "1.00"
    assert "set by hand" in visitor.overlay().text["Window"]
    visitor.page.get_by_role("button", name="Reset", exact=True).click()
    expect(visitor.part("viewer-note")).to_be_hidden()
    assert visitor.film() == own
    assert "Window" not in visitor.overlay().text


def test_a_file_without_a_suffix_is_read_and_its_window_changes_the_picture_alone(desk, film):
    visitor = desk
    visitor.upload(film)
    check_csv(visitor, film)
    check_window(visitor)
    check_csv(visitor, film)
    expect(visitor.page.get_by_text("DICOM · CR · chest · AP")).to_be_visible()
    visitor.page.get_by_text("header entries removed").click()
    expect(visitor.page.get_by_text("Patient's Name")).to_be_visible()
    assert NAME not in visitor.page.content()
    visitor.clear()


@pytest.mark.real_data
def test_a_real_film(server, visit, data_dir, tmp_path):
    path = tmp_path / "IM0002"
    path.write_bytes((data_dir / "dicom" / REAL).read_bytes())
    visitor = visit(server.url, PHONE).open()
    visitor.upload(path)
    check_csv(visitor, path)
    check_window(visitor)
    expect(visitor.page.get_by_text("does not say whether text is burned")).to_be_visible()
    assert not visitor.scrolls_sideways()


def test_more_files_may_be_added_to_those_that_are_read(desk, film, tmp_path):
    visitor = desk
    visitor.upload(film)
    visitor.upload(phantom_png(tmp_path / "a.png", 5))
    visitor.wait_for_images(2)
    visitor.page.get_by_text("Open more, or remove some").click()
    visitor.page.get_by_role("button", name="Remove IM0001").click()
    visitor.wait_for_images(1)
    assert [row["file"] for row in visitor.figures()] == ["a.png"]
    visitor.clear()


def test_a_file_that_is_too_large_is_refused_before_it_is_sent(desk, tmp_path):
    large = tmp_path / "large.dcm"
    with large.open("wb") as file:
        file.truncate(65 * 2**20)
    visitor = desk
    visitor.page.locator('input[type="file"]').first.set_input_files(str(large))
    expect(visitor.page.get_by_role("alert")).to_contain_text("must be 64")
    assert "Nothing is open yet" in visitor.text()
