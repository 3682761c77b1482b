"""The model's card, the model beside others, and what each choice of its recipe is worth."""

from __future__ import annotations

from typing import Any

import streamlit as st

import xray_model
from pages.ui.evidence import figure, summary
from pages.ui.shared import download_button, wording
from pages.ui.shared.wording import NBSP
from xray_model import MEASURES, AnsweredFilms, Bundle, ModelCard

LONG, SHORT = "12 epochs", "Short runs"
SHARES = ("accuracy", "sensitivity", "specificity")


def show(bundle: Bundle, films: AnsweredFilms) -> None:  # noqa: ARG001 - the parts of the page are called alike
    """Draw the part."""
    _card(bundle)
    st.divider()
    _published(bundle)
    st.divider()
    _ablation(bundle)


def _published(bundle: Bundle) -> None:
    card = bundle.card
    st.subheader("Beside published models", anchor="published")
    _judged(card)
    measure = st.segmented_control(
        "Figure", list(MEASURES), default="auc", required=True, format_func=_title, key="published-measure",
        label_visibility="collapsed",
    )  # fmt: skip
    chart = xray_model.published_chart(card, measure or "auc")
    own = chart.series[1:]
    alt = f"{len(chart.rows)} models, the best first: {chart.rows[0]}."
    if own:
        place = chart.rows.index(str(own[0].y[0])) + 1
        alt = f"{alt} This project's former or present bundle is number {place} of {len(chart.rows)}."
    figure.show(chart, bundle, " ".join(alt.split()))
    with st.expander("Sources", icon=":material/menu_book:"):
        st.table([_row(row) for row in xray_model.published()])


def _title(measure: str) -> str:
    return f"{MEASURES[measure][0].upper()}{MEASURES[measure][1:]}"


def _row(row: dict[str, str]) -> dict[str, str]:
    shares = {name.capitalize(): wording.percent(float(row[name]), 1) if row[name] else "" for name in SHARES}
    return (
        {"Work": row["work"], "Network": row["network"], "AUC": f"{float(row['auc']):.3f}"}
        | shares
        | {"Source": row["source"]}
    )


def _judged(card: ModelCard) -> None:
    """Whether this bundle has been judged on the test folder, and which bundle's figures are shown if not."""
    judged = card.judged
    figures, former = judged.get("figures"), judged.get("former")
    if figures:
        st.markdown(f"**Judged independently**, {judged['date']}.")
    elif former:
        st.markdown(
            "**Not judged yet.** This bundle has not been measured on the test folder. Shown here is its former "
            f"bundle, {wording.plain(former['bundle'])}: the same network, with other thresholds and probabilities."
        )
    else:
        st.markdown("**Not judged yet.**")
    if rows := figures or (former or {}).get("figures"):
        st.table(_judged_rows(rows))
        st.caption(judged.get("note", ""))


def _judged_rows(records: list[dict[str, Any]]) -> list[dict[str, str]]:
    """A row for each figure, a column for each set of images, which fits a telephone."""
    tell = {"AUC": ("auc", _number)} | {name.capitalize(): (name, _share) for name in SHARES}
    tell |= {"ECE": ("ece", _number), "Brier": ("brier", _number)}
    titles = [f"{record['on']} (n{NBSP}={NBSP}{record['n']:,})" for record in records]
    rows = [{"Figure": "Refused"} | {on: str(one.get("refused", "")) for on, one in zip(titles, records, strict=True)}]
    return rows + [
        {"Figure": title} | {on: words(one.get(name)) for on, one in zip(titles, records, strict=True)}
        for title, (name, words) in tell.items()
    ]


def _share(found: dict[str, Any] | None) -> str:
    if not found:
        return ""
    low, high = found.get("interval", (None, None))
    return wording.percent(found["value"], 1) + (f" ({wording.interval(low, high, decimals=1)})" if low else "")


def _number(found: dict[str, Any] | None) -> str:
    if not found:
        return ""
    bounds = found.get("interval")
    return f"{found['value']:.3f}" + (f" ({bounds[0]:.3f}{wording.RANGE}{bounds[1]:.3f})" if bounds else "")


def _ablation(bundle: Bundle) -> None:
    st.subheader("What each choice is worth", anchor="ablation")
    rows = xray_model.read_ablation(bundle.folder)
    if not rows:
        st.caption("No ablation is kept for this bundle.")
        return
    length = st.segmented_control(
        "Runs", [LONG, SHORT], default=LONG, required=True, key="ablation-runs", label_visibility="collapsed"
    )
    chart = xray_model.ablation_chart(rows, length == LONG)
    _, shifted = chart.series
    alt = (
        f"Under simulated shift the recipe reaches {shifted.x[0]:.3f}; of its changes, {chart.rows[1]} does best with "
        f"{shifted.x[1]:.3f} and {chart.rows[-1]} worst with {shifted.x[-1]:.3f}."
    )
    figure.show(chart, bundle, " ".join(alt.split()))
    st.caption(
        "First the recipe itself, on the dashed line; then one change at a time. To the left of it: worse. "
        "Short runs tell less."
    )


def _card(bundle: Bundle) -> None:
    st.subheader("The bundled model", anchor="card")
    summary.show(bundle)
    card, data = ((bundle.folder / name).read_text(encoding="utf-8") for name in ("MODEL_CARD.md", "card.json"))
    with st.container(horizontal=True):
        download_button.show("Model card (Markdown)", card, f"{bundle.name}-card.md", "take-card-md")
        download_button.show("Card (JSON)", data, f"{bundle.name}-card.json", "take-card-json")
    with st.expander("Read its card here", icon=":material/article:"):
        st.markdown(card.partition("\n")[2])
