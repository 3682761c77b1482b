"""Whether the model can be trusted, and for whom: of 100 ill and 100 healthy, how many it calls right in each group."""

from __future__ import annotations

import html
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import streamlit as st

import xray_model
from pages.ui.evidence.summary import JUDGED_ON
from pages.ui.shared import wording
from xray_model import NORMAL, PNEUMONIA, Bundle, ModelCard

BAR = '<span class="bar"><i style="width:{share:.1f}%"></i><b>{number}</b></span>'
ROW = '<tr><th scope="row">{title}<small>{detail}</small></th><td>{ill}</td><td>{healthy}</td></tr>'
TABLE = (
    '<table class="trust" data-testid="trust"><thead><tr><th scope="col">Of 100 in each group</th>'
    '<th scope="col">ill, and found</th><th scope="col">healthy, and cleared</th></tr></thead><tbody>{}</tbody></table>'
)


@dataclass(frozen=True)
class Group:
    """People and how many of them are called right. ill, healthy: shares in [0, 1]."""

    title: str
    detail: str
    ill: float
    healthy: float


def show(bundle: Bundle) -> None:
    """Draw the answer: a sentence, and a bar for each figure of the card."""
    card, point = bundle.card, wording.point_title(bundle.card.default_operating_point).lower()
    st.subheader("Can I trust it, and for whom?", anchor="trust")
    st.markdown(
        f"Most for {card.population.partition(',')[0]} like those it learned from, less for other people, and for "
        "nobody alone: it is for learning, not for care."
    )
    with st.container(key="evidence-trust"):
        st.html(TABLE.format("".join(map(_row, groups(card)))))
    st.caption(f"At the {point} operating point. {_judge(card)}".strip())


def groups(card: ModelCard) -> Iterator[Group]:
    """Those that the card knows, from those it learned from to the furthest ones."""
    point, name = card.operating_point(), card.default_operating_point
    people = card.population.partition(",")[0]
    title, films = f"{people.capitalize()}, like those it learned from", f"{point.n:,} films"
    yield Group(title, films, point.sensitivity, point.specificity)
    records = next((card.evaluation[name]["groups"] for name in JUDGED_ON if name in card.evaluation), ())
    if records:
        ill, healthy = (xray_model.worst_cell(records, name, label) for label in (PNEUMONIA, NORMAL))
        shares = (found["right"][name]["value"] for found in (ill, healthy))
        yield Group("The group of them served worst", "with simulated changes of exposure or framing", *shares)
    for record in _judged(card):
        title, _, detail = record["on"].partition(", ")
        yield Group(
            title.capitalize(),
            f"{detail}; {record['n']:,} films",
            record["sensitivity"]["value"],
            record["specificity"]["value"],
        )


def _judged(card: ModelCard) -> list[dict[str, Any]]:
    """Figures of somebody else's: of this bundle, or else of its former one."""
    records = card.judged.get("figures") or card.judged.get("former", {}).get("figures", [])
    return [record for record in records if "sensitivity" in record and "specificity" in record]


def _judge(card: ModelCard) -> str:
    if card.judged.get("figures") or not _judged(card):
        return ""
    count, former = len(_judged(card)), card.judged["former"]["bundle"]
    return f"Not judged yet. The last {count} groups are of {former}, the same network with other thresholds."


def _row(group: Group) -> str:
    ill, healthy = (BAR.format(share=share * 100, number=f"{share * 100:.0f}") for share in (group.ill, group.healthy))
    title, detail = html.escape(group.title), html.escape(group.detail)
    return ROW.format(title=title, detail=detail, ill=ill, healthy=healthy)
