"""The Evidence page: every part opens, says the card's figures, and its downloads open."""

from __future__ import annotations

import base64
import re

import cv2
import numpy as np
import pytest

import xray_model
from pages.ui.evidence import groups, people, trust
from pages.ui.shared import wording
from tests.pages.conftest import open_page, text_of
from tests.project.test_figures import GENERAL, KNOWN, figures, said
from xray_model import LABELS

PAGE = "pages/evidence.py"
BUNDLE = xray_model.load_bundle()
CHARTS = {
    "Decisions": {"roc", "predictive-values"},
    "Probabilities": {"reliability", "coverage", "decision-curve"},
    "Groups": {"groups"},
    "Maps": {"audit-hit"},
    "Model": {"published-auc", "ablation-long"},
}


@pytest.fixture(scope="module")
def app():
    return open_page(PAGE)


def part(app, name: str):
    app.button_group(key="part").set_value(name).run()
    assert not app.exception
    assert not app.error
    return app


@pytest.mark.parametrize("name", CHARTS)
def test_every_part_opens_with_its_charts_each_told_in_words_and_to_take_away(app, name):
    part(app, name)
    charts = [element.proto for element in app.get("vega_lite_chart")]
    assert len(charts) == len(CHARTS[name])
    assert all(len(chart.alt) > 40 and re.search(r"\d", chart.alt) for chart in charts)
    keys = {button.proto.id.partition("take-")[2] for button in app.get("download_button")}
    assert {
        f"{chart}-{kind}"
        for chart in [*CHARTS[name], *(["failures"] if name == "Groups" else [])]
        for kind in ("svg", "pdf", "csv")
    } <= keys


@pytest.mark.parametrize("films", ["left-out series", "validation"])
def test_no_figure_on_the_page_differs_from_the_card(app, films):
    card = BUNDLE.card
    part(app, "Decisions").button_group(key="films").set_value(films).run()
    for point in card.operating_points:
        app.button(key=f"to-{point.name}").click().run()
        told = card.evaluation[films]["operating_points"][point.name]
        [words] = [element.value for element in app.markdown if "**Sensitivity" in element.value]
        assert wording.percent(told["sensitivity"]["value"], 1) in words
        assert wording.percent(told["specificity"]["value"], 1) in words
    for name in ("Probabilities", "Groups"):
        text = said(part(app, name)).replace("20\u00a0% on means", "").replace("Is 70 % really 70 %?", "")
        assert len(figures(text)) > 3
        share = f"{card.evaluation[films]['prevalence'] * 100:.0f}"
        assert figures(text) - KNOWN - GENERAL - {share} == set()


def test_for_whom_stands_first_with_the_cards_figures(app):
    card, text = BUNDLE.card, text_of(part(app, "Decisions"))
    told = list(trust.groups(card))
    point, judged = card.operating_point(), card.judged["figures"] or card.judged["former"]["figures"]
    assert "Can I trust it, and for whom?" in text
    assert (told[0].ill, told[0].healthy) == (point.sensitivity, point.specificity)
    worst = [xray_model.worst_cell(card.evaluation["left-out series"]["groups"], point.name, label) for label in LABELS]
    assert {told[1].ill, told[1].healthy} == {found["right"][point.name]["value"] for found in worst}
    assert [(one.ill, one.healthy) for one in told[2:]] == [
        (record["sensitivity"]["value"], record["specificity"]["value"]) for record in judged if "sensitivity" in record
    ]
    [table] = [element.proto.body for element in app.html if 'data-testid="trust"' in element.proto.body]
    shares = [float(share) for one in told for share in (one.ill, one.healthy)]
    assert re.findall(r"<b>(\d+)</b>", table) == [f"{share * 100:.0f}" for share in shares]
    assert "Can I trust it" not in text_of(part(app, "Groups"))


def test_what_is_not_judged_is_said_and_the_former_bundle_named(app):
    text = text_of(part(app, "Model"))
    assert ("Not judged yet." in text) == (not BUNDLE.card.judged["figures"])
    assert wording.plain(BUNDLE.card.judged["former"]["bundle"]) in text
    sources = [table.value for table in app.table if "Source" in table.value]
    assert len(sources[0]) == len(xray_model.published())


def test_the_model_part_quotes_the_card(app):
    card = BUNDLE.card
    part(app, "Model")
    [points] = [table.value for table in app.table if "Threshold" in table.value]
    for number, point in enumerate(card.operating_points):
        assert points["Threshold"].iloc[number] == wording.percent(point.threshold, 1)
        assert points["Sensitivity"].iloc[number].startswith(wording.percent(point.sensitivity, 1))
        assert points["Specificity"].iloc[number].startswith(wording.percent(point.specificity, 1))
    ranking, _ = (table.value for table in app.table if "Figure" in table.value)
    measured = [data for data in card.evaluation.values() if "auc" in data]
    for column, data in zip(ranking.columns[1:], measured, strict=True):
        assert ranking[column].iloc[0].startswith(f"{data['auc']['value']:.3f}")
    assert "The group served worst" in text_of(app)


def test_the_failures_are_outlined_and_their_sheet_opens():
    failures = xray_model.read_failures(BUNDLE.folder)[:2]
    for failure in failures:
        mask = xray_model.draw_phantom(failure.seed, size=groups.SIZE).opacity_mask
        drawn = (groups.outlined(failure.seed) == groups.OUTLINE).all(axis=2)
        near = cv2.dilate(mask.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
        assert drawn.sum() > 30
        assert (drawn <= near).all()
    assert groups._sheet(failures, "svg", BUNDLE).startswith(b"<?xml")


def test_a_hundred_is_drawn_one_by_one_and_wrong_calls_are_crossed_out():
    drawn = people._hundred("x", (("found", 97, True, True), ("missed", 3, False, False)))
    svg = base64.b64decode(re.search(r"base64,([^\"]+)", drawn).group(1)).decode()
    assert (svg.count("<circle"), svg.count(people.CROSS)) == (100, 3)
