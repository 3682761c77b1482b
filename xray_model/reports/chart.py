"""A chart as data, and taken away: as a drawing (SVG, PDF) and as a table (CSV), with bundle and notice on each.

A page draws the same data on the screen. matplotlib is loaded by the first drawing only.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from xray_model.bundles.bundle import Bundle
from xray_model.notice import NOTICE, NOTICE_SHORT
from xray_model.reports.pdf.sheet import typeset

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BLUE, ORANGE, GREY = "#3e92c8", "#d98a1f", "#8a97a3"
MARKERS = {"circle": "o", "square": "s", "diamond": "D", "triangle": "^", "tick": "|", "cross": "X"}
DRAWINGS = ("svg", "pdf")
SETTINGS = {"svg.hashsalt": "chart"}  # the same file each time
ROW_HEIGHT, HEIGHT, WIDTH = 0.42, 4.4, 6.8  # inches
PICTURES_IN_ROW = 4
SHIFT = 0.24  # of a row, between two series in it


@dataclass(frozen=True)
class Series:
    """One line, or one kind of dot, of a chart: x and y are as long as each other.

    y: numbers, or names of rows. low, high: limits of an interval, of y, or of x in a chart of rows; empty without.
    texts: what is said of each dot; written beside it unless it has an interval or lies in a row. dash:
    lengths of dashes and gaps; empty for a full line. marker: one of `MARKERS`, or empty for a line.
    """

    name: str
    x: Sequence[float]
    y: Sequence[float] | Sequence[str]
    low: Sequence[float] = ()
    high: Sequence[float] = ()
    texts: Sequence[str] = ()
    colour: str = BLUE
    dash: tuple[int, ...] = ()
    marker: str = ""


@dataclass(frozen=True)
class Chart:
    """A chart. name: of its files. rows: names of rows, the top one first; empty where y is a number.

    data: a sentence naming what was measured. diagonal: from corner to corner, dashed. at: x of an upright line.
    percent: which axes show shares and are written in per cent: "x", "y", both or none.
    bare: drawn without axes.
    """

    name: str
    title: str
    x_title: str
    y_title: str
    series: tuple[Series, ...]
    data: str
    x_range: tuple[float, float] = (0, 1)
    y_range: tuple[float, float] = (0, 1)
    rows: tuple[str, ...] = ()
    diagonal: bool = False
    at: float | None = None
    percent: str = "xy"
    bare: bool = False


def chart_csv(chart: Chart, bundle: Bundle) -> str:
    """CSV text: a row for each point of each series, with the limits of its interval, the data and the bundle."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(["series", chart.x_title, chart.y_title, "low", "high", "text", "data", "bundle", "hash", "notice"])
    for series in chart.series:
        for i, (x, y) in enumerate(zip(series.x, series.y, strict=True)):
            rest = [kept[i] if kept else "" for kept in (series.low, series.high, series.texts)]
            cells = [series.name, x, y, *rest, chart.data, bundle.name, bundle.hash, NOTICE]
            writer.writerow([_cell(cell) for cell in cells])
    return out.getvalue()


