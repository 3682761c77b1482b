"""The presets, and a switch for each transform, with its explanation and its sliders while it is on."""

from __future__ import annotations

import streamlit as st

from pages.ui.augmentation import wording
from pages.ui.augmentation.state import Studio
from pages.ui.augmentation.transform_table import GROUPS, TRANSFORMS, Setting, Transform
from pages.ui.shared.session import show_value
from xray_model import PRESETS

PRESET_KEY, FILL_KEY = "augmentation-preset", "augmentation-fill"
FILLS = {"nearest": "Edge pixels repeated", "black": "Black"}
PRESET_SENTENCES = {
    "Article": "The article's settings: rotation 20°, shifts 0.1, zoom 0.2, shear 0.2, flip, edges repeated.",
    "Radiograph-safe": "The bundled model was trained with this: no flip, small moves, varied exposure and sharpness.",
    "None": "Every draw is the unchanged radiograph.",
}
OWN = "Your own settings. Choose a preset to replace them."


def choose_preset(studio: Studio) -> None:
    """Draw the presets, none of them chosen for a policy of the visitor's own, and warn of doubtful settings."""
    show_value(PRESET_KEY, studio.preset)
    with st.container(horizontal=True, vertical_alignment="bottom", key="augmentation-presets"):
        st.segmented_control("Preset", list(PRESETS), key=PRESET_KEY, on_change=_load_preset, args=(studio,))
        st.caption(PRESET_SENTENCES.get(studio.preset or "", OWN))
    doubts = wording.policy_doubts(studio.policy)
    if doubts:
        st.warning(f"**Doubtful on a radiograph.** {' '.join(doubts)}", icon=":material/warning:")


def switches(studio: Studio) -> None:
    """Draw the groups. The first is open, except on a telephone, where it would push the pictures far down."""
    is_telephone = "Mobi" in st.context.headers.get("User-Agent", "")
    for group in GROUPS:
        members = [transform for transform in TRANSFORMS if transform.group == group]
        on = [transform.title for transform in members if is_on(studio, transform)]
        with st.expander(f"{group} · {len(on)} on", expanded=group == GROUPS[0] and not is_telephone):
            for transform in members:
                _switch(studio, transform)
            if group == GROUPS[0]:
                _choose_fill(studio)


def is_on(studio: Studio, transform: Transform) -> bool:
    """Whether any of the transform's settings is on."""
    return any(getattr(studio.policy, name) for name in _names(transform))


def _names(transform: Transform) -> list[str]:
    return [setting.name for setting in transform.settings] or ["horizontal_flip"]


def _switch(studio: Studio, transform: Transform) -> None:
    key = f"augmentation-on-{transform.key}"
    on = is_on(studio, transform)
    show_value(key, on)
    hint = None if on else transform.sentence
    with st.container(gap="xsmall"):
        st.toggle(transform.title, key=key, on_change=_turn, args=(studio, transform), help=hint)
        if on:
            st.caption(transform.sentence)
            for setting in transform.settings:
                _slider(studio, setting, is_alone=len(transform.settings) == 1)


def _slider(studio: Studio, setting: Setting, is_alone: bool) -> None:
    key, unit = f"augmentation-range-{setting.name}", setting.unit
    shown = unit.shown(getattr(studio.policy, setting.name))
    least = unit.shown(0.0)
    show_value(key, float(shown))
    st.slider(
        setting.label,
        float(least),
        float(max(unit.shown(setting.top), shown)),  # a loaded policy may exceed the slider
        step=float(unit.step),
        format=unit.format,
        key=key,
        on_change=_move,
        args=(studio, setting),
        label_visibility="collapsed" if is_alone else "visible",  # the switch above has the name already
    )


def _choose_fill(studio: Studio) -> None:
    show_value(FILL_KEY, studio.policy.fill)
    st.selectbox(
        "Outside the film",
        list(FILLS),
        format_func=FILLS.__getitem__,
        key=FILL_KEY,
        on_change=lambda: studio.change(fill=st.session_state[FILL_KEY]),
    )


def _load_preset(studio: Studio) -> None:
    name = st.session_state[PRESET_KEY]
    if name:
        studio.policy = PRESETS[name]


def _turn(studio: Studio, transform: Transform) -> None:
    on = st.session_state[f"augmentation-on-{transform.key}"]
    if not transform.settings:
        studio.change(horizontal_flip=on)
        return
    reach = {setting.name: studio.reach.get(setting.name, setting.start) for setting in transform.settings}
    studio.change(**(reach if on else dict.fromkeys(reach, 0.0)))


def _move(studio: Studio, setting: Setting) -> None:
    studio.change(**{setting.name: setting.unit.stored(st.session_state[f"augmentation-range-{setting.name}"])})
