"""The chart of a learning-rate range test: the loss against the rate, which rises from step to step."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

COLOUR = "#a06cd5"  # seen in the dark and the light theme
HEIGHT = 180
ABOVE = 1.6  # times the first loss: a loss that explodes leaves the picture, as what it fell to before matters
RATES = [1e-4, 1e-2, 1]  # that are named: more find no room in a narrow column


def show(sweep: Sequence[tuple[float, float]], key: str, marked: float | None = None) -> None:
    """Draw what there is so far. marked: a rate that gets a rule."""
    data = pd.DataFrame(sweep, columns=["rate", "loss"]).astype(float)
    rates = {"type": "log", "domain": [1e-5, 3], "nice": False}
    axis = {"title": "learning rate", "grid": False, "format": "~g", "values": RATES}
    losses = {"domain": [0, ABOVE * sweep[0][1]] if sweep else [0, 1], "nice": False}
    across = {"field": "rate", "type": "quantitative", "scale": rates, "axis": axis}
    up = {"field": "loss", "type": "quantitative", "scale": losses, "axis": {"title": "loss", "tickCount": 4}}
    layers = [
        {
            "mark": {"type": "line", "color": COLOUR, "strokeWidth": 2, "clip": True},
            "encoding": {"x": across, "y": up},
        }
    ]
    if marked is not None:
        rule = {"type": "rule", "color": COLOUR, "strokeDash": [4, 3]}
        layers.append({"data": {"values": [{"rate": marked}]}, "mark": rule, "encoding": {"x": across}})
    padding = {"left": 0, "right": 6, "top": 6, "bottom": 6}
    spec = {"layer": layers, "config": {"view": {"stroke": None}}, "padding": padding}
    alt = "Loss by learning rate"
    if sweep:
        alt += f": {sweep[0][1]:.2f} at first, {min(loss for _, loss in sweep):.2f} at its lowest"
    st.vega_lite_chart(data, spec, key=key, height=HEIGHT, alt=alt)
