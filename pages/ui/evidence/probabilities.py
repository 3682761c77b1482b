"""Whether a probability can be taken at its word: reliability, decision curve, and accuracy by coverage."""

from __future__ import annotations

import streamlit as st

import xray_model
from pages.ui.evidence import decisions, figure
from pages.ui.shared import wording
from pages.ui.shared.wording import NBSP
from xray_model import AnsweredFilms, Bundle

VICKERS = "Vickers & Elkin, Medical Decision Making 26, 2006"


def show(bundle: Bundle, films: AnsweredFilms) -> None:
    """Draw the part."""
    left, right = st.columns(2, gap="large")
    with left:
        _reliability(bundle, films)
    with right:
        _coverage(bundle, films)
    st.divider()
    _decision_curve(bundle, films)


def _reliability(bundle: Bundle, films: AnsweredFilms) -> None:
    st.subheader("Is 70 % really 70 %?", anchor="reliability")
    ece, brier = (bundle.card.evaluation[films.name][name] for name in ("ece", "brier"))
    st.markdown(f"**ECE {_number(ece)}** · **Brier {_number(brier)}**", help=ECE_HELP)
    chart = xray_model.reliability_chart(films)
    (dots,) = chart.series
    seen = map(float, dots.y)
    told = [f"at {wording.percent(x)} {wording.percent(y)} are ill" for x, y in zip(dots.x, seen, strict=True)]
    figure.show(chart, bundle, f"Of the films told a probability, {', '.join(told)}.")
    st.caption(
        f"Each dot is a tenth of the scale; on the diagonal, what is said is what is seen. Bars: 95{NBSP}% intervals. "
        f"Told where {wording.percent(films.share)} have pneumonia, as of these films."
    )


ECE_HELP = (
    "ECE: the mean gap between probability and observed share. Brier: the mean squared error of the probability. "
    "Both from the card; smaller is better."
)


def _coverage(bundle: Bundle, films: AnsweredFilms) -> None:
    st.subheader("If it may say “not sure”", anchor="coverage")
    figures = bundle.card.evaluation[films.name]
    if band := figures.get("not_sure"):
        right = band["accuracy_of_the_others"]["value"]
        st.markdown(
            f"**Right on {wording.percent(right, 1)}** when it answers, on "
            f"{wording.percent(figures['accuracy']['value'], 1)} when it must. "
            f"Not sure: {wording.percent(band['share']['value'], 1)}."
        )
    told = [
        f"{wording.percent(record['accuracy']['value'], 1)} on {wording.percent(record['coverage'])} of the films"
        for record in figures["risk_coverage"]
    ]
    figure.show(xray_model.coverage_chart(films, bundle.card), bundle, f"Accuracy is {', '.join(told)}.")
    st.caption("From the left: the surest answers first, those furthest from the threshold.")


@st.fragment
def _decision_curve(bundle: Bundle, films: AnsweredFilms) -> None:
    st.subheader("Is it better than treating everybody, or nobody?", anchor="decision-curve")
    prevalence = decisions.ask_prevalence(bundle.card, "decision-prevalence")
    chart = xray_model.decision_chart(films, prevalence)
    best = max(map(float, chart.series[0].y))
    alt = (
        f"Where {wording.percent(prevalence)} are ill, the model's net benefit starts at {best:.2f} per child; "
        f"treating all falls below zero at thresholds above {wording.percent(prevalence)}."
    )
    figure.show(chart, bundle, alt)
    st.caption(
        f"The highest line is the best policy. Net benefit counts the ill who are treated, less those treated in vain, "
        f"weighed by the odds of the threshold: from 20{NBSP}% on means four in vain for one found ({VICKERS})."
    )


def _number(figure: dict) -> str:
    low, high = figure["interval"]
    return f"{figure['value']:.3f} ({low:.3f}{wording.RANGE}{high:.3f})"
