"""The pictures of a lesson: curves by epoch or by number of images, a table, a range test, maps.

While a run goes on only a chart's data change, so that nothing jumps.
"""

from __future__ import annotations

import base64
import html
from collections.abc import Sequence
from statistics import mean
from typing import Any

import cv2
import numpy as np
import pandas as pd
import streamlit as st

from pages.ui.shared import component, range_chart
from xray_model import PNEUMONIA, Heatmap, Lesson, LessonOutcome

# Distinct for every kind of colour vision, in the dark and the light theme.
COLOURS = ("#3e92c8", "#d98a1f", "#a06cd5", "#2fa084")
HEIGHT, TILE = 320, 176
KEY = '<span><i class="{style}" style="border-color:{colour}"></i>{name}</span>'
PICTURE = '<figure><img src="{src}" alt="{alt}"><figcaption><b>{title}</b></figcaption></figure>'


def show(lesson: Lesson, outcome: LessonOutcome, events: Sequence[dict[str, Any]]) -> None:
    """Draw what there is so far."""
    if lesson.sweep:
        st.markdown("**Range test**: the loss, while the rate rises from step to step.")
        range_chart.show(outcome.sweep, f"lesson-sweep-{lesson.key}")
    if lesson.chart.kind == "table":
        _table(lesson, outcome)
        return
    colours = dict(zip(dict.fromkeys(training.name for training in lesson.trainings), COLOURS, strict=False))
    _legend(lesson, colours)
    draw = _by_images if lesson.chart.kind == "images" else _by_epoch
    draw(lesson, outcome, colours)
    _maps(lesson, events)


def _by_epoch(lesson: Lesson, outcome: LessonOutcome, colours: dict[str, str]) -> None:
    chart = lesson.chart
    measures = {chart.measure: "solid"} | ({chart.also[0]: "dashed"} if chart.also else {})
    rows = [
        (point["epoch"], point[measure], record.training.name, style)
        for record in outcome.records
        for measure, style in measures.items()
        for point in record.points
        if point.get(measure) is not None
    ]
    data = pd.DataFrame(rows, columns=["x", "value", "curve", "style"]).astype({"x": float, "value": float})
    longest = max(training.epochs for training in lesson.trainings)
    encoding = _encoding("epoch", {"domain": [0, longest], "nice": False}, lesson, colours)
    dashes = {"domain": ["solid", "dashed"], "range": [[1, 0], [4, 3]]}
    encoding["strokeDash"] = {"field": "style", "type": "nominal", "legend": None, "scale": dashes}
    _draw(lesson, data, [{"mark": {"type": "line", "point": {"size": 14}, "strokeWidth": 2}, "encoding": encoding}])


def _by_images(lesson: Lesson, outcome: LessonOutcome, colours: dict[str, str]) -> None:
    """Mean over the seeds, and a band from the lowest to the highest."""
    found: dict[tuple[str, int], list[float]] = {}
    for record in outcome.records:
        place = (record.training.name, record.training.images)
        found.setdefault(place, []).append(record.last(lesson.chart.measure))
    rows = [(float(count), mean(v), name, min(v), max(v)) for (name, count), v in found.items()]
    data = pd.DataFrame(rows, columns=["x", "value", "curve", "low", "high"])
    counts = sorted({training.images for training in lesson.trainings})
    scale = {"type": "log", "domain": [counts[0], counts[-1]], "nice": False}
    encoding = _encoding("training images", scale, lesson, colours)
    encoding["x"]["axis"]["values"] = counts
    band = encoding | {"y": encoding["y"] | {"field": "low"}, "y2": {"field": "high"}}
    _draw(
        lesson,
        data,
        [
            {"mark": {"type": "area", "opacity": 0.22}, "encoding": band},
            {"mark": {"type": "line", "point": {"size": 40}, "strokeWidth": 2}, "encoding": encoding},
        ],
    )


