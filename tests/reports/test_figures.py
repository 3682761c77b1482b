"""What leaves: the overlay carries its facts, the CSV runs no formulas."""

from __future__ import annotations

import csv
import io
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from xray_model import (
    FIGURE_COLUMNS,
    NOTICE,
    Analysis,
    OperatingPoint,
    Prediction,
    Radiograph,
    figures_csv,
    figures_row,
    overlay_png,
    unanswered_row,
)

BUNDLE = SimpleNamespace(name="test-v1", hash="0123456789ab", card=SimpleNamespace(version=1))
POINT = OperatingPoint("balanced", 0.5, 0.9, 0.8, (0.85, 0.94), (0.7, 0.88), 100, "test images")


def analysis(height: int = 700, width: int = 800, peak: float = 1.0) -> Analysis:
    grey = np.tile(np.linspace(0, 255, width).astype(np.uint8), (height, 1))
    evidence = np.zeros((7, 7), np.float32)
    evidence[5, 1] = peak
    return Analysis(
        Radiograph.from_array(grey), Prediction(1.0, 0.73, "PNEUMONIA", POINT, 0.44, prevalence=0.2), evidence, 1.0
    )


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_the_overlay_has_a_strip_below_the_picture_and_text_fields():
    image = opened(overlay_png(analysis(), BUNDLE))
    assert image.mode == "RGB"
    assert image.width == 800
    assert image.height > 700
    assert np.asarray(image)[700:].max() > 200  # the strip is written on
    assert image.text["Notice"] == NOTICE
    assert "test-v1, version 1, 0123456789ab" in image.text["Bundle"]
    assert image.text["Probability"] == "73.0 %"
    assert image.text["Prevalence"] == "20 %"
    assert "balanced (threshold 44.0 %" in image.text["Decision"]
    assert "right lower zone" in image.text["Evidence"]


def test_no_opacity_leaves_the_radiograph_as_it_was():
    sample = analysis()
    picture = np.asarray(opened(overlay_png(sample, BUNDLE, opacity=0.0)))[:700]
    assert (picture == sample.radiograph.pixels[..., None]).all()


def test_an_empty_map_draws_nothing_and_says_so():
    image = opened(overlay_png(analysis(peak=1.0), BUNDLE, target="NORMAL", opacity=1.0))
    picture = np.asarray(image)[:700]
    assert (picture[..., 0] == picture[..., 1]).all()
    assert "none found" in image.text["Evidence"]


@pytest.mark.parametrize(("height", "width"), [(64, 64), (200, 64), (3000, 2500), (64, 1500)])
def test_every_shape_gives_a_readable_strip_and_a_bounded_picture(height, width):
    image = opened(overlay_png(analysis(height, width), BUNDLE))
    assert 640 <= image.width <= 2048
    assert image.height <= 2500


def test_a_row_for_each_image_with_every_column():
    sample = analysis()
    rows = rows_of(
        figures_csv(
            [
                figures_row("a.png", sample.prediction, sample.heatmap, BUNDLE),
                unanswered_row("b.png", "The file is empty.", BUNDLE),
            ]
        )
    )
    assert tuple(rows[0]) == FIGURE_COLUMNS
    assert rows[0]["status"] == "ok"
    assert rows[0]["probability"] == "0.7300"
    assert (rows[0]["prevalence"], rows[0]["threshold"]) == ("0.2", "0.4400")
    assert float(rows[0]["ppv"]) == pytest.approx(0.2 * 0.9 / (0.2 * 0.9 + 0.8 * 0.2), abs=1e-4)
    assert float(rows[0]["npv"]) == pytest.approx(0.8 * 0.8 / (0.8 * 0.8 + 0.2 * 0.1), abs=1e-4)
    assert rows[0]["region"] == "right lower zone"
    assert rows[1]["status"] == "unreadable"
    assert rows[1]["probability"] == ""
    assert rows[1]["message"] == "The file is empty."
    assert all(row["notice"] == NOTICE and row["hash"] == BUNDLE.hash for row in rows)


@pytest.mark.parametrize("name", ["=1+1.png", "+a.png", "-a.png", "@a.png", "\ta.png", "\ra.png"])
def test_a_file_name_that_begins_like_a_formula_is_inert(name):
    text = figures_csv([unanswered_row(name, "", BUNDLE)])
    assert rows_of(text)[0]["file"] == f"'{name}"


def test_commas_quotes_and_lines_in_a_name_stay_in_their_cell():
    name = 'a, "b"\nc.png'
    assert rows_of(figures_csv([unanswered_row(name, "", BUNDLE)]))[0]["file"] == name
