"""A chart on the screen: drawn by Vega-Lite from the same data as its files, with a key and buttons for these."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import streamlit as st

from pages.ui.evidence import people
from pages.ui.shared import download_button
from xray_model import DRAWINGS, Bundle, Chart, Series, chart_csv, chart_drawing, is_labelled, row_shifts

HEIGHT, ROW = 320, 40  # pixels
SHAPES = {"circle": "circle", "square": "square", "diamond": "diamond", "triangle": "triangle-up"}
SHAPES |= {"tick": "stroke", "cross": "cross"}
GREY = "#8a97a3"
KEY = {  # drawn in a box of 26 x 12
    "circle": '<circle cx="13" cy="6" r="4.5" fill="{0}"/>',
    "square": '<rect x="9" y="2" width="8" height="8" fill="{0}"/>',
    "diamond": '<path d="M13 0L19 6L13 12L7 6Z" fill="{0}"/>',
    "triangle": '<path d="M13 1L19 11H7Z" fill="{0}"/>',
    "tick": '<path d="M13 1V11" stroke="{0}" stroke-width="2"/>',
    "cross": '<path d="M9 2L17 10M17 2L9 10" stroke="{0}" stroke-width="2.5"/>',
    "": '<path d="M1 6H25" stroke="{0}" stroke-width="2.5" stroke-dasharray="{1}"/>',
}


def show(chart: Chart, bundle: Bundle, alt: str, height: int = HEIGHT) -> None:
    """Draw the chart, its key and its buttons. alt: what it shows, in words, for whoever cannot see it."""
    if len(chart.series) > 1:
        key(chart)
    tall = height if not chart.rows else 60 + ROW * len(chart.rows)
    st.vega_lite_chart(spec(chart), key=f"chart-{chart.name}", height=tall, alt=f"{chart.title}. {alt}")
    take_away(chart, bundle)


def key(chart: Chart) -> None:
    """Name the series beside their lines and marks, which differ in more than colour."""
    items = []
    for series in chart.series:
        mark = KEY[series.marker].format(series.colour, " ".join(map(str, series.dash)))
        items.append(f"<span>{people.image(mark, 26, 12)}{series.name}</span>")
    st.html(f'<p class="curve-key">{"".join(items)}</p>')


def take_away(chart: Chart, bundle: Bundle) -> None:
    """Buttons that download the chart as a drawing and as a table."""
    with st.container(horizontal=True, key=f"take-{chart.name}"):
        for kind in DRAWINGS:
            make = partial(chart_drawing, chart, kind, bundle)
            _button(kind, make, f"{bundle.name}-{chart.name}.{kind}", chart)
        _button("csv", partial(chart_csv, chart, bundle), f"{bundle.name}-{chart.name}.csv", chart)


def _button(kind: str, make: Any, file: str, chart: Chart) -> None:
    download_button.show(
        kind.upper(), make, file, f"take-{chart.name}-{kind}", help=f"{chart.title}, as {kind.upper()}"
    )


def spec(chart: Chart) -> dict[str, Any]:
    """The chart in Vega-Lite."""
    layers = _guides(chart)
    for series, shift in zip(chart.series, row_shifts(chart), strict=True):
        layers += _layers(series, chart, shift * ROW)
    return {
        "layer": layers,
        "encoding": {"x": _across(chart), "y": _up(chart)},
        "config": {"view": {"stroke": None}},
    }


def _across(chart: Chart) -> dict[str, Any]:
    axis = {"tickCount": 4, "format": ".0%" if "x" in chart.percent else "~g"}
    scale = {"domain": list(chart.x_range), "nice": False}
    return {"field": "x", "type": "quantitative", "title": chart.x_title, "scale": scale, "axis": axis}


def _up(chart: Chart) -> dict[str, Any]:
    if chart.rows:
        raised = -6 if "\n" in chart.rows[0] else 0  # two lines: their middle at the row's
        axis = {"labelExpr": "split(datum.label, '\\n')", "labelLimit": 165, "labelOffset": raised, "grid": True}
        return {"field": "y", "type": "nominal", "title": None, "sort": list(chart.rows), "axis": axis}
    axis = {"tickCount": 4, "format": ".0%" if "y" in chart.percent else "~g"}
    scale = {"domain": list(chart.y_range), "nice": False}
    return {"field": "y", "type": "quantitative", "title": chart.y_title, "scale": scale, "axis": axis}


def _guides(chart: Chart) -> list[dict[str, Any]]:
    guides = []
    if chart.diagonal:
        ends = [{"x": 0, "y": 0}, {"x": 1, "y": 1}]
        mark = {"type": "line", "strokeDash": [3, 3], "color": GREY, "strokeWidth": 1, "clip": True}
        guides.append({"data": {"values": ends}, "mark": mark})
    if chart.at is not None:
        rule = {"type": "rule", "color": GREY, "strokeDash": [4, 3], "strokeWidth": 1.5}
        guides.append({"data": {"values": [{"x": chart.at}]}, "mark": rule, "encoding": {"y": None}})
    return guides


def _layers(series: Series, chart: Chart, down: float) -> list[dict[str, Any]]:
    """A series' interval, its line or dots, and its words. down: pixels below the middle of a row."""
    data: dict[str, Any] = {"data": {"values": _values(series, chart)}}
    look = {"color": series.colour, "yOffset": down}
    drawn = []
    if series.low:
        along = "x" if chart.rows else "y"
        mark = {"type": "rule", "strokeWidth": 1.5} if series.marker else {"type": "area", "opacity": 0.2}
        ends = {along: {"field": "low"}, f"{along}2": {"field": "high"}}
        drawn.append(data | {"mark": mark | look, "encoding": ends})
    if series.marker:
        mark = {"type": "point", "filled": series.marker not in ("tick", "cross"), "size": 80, "opacity": 1}
        mark |= {"shape": SHAPES[series.marker], "strokeWidth": 2, "angle": 90 if series.marker == "tick" else 0}
        drawn.append(data | {"mark": mark | look, "encoding": {"tooltip": _tooltip(series)}})
    else:
        mark = {"type": "line", "strokeDash": list(series.dash), "clip": True}
        drawn.append(data | {"mark": mark | look, "encoding": {"order": {"field": "step"}}})
    if is_labelled(series, chart.rows):
        words = {"type": "text", "align": "left", "dx": 9, "dy": 9, "color": GREY, "fontSize": 13}
        drawn.append(data | {"mark": words, "encoding": {"text": {"field": "text"}}})
    return drawn


def _columns(series: Series) -> dict[str, Sequence[Any]]:
    columns = {"x": series.x, "y": series.y, "low": series.low, "high": series.high, "text": series.texts}
    return {name: values for name, values in columns.items() if values}


def _values(series: Series, chart: Chart) -> list[dict[str, Any]]:
    """A record for each point; without dots that lie outside the axes, which would be drawn beside the chart."""
    columns = _columns(series)
    values = [
        {name: column[i] for name, column in columns.items()} | {"series": series.name, "step": i}
        for i in range(len(series.x))
    ]
    if not series.marker or chart.rows:
        return values
    (left, right), (bottom, top) = chart.x_range, chart.y_range
    return [value for value in values if left <= value["x"] <= right and bottom <= value["y"] <= top]


def _tooltip(series: Series) -> list[dict[str, Any]]:
    columns: dict[str, Sequence[Any]] = {"series": [series.name], **_columns(series)}
    return [
        {"field": name, "type": "nominal"}
        if isinstance(column[0], str)
        else {"field": name, "type": "quantitative", "format": ".3f"}
        for name, column in columns.items()
    ]
