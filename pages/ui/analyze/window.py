"""Window and level by hand, for pictures of more than 8 bits. They change the picture, never the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.ui.shared.session import Reading

if TYPE_CHECKING:
    from xray_model import PackedRadiograph

STEPS = 512  # of the sliders: few enough for one press of an arrow key to be visible


def choose(reading: Reading) -> tuple[float, float] | None:
    """Let the visitor choose (level, width); None while both are as the model saw the picture."""
    packed = reading.packed
    if packed is None or packed.levels is None:
        return None
    start = _start(packed)
    level_key, width_key = keys = (f"level-{reading.key}", f"width-{reading.key}")
    with st.expander(f"Window and level ({packed.bit_depth} bits)", icon=":material/contrast:", key="window"):
        left, right, end = st.columns([4, 4, 2], vertical_alignment="bottom")
        highest, step = 2**packed.bit_depth, _step(packed)
        level = left.slider("Level", 0, highest, start[0], step, key=level_key, persist_state="session")
        width = right.slider("Width", step, 2 * highest, start[1], step, key=width_key, persist_state="session")
        end.button("Reset", key="window-reset", on_click=_reset, args=(keys, start), width="stretch")
        st.caption("This changes only the pictures, not the probability or the evidence.")
    return None if (level, width) == start else (float(level), float(width))


def sentence(window: tuple[float, float] | None) -> str:
    """The viewer's note about a window set by hand; empty without one."""
    if window is None:
        return ""
    level, width = window
    return f"Your window: level {level:,.0f}, width {width:,.0f}. Only the picture changes, not the answer."


def _reset(keys: tuple[str, str], start: tuple[int, int]) -> None:
    for key, value in zip(keys, start, strict=True):
        st.session_state[key] = value


def _step(packed: PackedRadiograph) -> int:
    return max(1, 2**packed.bit_depth // STEPS)


def _start(packed: PackedRadiograph) -> tuple[int, int]:
    """The file's own (level, width), rounded to the sliders' steps."""
    step = _step(packed)
    return round(packed.center / step) * step, max(1, round(packed.width / step)) * step
