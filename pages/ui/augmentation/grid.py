"""The grid: the radiograph, its draws, and the model's opinion of each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pages.ui.analyze import results
from pages.ui.augmentation import opinion, sheet, wording
from pages.ui.augmentation.opinion import Opinions
from pages.ui.augmentation.state import COUNTS, Studio
from pages.ui.augmentation.transform_table import TRANSFORMS
from pages.ui.shared import address
from pages.ui.shared.session import show_value
from pages.ui.shared.wording import percent
from xray_model import LABELS, AugmentationDraw, Bundle

SEED_KEY, COUNT_KEY = "augmentation-seed", "augmentation-count"
STRIP_KEY, PARAMETER = "augmentation-strip", "transform"  # of the widget, of the address
TARGETS = tuple(reversed(LABELS))
LARGEST_SEED = 2**31 - 1


def tools(studio: Studio) -> tuple[bool, str | None]:
    """Draw the tools above the grid; returns (whether to ask the model, label whose heatmap to draw or None)."""
    show_value(COUNT_KEY, studio.count)
    show_value(SEED_KEY, studio.seed)
    with st.container(horizontal=True, vertical_alignment="bottom", key="augmentation-tools"):
        st.selectbox("Draws", COUNTS, key=COUNT_KEY, on_change=_keep, args=(studio,), width=84)
        st.number_input("Seed", 0, LARGEST_SEED, key=SEED_KEY, on_change=_keep, args=(studio,), width=130)
        st.button("Redraw", key="augmentation-redraw", on_click=_redraw, args=(studio,), icon=":material/casino:")
        is_asked = st.toggle("Model's opinion", True, key="augmentation-opinion", persist_state="session")
        target = st.selectbox(
            "Heatmap",
            [None, *TARGETS],
            format_func=lambda label: label or "None",
            key="augmentation-heatmap",
            width=150,
            disabled=not is_asked,
            persist_state="session",
        )
    return is_asked, target if is_asked else None


def show(studio: Studio, grey: NDArray[np.float32], bundle: Bundle, is_asked: bool, target: str | None) -> None:
    """Make the draws, ask the model if wanted, and lay them out as a sheet."""
    draws = studio.policy.draw_many(studio.seed, studio.count)
    pictures = render(grey, draws)
    opinions = opinion.ask(bundle, pictures, results.setting(bundle.card)) if is_asked else None
    titles = ["Original", *(f"Draw {number}" for number in range(1, len(draws) + 1))]
    tiles = _tiles(pictures, titles, [AugmentationDraw(), *draws], opinions, target)
    summary = _summary(opinions) if opinions else ""
    sheet.show("augmentation-grid", tiles, "grid", _threshold(opinions), summary)


@st.fragment
def strip(grey: NDArray[np.float32], bundle: Bundle) -> None:
    """Show one transform from its minimum to its maximum, with all others off."""
    st.subheader("One transform, from end to end", anchor=False)
    address.take(STRIP_KEY, {transform.key: transform for transform in TRANSFORMS}, PARAMETER)
    transform = st.selectbox(
        "Transform",
        TRANSFORMS,
        format_func=lambda transform: transform.title,
        key=STRIP_KEY,
        width=280,
        persist_state="session",
    )
    st.caption(transform.sentence)
    draws = transform.walk()
    pictures = render(grey, draws)[1:]
    setting = results.setting(bundle.card)
    address.tell({PARAMETER: None if transform == TRANSFORMS[0] else transform.key} | results.told(setting))
    opinions = opinion.ask(bundle, pictures, setting)
    titles = [", ".join(wording.words(draw)).capitalize() or "Unchanged" for draw in draws]
    tiles = _tiles(pictures, titles, [AugmentationDraw()] * len(draws), opinions, None)
    for tile, label in zip(tiles, opinions.labels, strict=True):
        tile |= {"turned": "", "words": [label]}  # no original among them to compare with
    sheet.show("augmentation-walk", tiles, "strip", _threshold(opinions))


def render(grey: NDArray[np.float32], draws: Sequence[AugmentationDraw]) -> NDArray[np.float32]:
    """The original and its draws, float32 (1 + n, size, size), exactly as the network gets them in training."""
    return np.stack([grey, *(draw.apply(grey) for draw in draws)])


def _tiles(
    pictures: NDArray[np.float32],
    titles: Sequence[str],
    draws: Sequence[AugmentationDraw],
    opinions: Opinions | None,
    target: str | None,
) -> list[dict[str, Any]]:
    """The sheet's data for each picture."""
    tiles = []
    for index, (picture, title, draw) in enumerate(zip(pictures, titles, draws, strict=True)):
        tile = {
            "src": sheet.encode(picture),
            "title": title,
            "words": wording.words(draw),
            "doubt": wording.draw_doubt(draw),
        }
        tiles.append(tile | (_said(opinions, index, target) if opinions else {}))
    return tiles


def _said(opinions: Opinions, index: int, target: str | None) -> dict[str, Any]:
    percents = [percent(float(opinions.probabilities[i])) for i in (0, index)]
    label = opinions.labels[index]
    first = f" The original: {percents[0]}, {opinions.labels[0]}." if index else ""
    return {
        "probability": float(opinions.probabilities[index]),
        "percent": percents[1],
        "turned": f"now {label}" if opinions.turned(index) else "",
        "opinion": f"Probability of pneumonia {percents[1]}, decision {label}.{first}",
        "evidence": opinions.map_picture(index, target) if target else None,
    }


def _summary(opinions: Opinions) -> str:
    first, *draws = opinions.probabilities.tolist()
    return wording.spread_sentence(first, draws, opinions.turns, opinions.setting)


def _threshold(opinions: Opinions | None) -> float:
    return opinions.setting.threshold if opinions else 0.5


def _keep(studio: Studio) -> None:
    studio.count, studio.seed = st.session_state[COUNT_KEY], int(st.session_state[SEED_KEY])


def _redraw(studio: Studio) -> None:
    studio.seed = (studio.seed + 1) % (LARGEST_SEED + 1)
