"""A hundred ill and a hundred healthy children, drawn as little figures that say what a threshold makes of them."""

from __future__ import annotations

import base64

import streamlit as st

BLUE, ORANGE = "#3e92c8", "#d98a1f"
STEP, IN_ROW, PEOPLE = 22, 10, 100  # a figure stands in a square of this side
BODY = "M7.5 19V10.5C7.5 8.6 14.5 8.6 14.5 10.5V19Z"
CROSS = "".join(  # dark on white, to be seen on either theme
    f'<path d="M4 4L18 20M18 4L4 20" stroke="{colour}" stroke-width="{width}"/>'
    for colour, width in (("#fff", 3.6), ("#111", 1.8))
)


def show(counts: dict[str, int]) -> None:
    """Draw both hundreds. counts: of `of_hundred`."""
    ill = _hundred(
        "100 with pneumonia", (("found", counts["found"], True, True), ("missed", counts["missed"], False, False))
    )
    healthy = _hundred(
        "100 without",
        (("cleared", counts["cleared"], False, True), ("false alarm", counts["false alarm"], True, False)),
    )
    st.html(
        f'<div class="hundreds">{ill}{healthy}</div><p class="curve-key">'
        f"<span>{_sample(True, True)}called PNEUMONIA</span><span>{_sample(False, True)}called NORMAL</span>"
        f"<span>{_sample(True, False)}crossed out: the call is wrong</span></p>"
    )


def _hundred(title: str, parts: tuple[tuple[str, int, bool, bool], ...]) -> str:
    """One hundred. parts: name, people, whether they are called PNEUMONIA, whether that is right."""
    kinds = [(called, right) for _, count, called, right in parts for _ in range(count)]
    people = "".join(
        f'<g transform="translate({i % IN_ROW * STEP} {i // IN_ROW * STEP})">{_figure(*kind)}</g>'
        for i, kind in enumerate(kinds)
    )
    (good, many, *_), (bad, few, *_) = parts
    side = STEP * IN_ROW
    return (
        f'<figure><figcaption>{title}<b>{many} {good}</b><b class="wrong">{few} {_plural(bad, few)}</b></figcaption>'
        f"{image(people, side, side, f'Of {title}, {many} {good} and {few} {_plural(bad, few)}.')}</figure>"
    )


def _figure(called: bool, right: bool) -> str:
    """A person: solid if called PNEUMONIA, an outline if NORMAL, crossed out if that is wrong."""
    colour = BLUE if right else ORANGE
    look = f'fill="{colour if called else "none"}" stroke="{colour}" stroke-width="1.4"'
    cross = "" if right else CROSS
    return f'<circle cx="11" cy="4.6" r="2.9" {look}/><path d="{BODY}" {look}/>{cross}'


def image(drawn: str, width: int, height: int, alt: str = "") -> str:
    """SVG elements as a picture; Streamlit removes SVG from a page's HTML."""
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">'
    data = base64.b64encode(f"{svg}{drawn}</svg>".encode()).decode("ascii")
    return f'<img src="data:image/svg+xml;base64,{data}" alt="{alt}" width="{width}" height="{height}">'


def _sample(called: bool, right: bool) -> str:
    return image(_figure(called, right), STEP, STEP)


def _plural(word: str, count: int) -> str:
    return f"{word}s" if word == "false alarm" and count != 1 else word
