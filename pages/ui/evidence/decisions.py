"""What a threshold does to a hundred ill and a hundred healthy children, ROC curve, and what a decision is worth."""

from __future__ import annotations

import streamlit as st

import xray_model
from pages.ui.evidence import figure, people
from pages.ui.shared import wording
from pages.ui.shared.wording import NBSP
from xray_model import AnsweredFilms, Bundle, ModelCard

THRESHOLD, PREVALENCE = "evidence-threshold", "evidence-prevalence"
STEP = 0.1  # per cent, of the threshold


def show(bundle: Bundle, films: AnsweredFilms) -> None:
    """Draw the part."""
    _threshold(bundle, films)
    st.divider()
    _worth(bundle, films)


@st.fragment
def _threshold(bundle: Bundle, films: AnsweredFilms) -> None:
    card = bundle.card
    st.subheader("Move the threshold", anchor="threshold")
    threshold = _ask_threshold(card)
    point = films.point(_name(card, threshold), threshold)
    left, right = st.columns([1, 1], gap="large")
    with left:
        people.show(xray_model.of_hundred(point))
        st.markdown(
            f"**Sensitivity {_share(point.sensitivity, point.sensitivity_interval)}**, "
            f"**specificity {_share(point.specificity, point.specificity_interval)}**; 95{NBSP}% intervals in brackets."
        )
        figure.take_away(xray_model.hundred_chart(point), bundle)
    with right:
        figures = card.evaluation[films.name]
        low, high = figures["auc"]["interval"]
        st.markdown(f"**AUC {figures['auc']['value']:.3f}** ({low:.3f}{wording.RANGE}{high:.3f})", help=AUC_HELP)
        found, alarms = wording.percent(point.sensitivity, 1), wording.percent(1 - point.specificity, 1)
        alt = (
            f"The area below it is {figures['auc']['value']:.3f}. At {wording.percent(threshold, 1)} the model finds "
            f"{found} of the ill and calls {alarms} of the healthy ill."
        )
        whole = st.toggle("The whole curve", key="roc-whole", help="Without it, the corner where the points lie.")
        figure.show(xray_model.roc_chart(films, card, threshold, not whole), bundle, alt)


AUC_HELP = (
    "The chance that a film with pneumonia gets a higher probability than one without. Each point of the curve is a "
    "threshold; guessing lies on the dotted diagonal."
)


def _ask_threshold(card: ModelCard) -> float:
    """The threshold, in [0, 1]: the slider's, or exactly an operating point's where the slider stands on it."""
    names = {point.name: point.threshold for point in card.operating_points}
    with st.container(horizontal=True, key="evidence-points"):
        for name, value in names.items():
            at = {THRESHOLD: round(value * 100, 1)}
            st.button(wording.point_title(name), key=f"to-{name}", on_click=st.session_state.update, args=(at,))
    st.session_state.setdefault(THRESHOLD, round(card.operating_point().threshold * 100, 1))
    percent = st.slider(
        "Call it PNEUMONIA from this probability on", 1.0, 99.0, step=STEP, format="%.1f %%", key=THRESHOLD,
        help="The probability where half of the children have pneumonia.",
    )  # fmt: skip
    return next((exact for exact in names.values() if round(exact * 100, 1) == percent), percent / 100)


def _name(card: ModelCard, threshold: float) -> str:
    return next((point.name for point in card.operating_points if point.threshold == threshold), "chosen threshold")


@st.fragment
def _worth(bundle: Bundle, films: AnsweredFilms) -> None:
    card = bundle.card
    st.subheader("What a call is worth", anchor="worth")
    name = st.segmented_control(
        "Operating point", [point.name for point in card.operating_points], default=card.default_operating_point,
        required=True, format_func=wording.point_title, key="evidence-point",
    )  # fmt: skip
    prevalence = ask_prevalence(card, PREVALENCE)
    chosen = card.operating_point(name)
    point = films.point(chosen.name, chosen.threshold)
    worth = xray_model.predictive_values(point, prevalence)
    st.html(
        f'<div class="run-figures"><div><span>Called PNEUMONIA, and has it (PPV)</span>'
        f"<b>{wording.percent(worth.ppv, 1)}</b><span>{wording.interval(*worth.ppv_interval, decimals=1)}</span></div>"
        f"<div><span>Called NORMAL, and is free of it (NPV)</span><b>{wording.percent(worth.npv, 1)}</b>"
        f"<span>{wording.interval(*worth.npv_interval, decimals=1)}</span></div></div>"
    )
    ppv, npv = wording.percent(worth.ppv, 1), wording.percent(worth.npv, 1)
    alt = f"At a prevalence of {wording.percent(prevalence)}, PPV is {ppv} and NPV {npv}."
    figure.show(xray_model.predictive_values_chart(point, prevalence), bundle, alt)
    st.caption(f"Shaded: 95{NBSP}% intervals. The same decisions are worth less where pneumonia is rare.")


def ask_prevalence(card: ModelCard, key: str) -> float:
    """How common pneumonia is, a share, as the visitor says."""
    percent = st.slider("How common is pneumonia?", 1, 90, round(card.prevalence * 100), format="%d %%", key=key)
    return percent / 100


def _share(value: float, bounds: tuple[float, float]) -> str:
    return f"{wording.percent(value, 1)} ({wording.interval(*bounds, decimals=1)})"
