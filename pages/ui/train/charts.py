"""The ROC curve and calibration of a result, beside the bundled model's if it saw the same images."""

from __future__ import annotations

from typing import Any

import streamlit as st

from pages.ui.train.measures import Measured

THIS, BUNDLED = "this run", "bundled model"
COLOURS = {THIS: "#3e92c8", BUNDLED: "#d98a1f"}
HEIGHT = 270
LEGEND = {"title": None, "orient": "bottom", "columns": 1}  # in one row the names would be cut off
ROC_HELP = (
    "Each point is a threshold: the share of pneumonia it finds, against the share of false alarms. The diagonal is "
    "guessing; the dot is the threshold in use."
)
CALIBRATION_HELP = (
    "Of the images with a probability of about 70 %, about 70 % should have pneumonia: the points should lie on the "
    "diagonal. Larger dots stand for more images."
)


def show(measured: Measured, before: Measured | None, run: str) -> None:
    """Draw both charts side by side."""
    curves = {THIS: measured} | ({BUNDLED: before} if before else {})
    left, right = st.columns(2)
    with left:
        st.markdown("**ROC curve**", help=ROC_HELP)
        st.vega_lite_chart(_roc(curves), key=f"roc-{run}", height=HEIGHT, alt="ROC curve on the validation images")
    with right:
        st.markdown("**Calibration**", help=CALIBRATION_HELP)
        st.vega_lite_chart(
            _calibration(curves), key=f"calibration-{run}", height=HEIGHT, alt="Calibration on the validation images"
        )


def _roc(curves: dict[str, Measured]) -> dict[str, Any]:
    line, dots = [], []
    for name, measured in curves.items():
        alarms, hits = measured.roc()
        line += [
            {"x": float(x), "y": float(y), "model": name, "step": i}
            for i, (x, y) in enumerate(zip(alarms, hits, strict=True))
        ]
        figures = measured.figures()
        dots.append({"x": 1 - figures["Specificity"], "y": figures["Sensitivity"], "model": name})
    return _square(
        "1 − specificity",  # noqa: RUF001
        "sensitivity",
        {"data": {"values": line}, "mark": {"type": "line"}, "encoding": _model() | {"order": {"field": "step"}}},
        {"data": {"values": dots}, "mark": {"type": "point", "filled": True, "size": 90}, "encoding": _model()},
    )


def _calibration(curves: dict[str, Measured]) -> dict[str, Any]:
    rows = [
        {"x": mean, "y": share, "images": count, "model": name}
        for name, measured in curves.items()
        for mean, share, count in measured.calibration()
    ]
    size = {"field": "images", "type": "quantitative", "legend": None, "scale": {"range": [30, 260]}}
    tooltip = [{"field": "model"}, {"field": "images"}, *({"field": axis, "format": ".2f"} for axis in "xy")]
    return _square(
        "probability",
        "observed share",
        {"data": {"values": rows}, "mark": {"type": "line", "opacity": 0.6}, "encoding": _model()},
        {
            "data": {"values": rows},
            "mark": {"type": "point", "filled": True, "opacity": 0.9},
            "encoding": _model() | {"size": size, "tooltip": tooltip},
        },
    )


def _model() -> dict[str, Any]:
    scale = {"domain": list(COLOURS), "range": list(COLOURS.values())}
    return {"color": {"field": "model", "type": "nominal", "scale": scale, "legend": LEGEND}}


def _square(across: str, up: str, *layers: dict[str, Any]) -> dict[str, Any]:
    """A square chart: axes from 0 to 1, the diagonal, and `layers` on top."""
    diagonal = {
        "data": {"values": [{"x": 0, "y": 0}, {"x": 1, "y": 1}]},
        "mark": {"type": "line", "strokeDash": [3, 3], "color": "#8a97a3", "strokeWidth": 1},
    }
    axes = {
        channel: {
            "field": channel,
            "type": "quantitative",
            "title": title,
            "scale": {"domain": [0, 1]},
            "axis": {"tickCount": 3, "format": "~g"},
        }
        for channel, title in (("x", across), ("y", up))
    }
    return {"layer": [diagonal, *layers], "encoding": axes, "config": {"view": {"stroke": None}}}