def _cell(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else " ".join(str(value).split())


def chart_drawing(chart: Chart, kind: str, bundle: Bundle) -> bytes:
    """The chart as a file. kind: one of `DRAWINGS`."""
    from matplotlib.figure import Figure

    with typeset(SETTINGS):
        figure = Figure(figsize=(WIDTH, max(HEIGHT, ROW_HEIGHT * len(chart.rows) + 1.8)), layout="constrained")
        axes = figure.add_subplot()
        for series, shift in zip(chart.series, row_shifts(chart), strict=True):
            _draw(axes, series, chart.rows, shift)
        _frame(axes, chart)
        return _saved(figure, chart.title, chart.data, kind, bundle)


def pictures_drawing(title: str, pictures: Sequence[tuple[NDArray[np.uint8], str]], kind: str, bundle: Bundle) -> bytes:
    """Pictures in rows, each with words below it, as a file. pictures: RGB (h, w, 3). kind: one of `DRAWINGS`."""
    from matplotlib.figure import Figure

    rows = -(-len(pictures) // PICTURES_IN_ROW)
    with typeset(SETTINGS):
        figure = Figure(figsize=(WIDTH, 0.8 + 2 * rows), layout="constrained")
        for number, (picture, words) in enumerate(pictures, 1):
            axes = figure.add_subplot(rows, PICTURES_IN_ROW, number)
            axes.imshow(picture)
            axes.set_title(words, fontsize=6.5, y=-0.25)
            axes.set_axis_off()
        return _saved(figure, title, "Synthetic phantoms, the true opacity outlined", kind, bundle)


def _saved(figure: Figure, title: str, data: str, kind: str, bundle: Bundle) -> bytes:
    figure.suptitle(title, fontsize=11)
    figure.supxlabel(f"{data}\n{bundle.name} ({bundle.hash}). {NOTICE_SHORT}.", fontsize=6.5, wrap=True)
    out = io.BytesIO()
    undated = {"Date" if kind == "svg" else "CreationDate": None}
    figure.savefig(out, format=kind, metadata={"Title": title} | undated)
    return out.getvalue()


def row_shifts(chart: Chart) -> list[float]:
    """How far below the middle of its row each series is drawn, in rows, so that none hides another."""
    middle = (len(chart.series) - 1) / 2
    return [(i - middle) * SHIFT if chart.rows else 0.0 for i in range(len(chart.series))]


def _draw(axes: Axes, series: Series, rows: tuple[str, ...], shift: float) -> None:
    up: list[Any] = [rows.index(str(y)) + shift for y in series.y] if rows else list(series.y)
    dashes: Any = (0, series.dash) if series.dash else "-"
    style: dict[str, Any] = {"color": series.colour, "label": series.name}
    style |= {"linestyle": "none", "marker": MARKERS[series.marker]} if series.marker else {"linestyle": dashes}
    axes.plot(series.x, up, **style)
    if series.low and rows:
        axes.hlines(up, series.low, series.high, colors=series.colour, linewidth=1)
    elif series.low and series.marker:
        axes.vlines(series.x, series.low, series.high, colors=series.colour, linewidth=1)
    elif series.low:
        axes.fill_between(series.x, series.low, series.high, color=series.colour, alpha=0.2, linewidth=0)
    if is_labelled(series, rows):
        for x, y, text in zip(series.x, up, series.texts, strict=True):
            axes.annotate(text, (x, y), (7, -10), textcoords="offset points", fontsize=8, annotation_clip=True)


def is_labelled(series: Series, rows: tuple[str, ...]) -> bool:
    """Whether a series' texts are written beside its dots."""
    return bool(series.texts) and not series.low and not rows


def _frame(axes: Axes, chart: Chart) -> None:
    from matplotlib.ticker import PercentFormatter

    axes.set(xlabel=chart.x_title, ylabel="" if chart.rows else chart.y_title, xlim=chart.x_range)
    if chart.rows:
        axes.set_yticks(range(len(chart.rows)), chart.rows, fontsize=8)
        axes.set_ylim(len(chart.rows) - 0.5, -0.5)
    else:
        axes.set_ylim(*chart.y_range)
    if chart.diagonal:
        axes.plot([0, 1], [0, 1], linestyle=":", color=GREY, linewidth=1)
    if chart.at is not None:
        axes.axvline(chart.at, color=GREY, linestyle="--", linewidth=1)
    for axis, letter in ((axes.xaxis, "x"), (axes.yaxis, "y")):
        if letter in chart.percent:
            axis.set_major_formatter(PercentFormatter(1, decimals=0))
    if chart.bare:
        axes.set_axis_off()
    if len(chart.series) > 1:
        axes.legend(fontsize=8, frameon=False, loc="best")
