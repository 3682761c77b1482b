"""Sentences: never a claim of certainty, never a comparison that prints two equal numbers."""

from __future__ import annotations

import numpy as np
import pytest

from pages.ui.shared import wording
from pages.ui.shared.wording import NBSP
from xray_model import Heatmap, OperatingPoint, Prediction, PredictiveValues


def point(threshold: float = 0.5) -> OperatingPoint:
    return OperatingPoint("balanced", threshold, 0.9, 0.8, (0.85, 0.94), (0.7, 0.88), 100, "100 test images")


@pytest.mark.parametrize(
    ("share", "said"), [(0.5, "50"), (0.999, ">{}99"), (0.001, "<{}1"), (0.0, "0"), (1.0, "100"), (0.994, "99")]
)
def test_percent_never_rounds_to_certainty(share, said):
    assert wording.percent(share) == f"{said.format(NBSP)}{NBSP}%"


def test_a_decision_close_to_the_threshold_prints_two_different_numbers():
    sentence = wording.decision_sentence(Prediction(0.0, 0.42, "NORMAL", point(), 0.4211))
    assert f"42.0{NBSP}% is below the threshold of 42.1{NBSP}%" in sentence


def test_an_answer_says_where_it_holds():
    assert wording.probability_sentence(0.37, 0.2) == (
        f"Of 100 radiographs with this answer, where 20{NBSP}% have pneumonia, **about 37** should show it."
    )


def test_the_worth_of_a_decision_is_the_predictive_value_of_its_own_label():
    worth = PredictiveValues(0.2, 0.83, 0.9925, (0.79, 0.86), (0.991, 0.994))
    assert f"Of all those called PNEUMONIA, 83.0{NBSP}% have it (PPV)" in wording.worth_sentence("PNEUMONIA", worth)
    assert f"Of all those called NORMAL, 99.2{NBSP}% do not have it (NPV)" in wording.worth_sentence("NORMAL", worth)


def test_the_region_names_the_patients_side():
    values = np.zeros((7, 7), np.float32)
    values[6, 1] = 2
    sentence = wording.region_sentence(Heatmap(values, "PNEUMONIA"))
    assert "right lower zone (the patient's right, on the picture's left)" in sentence


def test_an_empty_map_and_a_weak_one_are_said_to_be():
    empty = Heatmap(np.zeros((7, 7), np.float32), "NORMAL")
    assert "the map is empty" in wording.region_sentence(empty)
    weak = Heatmap(np.full((7, 7), 0.1, np.float32), "NORMAL", reference=1.0)
    assert "It is weak" in wording.region_sentence(weak)


@pytest.mark.parametrize(
    ("name", "shown"), [("a*b_[c](d):red[e].png", r"a\*b\_\[c\]\(d\)\:red\[e\]\.png"), ("a\n- b", r"a \- b")]
)
def test_a_file_name_becomes_neither_markup_nor_a_line_of_its_own(name, shown):
    assert wording.plain(name) == shown


def test_the_operating_point_is_quoted_with_intervals_and_data():
    sentence = wording.point_sentence(point())
    assert "85\N{NON-BREAKING HYPHEN}94" in sentence
    assert sentence.endswith("Measured on 100 test images.")


@pytest.mark.parametrize(
    ("ends", "decimals", "shown"),
    [((0.848, 0.942), 0, "85-94 %"), ((0.9866, 0.9927), 0, "98.7-99.3 %"), ((0.9866, 0.9927), 1, "98.7-99.3 %"),
     ((0.9949, 0.9951), 0, "99-100 %"), ((1.0, 1.0), 0, "100-100 %")],
)  # fmt: skip
def test_the_ends_of_an_interval_read_as_two_numbers(ends, decimals, shown):
    plain = shown.replace("-", "\N{NON-BREAKING HYPHEN}").replace(" ", NBSP)
    assert wording.interval(*ends, decimals=decimals) == plain


def test_a_faint_map_names_no_place():
    values = np.zeros((7, 7), np.float32)
    values[6, 1] = 0.05
    sentence = wording.region_sentence(Heatmap(values, "PNEUMONIA", reference=1.0))
    assert sentence == f"Hardly any evidence for PNEUMONIA: at most 5{NBSP}% of full strength."