def _encoding(across: str, scale: dict[str, Any], lesson: Lesson, colours: dict[str, str]) -> dict[str, Any]:
    is_loss = "loss" in lesson.chart.measure
    up: dict[str, Any] = {"domain": [0 if "accuracy" in lesson.chart.measure else 0.4, 1], "nice": False, "clamp": True}
    if is_loss:
        up = {"type": "log"} if lesson.chart.logarithmic else {"zero": True}
    return {
        "x": {
            "field": "x",
            "type": "quantitative",
            "scale": scale,
            "axis": {"title": across, "grid": False, "tickMinStep": 1, "format": "d"},
        },
        "y": {
            "field": "value",
            "type": "quantitative",
            "scale": up,
            "axis": {"title": lesson.chart.title, "tickCount": 5, "format": "~g"},
        },
        "color": {
            "field": "curve",
            "type": "nominal",
            "legend": None,
            "scale": {"domain": list(colours), "range": list(colours.values())},
        },
        "tooltip": [
            {"field": "curve", "title": "Training"},
            {"field": "x", "title": across, "format": "d"},
            {"field": "value", "title": lesson.chart.title, "format": ".3~g"},
        ],
    }


def _draw(lesson: Lesson, data: pd.DataFrame, layers: list[dict[str, Any]]) -> None:
    spec = {
        "layer": layers,
        "config": {"view": {"stroke": None}},
        "padding": {"left": 0, "right": 6, "top": 6, "bottom": 0},
    }
    last = "; ".join(f"{row.curve} {row.value:.3g}" for row in data.drop_duplicates("curve", keep="last").itertuples())
    alt = f"{lesson.chart.title}: {last or 'nothing yet'}"
    st.vega_lite_chart(data, spec, key=f"lesson-chart-{lesson.key}", height=HEIGHT, alt=alt)


def _legend(lesson: Lesson, colours: dict[str, str]) -> None:
    keys = [KEY.format(style="solid", colour=colour, name=html.escape(name)) for name, colour in colours.items()]
    if lesson.chart.also:
        keys.append(
            KEY.format(style="dashed", colour="currentColor", name=html.escape(f"dashed: {lesson.chart.also[1]}"))
        )
    st.html(f'<p class="curve-key">{"".join(keys)}</p>')


def _table(lesson: Lesson, outcome: LessonOutcome) -> None:
    """A row for each network, filled as its figures come."""
    rows = [
        {
            "Network": record.training.name,
            "AUC": record.last(lesson.chart.measure),
            "Seconds for 600 images": record.measures.get("seconds"),
            "Megabytes": record.measures.get("megabytes"),
        }
        for record in outcome.records
    ]
    columns = ["Network", "AUC", "Seconds for 600 images", "Megabytes"]
    form = {
        name: st.column_config.NumberColumn(format=form)
        for name, form in zip(columns[1:], ("%.3f", "%.1f", "%.1f"), strict=True)
    }
    st.dataframe(
        pd.DataFrame(rows, columns=columns), hide_index=True, column_config=form, key=f"lesson-table-{lesson.key}"
    )


def _maps(lesson: Lesson, events: Sequence[dict[str, Any]]) -> None:
    """Films with the evidence for PNEUMONIA of each training, all drawn on its own scale."""
    shown = [event for event in events if event["kind"] == "picture"]
    if not shown:
        return
    st.markdown("**Where each network looks** on films with the marker: its evidence for pneumonia.")
    figures = "".join(
        PICTURE.format(src=overlay(event), alt=f"Evidence of the network, {name}", title=html.escape(name))
        for event in shown
        for name in [lesson.trainings[event["run"]].name]
    )
    st.html(f'<div class="film-strip" data-testid="lesson-maps">{figures}</div>')


def overlay(event: dict[str, Any]) -> str:
    """A `picture` event as a data URI: the film with the network's evidence for PNEUMONIA."""
    pixels = cv2.imdecode(np.frombuffer(base64.b64decode(event["png"]), np.uint8), cv2.IMREAD_GRAYSCALE)
    assert pixels is not None  # our own PNG
    film = np.asarray(cv2.resize(pixels, (TILE, TILE), interpolation=cv2.INTER_CUBIC), np.uint8)
    evidence = np.asarray(event["evidence"], np.float32).reshape(event["shape"])
    return component.data_uri(Heatmap.from_evidence(evidence, PNEUMONIA).overlay(film), "jpeg")
