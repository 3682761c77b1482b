"""The curves of a proof: the probability while ever more of the lungs is hidden, or shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from xray_model import Proof

ORDERS = {"map": "brightest on the map first", "lungs": "anywhere in the lungs", "random": "anywhere in the picture"}
COLOURS = ["#3e92c8", "#d98a1f", "#8a97a3"]
HEIGHT = 190
KEY = '<p class="curve-key">{}</p>'.format(
    "".join(
        f'<span><i style="border-color: {colour}"></i>{words}</span>'
        for words, colour in zip(ORDERS.values(), COLOURS, strict=True)
    )
)


def show(proof: Proof, threshold: float) -> None:
    """Draw both curves side by side, with the threshold dotted."""
    left, right = st.columns(2)
    for column, title, curves in (
        (left, "Hiding ever more", proof.deletion),
        (right, "Showing ever more", proof.insertion),
    ):
        with column:
            st.markdown(f"**{title}**")
            start, end = (float(curves["map"][at]) for at in (0, -1))
            alt = f"{title}, brightest first: the probability goes from {start:.0%} to {end:.0%}"
            st.vega_lite_chart(_chart(proof, curves, threshold), key=f"proof {title}", height=HEIGHT, alt=alt)
    st.html(KEY)
    st.caption(
        "Upwards: the probability. To the right: how much of the lungs is hidden, or shown. Dotted: the threshold."
    )


def _chart(proof: Proof, curves: dict[str, NDArray], threshold: float) -> dict[str, Any]:
    rows = [
        {"x": share, "y": float(value), "order": words}
        for name, words in ORDERS.items()
        for share, value in zip(proof.shares, curves[name], strict=True)
    ]
    axis = {"format": "%", "values": [0, 0.5, 1], "title": None}
    x = {"field": "x", "type": "quantitative", "scale": {"domain": [0, 1]}, "axis": axis | {"grid": False}}
    y = {"field": "y", "type": "quantitative", "scale": {"domain": [0, 1]}, "axis": axis}
    order = {"field": "order", "type": "nominal", "scale": {"domain": list(ORDERS.values()), "range": COLOURS}}
    mark = {"type": "line", "strokeWidth": 2, "clip": True}
    lines = {"mark": mark, "encoding": {"color": order | {"legend": None}}}
    limit = {
        "data": {"values": [{"x": 0, "y": threshold}, {"x": 1, "y": threshold}]},
        "mark": {"type": "line", "strokeDash": [2, 3], "strokeWidth": 1, "color": "#8a97a3"},
    }
    return {"data": {"values": rows}, "encoding": {"x": x, "y": y}, "layer": [limit, lines]}
