"""What the Augmentation page keeps for one visitor: the policy, the draws' seed and number. Nothing is shared."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import streamlit as st

from xray_model import PRESETS, AugmentationPolicy

STUDIO = "augmentation"  # st.session_state key of this page's own state
# st.session_state key under which "Train with this" leaves an `AugmentationPolicy` for the Train page; absent before.
TRAINING_POLICY = "training-augmentation"
START = "Radiograph-safe"
COUNTS = (4, 8, 12, 20)  # with the original, which is four pictures large, each fills whole rows


@dataclass
class Studio:
    """policy: what the switches say. reach: each setting's last range, to come back to when it is switched on again.

    refusal: why the last policy file was not loaded; empty when it was.
    """

    policy: AugmentationPolicy = PRESETS[START]
    seed: int = 1
    count: int = 12
    reach: dict[str, float] = field(default_factory=dict)
    refusal: str = ""

    @property
    def preset(self) -> str | None:
        """The preset that the policy is equal to; None for a policy of the visitor's own."""
        return next((name for name, policy in PRESETS.items() if policy == self.policy), None)

    def change(self, **settings: Any) -> None:
        """Set some of the policy's settings, and remember those that are switched off."""
        before = {name: getattr(self.policy, name) for name in settings}
        self.reach |= {name: value for name, value in before.items() if value and not settings[name]}
        self.policy = replace(self.policy, **settings)


def studio() -> Studio:
    """This visitor's studio; a new one at the first call."""
    return st.session_state.setdefault(STUDIO, Studio())


def show_value(key: str, value: Any) -> None:
    """Let the widget with this key show `value`, which is the truth; a widget that shows it already is left alone."""
    if key not in st.session_state or st.session_state[key] != value:
        st.session_state[key] = value
