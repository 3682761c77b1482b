"""A summary of the bundled model's card. Every figure comes from the card."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

import xray_model
from pages.ui.shared import wording
from pages.ui.shared.wording import NBSP, RANGE

if TYPE_CHECKING:
    from xray_model import Bundle, ModelCard, OperatingPoint

FIGURES = {"auc": "AUC", "ece": "ECE", "brier": "Brier"}
JUDGED_ON = ("left-out series", "validation")  # whose groups set the thresholds


def show(bundle: Bundle) -> None:
    """Show what the model is, how well it does, and on which data that was measured."""
    card = bundle.card
    st.markdown(
        f"**{wording.plain(card.name)}**, version {card.version} of {card.created}: a {wording.plain(card.backbone)} "
        f"network that sees {card.input_size} × {card.input_size} grey levels. "  # noqa: RUF001
        f"Licence {card.licence}; training data {card.data_licence}. File hash `{bundle.hash}`."
    )
    st.markdown(wording.POPULATION_LINE)
    st.markdown(
        "**Operating points.** From its threshold on, a probability is called PNEUMONIA; both are told here for a "
        f"prevalence of {wording.percent(card.prevalence)}."
    )
    st.table(_points(card))
    st.caption(f"Measured on {card.operating_points[0].data}. In brackets: 95{NBSP}% intervals.")
    if worst := _worst(card):
        st.markdown(worst)
    if card.lungs != "none":
        st.markdown(
            "**Before the answer.** The lungs are found first. An image without two lungs, or too flat, is refused; "
            "one unlike the children that the model learned from, mirrored or strongly processed gets a warning."
        )
    if card.not_sure:
        st.markdown(wording.not_sure_sentence(card.not_sure, card.not_sure.low, card.not_sure.high))
    rows = _figures(card.evaluation)
    if rows:
        st.markdown(f"**How well it ranks, and how reliable its probabilities are**, with 95{NBSP}% intervals.")
        st.table(rows)
        st.caption(
            "AUC: the chance that a radiograph with pneumonia ranks above one without; larger is better. ECE: the mean "
            "gap between probability and observed share. Brier: the mean squared error of the probability. For both, "
            "smaller is better. Both hold for each set's own share of pneumonia."
        )


def _worst(card: ModelCard) -> str:
    """What the default operating point does for the group that it serves worst; empty where no group was judged."""
    groups = next((card.evaluation[name]["groups"] for name in JUDGED_ON if name in card.evaluation), ())
    if not groups:
        return ""
    point = card.default_operating_point
    parts = []
    for label, what in (("PNEUMONIA", "of the ill"), ("NORMAL", "of the healthy")):
        worst = xray_model.worst_cell(groups, point, label)
        figure, group = worst["right"][point], worst["group"].removeprefix(f"{label}, ")
        parts.append(f"{_share(figure['value'], figure['interval'])} {what} ({group}; {worst['condition']})")
    return f"**The group served worst** sets each threshold. At {point} it is called right in " + ", and ".join(
        [parts[0], f"{parts[1]}."]
    )


def _points(card: ModelCard) -> list[dict[str, str]]:
    return [
        {
            "Operating point": _name(point, card),
            "Threshold": wording.percent(point.threshold, 1),
            "Sensitivity": _share(point.sensitivity, point.sensitivity_interval),
            "Specificity": _share(point.specificity, point.specificity_interval),
        }
        for point in card.operating_points
    ]


def _name(point: OperatingPoint, card: ModelCard) -> str:
    default = " (default)" if point.name == card.default_operating_point else ""
    return wording.point_title(point.name) + default


def _share(value: float, bounds: tuple[float, float]) -> str:
    return f"{wording.percent(value, 1)} ({wording.interval(*bounds, decimals=1)})"


def _figures(evaluation: dict[str, Any]) -> list[dict[str, str]]:
    """A table of figures: a row for each figure, a column for each data set evaluated with intervals."""
    sets = {name: figures for name, figures in evaluation.items() if FIGURES.keys() <= figures.keys()}
    if not sets:
        return []
    return [
        {"Figure": title} | {_set_title(name, figures): _number(figures[key]) for name, figures in sets.items()}
        for key, title in FIGURES.items()
    ]


def _set_title(name: str, figures: dict[str, Any]) -> str:
    return f"{name.capitalize()} (n{NBSP}={NBSP}{figures['n']:,})"


def _number(figure: dict[str, Any]) -> str:
    low, high = figure["interval"]
    return f"{figure['value']:.3f} ({low:.3f}{RANGE}{high:.3f})"
