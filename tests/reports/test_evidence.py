"""Charts of the evidence: each figure is the card's, and each chart can be taken away."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import numpy as np
import pytest

import xray_model
from xray_model.labels import LABELS

BUNDLE = xray_model.load_bundle()
CARD = BUNDLE.card
FILMS = xray_model.answered_films(BUNDLE)
ABLATION = xray_model.read_ablation(BUNDLE.folder)
FIRST = next(iter(FILMS.values()))
CHARTS = {
    chart.name: chart
    for chart in (
        xray_model.roc_chart(FIRST, CARD, 0.3),
        xray_model.hundred_chart(FIRST.point("chosen", 0.3)),
        xray_model.predictive_values_chart(CARD.operating_point(), 0.2),
        xray_model.reliability_chart(FIRST),
        xray_model.decision_chart(FIRST, 0.2),
        xray_model.coverage_chart(FIRST, CARD),
        xray_model.groups_chart(CARD, FIRST, "balanced"),
        xray_model.ablation_chart(ABLATION, long=False),
        xray_model.ablation_chart(ABLATION, long=True),
        *(xray_model.published_chart(CARD, measure) for measure in xray_model.MEASURES),
        *(xray_model.audit_chart(CARD.audit, measure) for measure in xray_model.AUDITED),
    )
}


@pytest.mark.parametrize("name", FILMS)
def test_what_the_charts_compute_is_what_the_card_says(name):
    films, figures = FILMS[name], CARD.evaluation[name]
    assert films.label.size == figures["n"]
    curve, points, _ = xray_model.roc_chart(films, CARD, 0.5).series
    assert np.trapezoid(curve.y, curve.x) == pytest.approx(figures["auc"]["value"])
    for i, point in enumerate(CARD.operating_points):
        told = figures["operating_points"][point.name]
        assert (1 - points.x[i], points.y[i]) == pytest.approx(
            (told["specificity"]["value"], told["sensitivity"]["value"])
        )
    (dots,) = xray_model.reliability_chart(films).series
    assert sum(int(text[4:].replace(",", "")) for text in dots.texts) == figures["n"]
    surest, kept, _ = xray_model.coverage_chart(films, CARD).series
    assert surest.y[-1] == pytest.approx(figures["accuracy"]["value"])
    for x, y in zip(kept.x, kept.y, strict=True):
        assert np.interp(x, surest.x, surest.y) == pytest.approx(y, abs=0.002)
    worst = xray_model.groups_chart(CARD, films, "balanced").series[-1]
    for x, label in zip(worst.x, LABELS, strict=True):
        assert x == xray_model.worst_cell(figures["groups"], "balanced", label)["right"]["balanced"]["value"]


def test_a_hundred_people_are_a_hundred_and_worth_follows_the_point():
    counts = xray_model.of_hundred(CARD.operating_point())
    assert counts["found"] + counts["missed"] == counts["cleared"] + counts["false alarm"] == 100
    assert counts["found"] == round(100 * CARD.operating_point().sensitivity)
    assert xray_model.of_hundred(replace(CARD.operating_point(), sensitivity=0.996))["missed"] == 1
    assert xray_model.of_hundred(replace(CARD.operating_point(), sensitivity=1.0))["missed"] == 0
    assert [len(series.x) for series in CHARTS["of-100"].series] == list(
        xray_model.of_hundred(FIRST.point("", 0.3)).values()
    )
    ppv, npv = CHARTS["predictive-values"].series
    worth = xray_model.predictive_values(CARD.operating_point(), 0.2)
    at = ppv.x.index(0.2)
    assert (ppv.y[at], npv.y[at], (ppv.low[at], ppv.high[at])) == (worth.ppv, worth.npv, worth.ppv_interval)


def test_published_figures_have_a_source_and_ours_is_the_judged_one():
    rows = xray_model.published()
    assert all("doi:" in row["source"] or "arXiv:" in row["source"] for row in rows)
    judged = (CARD.judged["figures"] or CARD.judged["former"]["figures"])[0]
    for measure in xray_model.MEASURES:
        theirs, ours = CHARTS[f"published-{measure}"].series
        assert sorted(theirs.x) == sorted(float(row[measure]) for row in rows)
        assert list(ours.x) == [judged[measure]["value"]]
        assert CARD.judged["figures"] or CARD.judged["former"]["bundle"] in str(ours.y[0])


@pytest.mark.parametrize("name", CHARTS)
def test_each_chart_can_be_taken_away(name):
    chart = CHARTS[name]
    rows = list(csv.DictReader(io.StringIO(xray_model.chart_csv(chart, BUNDLE))))
    assert len(rows) == sum(len(series.x) for series in chart.series)
    assert {row["bundle"] for row in rows} == {BUNDLE.name}
    assert {row["notice"] for row in rows} == {xray_model.NOTICE}
    svg, pdf = (xray_model.chart_drawing(chart, kind, BUNDLE) for kind in xray_model.DRAWINGS)
    assert svg.startswith(b"<?xml")
    assert chart.title.encode() in svg.replace(b"&gt;", b">").replace(b"&amp;", b"&")
    assert pdf[:5] == b"%PDF-"


@pytest.mark.parametrize("measure", xray_model.AUDITED)
def test_the_audits_maps_stand_best_first_with_what_the_app_draws_marked(measure):
    chart = xray_model.audit_chart(CARD.audit, measure)
    value = {row: x for series in chart.series for row, x in zip(series.y, series.x, strict=True)}
    assert value == {name: groups["all"][measure][0] for name, groups in CARD.audit["methods"].items()}
    assert sorted(value, key=value.get, reverse=measure != "deletion") == list(chart.rows)
    shipped, others = chart.series
    assert len(shipped.x) == 1
    assert all(low <= x <= high <= 1 for low, x, high in zip(others.low, others.x, others.high, strict=True))
