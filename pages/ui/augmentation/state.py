"""The Augmentation page's state for one visitor: the policy, the draws' seed and their number."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import streamlit as st

from pages.ui.shared import address
from xray_model import PRESETS, AugmentationPolicy

STUDIO = "augmentation"  # st.session_state key of this page's own state
START = "Radiograph-safe"
PRESET = "preset"  # parameter of the address
COUNTS = (4, 8, 12, 20)  # each fills whole rows, together with the original, which is as large as four


@dataclass
class Studio:
    """One visitor's policy and draws. reach: each setting's range when it was last on, restored when it is on again.

    refusal: why the last policy file was not loaded; empty if it was.
    """

    policy: AugmentationPolicy = PRESETS[START]
    seed: int = 1
    count: int = 12
    reach: dict[str, float] = field(default_factory=dict)
    refusal: str = ""

    @property
    def preset(self) -> str | None:
        """Name of the preset that equals the policy; None for a policy of the visitor's own."""
        return next((name for name, policy in PRESETS.items() if policy == self.policy), None)

    def change(self, **settings: Any) -> None:
        """Change settings of the policy, and remember the range of those switched off."""
        before = {name: getattr(self.policy, name) for name in settings}
        self.reach |= {name: value for name, value in before.items() if value and not settings[name]}
        self.policy = replace(self.policy, **settings)


def studio() -> Studio:
    """This visitor's studio, made at the first call with the preset that the address names; then named there."""
    if STUDIO not in st.session_state:
        preset = address.named(PRESET, {slug(name): name for name in PRESETS})
        st.session_state[STUDIO] = Studio(PRESETS[preset or START])
    found: Studio = st.session_state[STUDIO]
    address.tell({PRESET: slug(found.preset) if found.preset not in (None, START) else None})
    return found


def slug(preset: str) -> str:
    """A preset's name, as an address has it."""
    return preset.lower()
