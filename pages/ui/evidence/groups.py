"""Groups of films side by side, and phantoms that the model gets wrong."""

from __future__ import annotations

import html
from functools import partial

import cv2
import numpy as np
import streamlit as st
from numpy.typing import NDArray

import xray_model
from pages.ui.evidence import figure
from pages.ui.shared import component, download_button, wording
from pages.ui.shared.wording import NBSP
from xray_model import LABELS, PNEUMONIA, AnsweredFilms, Bundle, PhantomFailure

SIZE = 320  # pixels of a phantom's picture
OUTLINE = (217, 138, 31)  # of the true opacity
SHOWN = 12


def show(bundle: Bundle, films: AnsweredFilms) -> None:
    """Draw the part."""
    _groups(bundle, films)
    st.divider()
    _failures(bundle)


def _groups(bundle: Bundle, films: AnsweredFilms) -> None:
    card = bundle.card
    st.subheader("Who is served worst", anchor="groups")
    if "groups" not in card.evaluation[films.name]:
        st.caption("The card has no figures by group for these films.")
        return
    point = st.segmented_control(
        "Operating point", [point.name for point in card.operating_points], default=card.default_operating_point,
        required=True, format_func=wording.point_title, key="groups-point",
    )  # fmt: skip
    point = point or card.default_operating_point
    records = card.evaluation[films.name]["groups"]
    worst = [_said(xray_model.worst_cell(records, point, label), point) for label in reversed(LABELS)]
    st.markdown(f"**Worst of the ill:** {worst[0]}  \n**Worst of the healthy:** {worst[1]}")
    alt = f"Worst of the ill: {worst[0]} Of the healthy: {worst[1]}"
    figure.show(xray_model.groups_chart(card, films, point), bundle, alt)
    st.caption(
        f"Of the ill: found; of the healthy: cleared. Bars: 95{NBSP}% intervals. Simulated changes: exposure, "
        "contrast, framing, detail. Age and sex are not in the data set."
    )


def _said(record: dict, point: str) -> str:
    found = record["right"][point]
    low, high = found["interval"]
    return (
        f"{wording.percent(found['value'], 1)} ({wording.interval(low, high, decimals=1)}) of {record['n']:,}, "
        f"{record['group'].partition(', ')[2]}, {record['condition']}."
    )


def _failures(bundle: Bundle) -> None:
    st.subheader("Where it is wrong", anchor="failures")
    failures = xray_model.read_failures(bundle.folder)
    if not failures:
        st.caption("No failures are kept for this bundle.")
        return
    point = wording.point_title(bundle.card.default_operating_point).lower()
    st.markdown(
        f"Of {xray_model.SEEDS_TRIED:,} synthetic phantoms, {len(failures)} are called wrong at the {point} "
        "operating point. The true opacity is outlined; the model never saw the outline."
    )
    tiles = "".join(_tile(failure) for failure in failures[:SHOWN])
    st.html(f'<div class="film-strip" data-testid="failures">{tiles}</div>')
    table = (bundle.folder / xray_model.FAILURES_FILE).read_text
    with st.container(horizontal=True, key="take-failures"):
        for kind in xray_model.DRAWINGS:
            make = partial(_sheet, failures[:SHOWN], kind, bundle)
            download_button.show(kind.upper(), make, f"{bundle.name}-failures.{kind}", f"take-failures-{kind}")
        rows = partial(table, encoding="utf-8")
        download_button.show("CSV", rows, f"{bundle.name}-failures.csv", "take-failures-csv")


def _sheet(failures: list[PhantomFailure], kind: str, bundle: Bundle) -> bytes:
    pictures = [(outlined(one.seed), "\n".join([*_told(one), f"seed {one.seed}"])) for one in failures]
    return xray_model.pictures_drawing("Phantoms that the model calls wrong", pictures, kind, bundle)


def _told(failure: PhantomFailure) -> tuple[str, str]:
    """The truth about a phantom, and the answer to it."""
    truth = "no opacity" if failure.label != PNEUMONIA else f"{failure.finding} opacity"
    answer = "refused" if failure.refused else f"called {failure.called}, {wording.percent(failure.probability)}"
    return f"Truth: {truth}", answer


def _tile(failure: PhantomFailure) -> str:
    truth, answer = _told(failure)
    alt = html.escape(f"Phantom {failure.seed}. {truth}, {answer}")
    source = component.data_uri(outlined(failure.seed), "jpeg", (cv2.IMWRITE_JPEG_QUALITY, 85))
    words = f"<b>{truth}</b>{answer}<br>seed {failure.seed}"
    return f'<figure><img src="{source}" alt="{alt}"><figcaption>{words}</figcaption></figure>'


@st.cache_resource(show_spinner=False, max_entries=64)
def outlined(seed: int) -> NDArray[np.uint8]:
    """The phantom, RGB (SIZE, SIZE, 3), with the edge of its true opacity drawn on it."""
    phantom = xray_model.draw_phantom(seed, size=SIZE)
    picture = cv2.cvtColor(phantom.pixels, cv2.COLOR_GRAY2RGB)
    edges, _ = cv2.findContours(phantom.opacity_mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return np.asarray(cv2.drawContours(picture, edges, -1, OUTLINE, 2), np.uint8)
