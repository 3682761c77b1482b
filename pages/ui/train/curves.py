"""The curves of a run, a small chart for each figure. During the run only their data change, so nothing jumps."""

from __future__ import annotations

import html
import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from pages.ui.shared.wording import NBSP
from pages.ui.train.terms import TERMS

CHARTS = {
    "loss": "Loss",
    "auc": "AUC",
    "accuracy": "Accuracy",
    "sensitivity": "Sensitivity",
    "specificity": "Specificity",
    "learning_rate": "Learning rate",
}
VALIDATION, TRAINING = "validation", "training"
HEIGHT = 150  # pixels: six charts and the controls fit a laptop's screen
# Distinct for every kind of colour vision, in the dark and the light theme. Training is dashed as well.
COLOURS = {VALIDATION: "#3e92c8", TRAINING: "#8a97a3"}
OTHERS = ("#d98a1f", "#a06cd5", "#2fa084", "#c75b7a")
LEGEND = '<p class="curve-key">{keys}</p>'
KEY = '<span><i class="{style}" style="border-color:{colour}"></i>{name}</span>'

Records = Sequence[dict[str, Any]]


def show(records: Records, phases: Records, epochs: int, run: str, others: Mapping[str, Records] | None = None) -> None:
    """Draw all charts. records: the points, the first one before any step.

    phases: events of their starts. others: other runs' records.
    """
    others = others or {}
    colours = COLOURS | dict(zip(others, OTHERS, strict=False))
    _legend(colours)
    cells = [cell for _ in range(2) for cell in st.columns(3)]  # a telephone shows them row by row
    for cell, (name, title) in zip(cells, CHARTS.items(), strict=True):
        with cell:
            st.markdown(f"**{title}**{_latest(name, records)}", help=TERMS[name])
            data = _table(name, records, others)
            longest = max([epochs, *(other[-1]["epoch"] + 1 for other in others.values() if other)])
            spec = _spec(name, data, longest, phases, colours)
            st.vega_lite_chart(data, spec, key=f"curve-{run}-{name}", height=HEIGHT, alt=f"{title} by epoch")


def _table(name: str, records: Records, others: Mapping[str, Records]) -> pd.DataFrame:
    rows = []
    for curve, field, source in (
        (TRAINING, name, records if name != "learning_rate" else ()),
        (VALIDATION, f"val_{name}" if name != "learning_rate" else name, records),
        *((other, f"val_{name}" if name != "learning_rate" else name, found) for other, found in others.items()),
    ):
        rows += [(record["epoch"] + 1, record[field], curve) for record in source if record.get(field) is not None]
    return pd.DataFrame(rows, columns=["epoch", "value", "curve"]).astype({"epoch": float, "value": float})


def _spec(name: str, data: pd.DataFrame, epochs: int, phases: Records, colours: dict[str, str]) -> dict[str, Any]:
    """The chart's specification. While it stays the same, the browser only redraws the data."""
    scale: dict[str, Any] = {"zero": False}
    if name not in ("loss", "learning_rate"):
        least = min([0.5, *data["value"].tolist()])
        scale = {"domain": [math.floor(least * 10) / 10, 1], "nice": False}
    curve = {"field": "curve", "type": "nominal", "legend": None}
    names = list(colours)
    dashes = [[4, 3] if each == TRAINING else [1, 0] for each in names]
    return {
        "layer": [
            {
                "mark": {"type": "line", "point": {"size": 16}, "strokeWidth": 2},
                "encoding": {
                    "x": {
                        "field": "epoch",
                        "type": "quantitative",
                        "scale": {"domain": [-0.5, max(2, epochs) + 0.5], "nice": False},
                        "axis": {"title": None, "grid": False, "tickMinStep": 1, "format": "d"},
                    },
                    "y": {
                        "field": "value",
                        "type": "quantitative",
                        "scale": scale,
                        "axis": {"title": None, "grid": True, "tickCount": 4, "format": "~g"},
                    },
                    "color": curve | {"scale": {"domain": names, "range": list(colours.values())}},
                    "strokeDash": curve | {"scale": {"domain": names, "range": dashes}},
                    "tooltip": [
                        {"field": "curve", "title": "Curve"},
                        {"field": "epoch", "title": "Epoch", "format": "d"},
                        {"field": "value", "title": CHARTS[name], "format": ".3~g"},
                    ],
                },
            },
            *(_phase_mark(event) for event in phases if event["epoch"] > 0),
        ],
        "config": {"view": {"stroke": None}},
        "padding": {"left": 0, "right": 4, "top": 4, "bottom": 0},
    }


def _phase_mark(event: dict[str, Any]) -> dict[str, Any]:
    """A vertical line before a phase's first epoch, with the phase's name."""
    at = {"field": "at", "type": "quantitative"}
    values = {"values": [{"at": event["epoch"] + 0.5, "phase": event["phase"]}]}
    return {
        "data": values,
        "encoding": {"x": at},
        "layer": [
            {"mark": {"type": "rule", "strokeDash": [2, 2], "color": "#d98a1f"}},
            {
                "mark": {"type": "text", "align": "left", "dx": 4, "y": 8, "color": "#d98a1f", "fontSize": 11},
                "encoding": {"text": {"field": "phase"}},
            },
        ],
    }


def _legend(colours: dict[str, str]) -> None:
    keys = "".join(
        KEY.format(style="dashed" if name == TRAINING else "solid", colour=colour, name=html.escape(name))
        for name, colour in colours.items()
    )
    st.html(LEGEND.format(keys=keys))


def _latest(name: str, records: Records) -> str:
    """The last value, of the validation images where both are measured, in words that a screen reader reads."""
    value = records[-1].get(f"val_{name}", records[-1].get(name)) if records else None
    return "" if value is None else f"{NBSP}{value:.3g}"
