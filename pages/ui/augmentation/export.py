"""Ways to use a policy elsewhere: as a JSON file, as a Python program, and in a training run."""

from __future__ import annotations

import json

import streamlit as st

from pages.ui.augmentation.state import Studio
from pages.ui.shared import booth, download_button
from pages.ui.shared.session import TRAINING_POLICY
from xray_model import AugmentationPolicy, InvalidConfig

TRAIN_PAGE = "pages/train.py"
IMPORT_KEY = "augmentation-import"
CODE = """from PIL import Image
from xray_model import AugmentationPolicy, Radiograph

policy = AugmentationPolicy({settings})
grey = Radiograph.from_file("chest.png").grey({size})
draws = policy.draw_many(seed={seed}, count={count})
for number, draw in enumerate(draws, 1):
    levels = draw.apply(grey).round().astype("uint8")
    Image.fromarray(levels).save(f"draw-{{number:02}}.png")
"""


def show(studio: Studio, size: int) -> None:
    """Draw the program, the JSON download and upload, and the button to train."""
    with st.expander("Save this policy, or train with it", icon=":material/ios_share:"):
        code, files = st.columns([3, 2], gap="large")
        with code:
            st.markdown("**The same draws in Python**")
            st.code(as_code(studio, size), language="python")
        with files:
            _json(studio)
            _train(studio)


def as_json(policy: AugmentationPolicy) -> str:
    """The policy as JSON, which `AugmentationPolicy.from_json` reads."""
    return json.dumps(policy.to_dict(), indent=2) + "\n"


def as_code(studio: Studio, size: int) -> str:
    """A Python program that makes this page's draws of `chest.png`."""
    plain = AugmentationPolicy().to_dict()
    changed = {name: value for name, value in studio.policy.to_dict().items() if value != plain[name]}
    settings = ", ".join(f"{name}={value!r}" for name, value in changed.items())
    wrapped = settings if len(settings) < 60 else "\n    " + settings.replace(", ", ",\n    ") + ",\n"
    return CODE.format(settings=wrapped, size=size, seed=studio.seed, count=studio.count)


def _json(studio: Studio) -> None:
    st.markdown("**As a file**")
    download_button.show("Policy (JSON)", as_json(studio.policy), "augmentation.json", "augmentation-download")
    if booth.allows_uploads():
        st.file_uploader("Load a policy", ["json"], key=IMPORT_KEY, on_change=_load, args=(studio,))
    if studio.refusal:
        st.error(f"This policy was not loaded. {studio.refusal}", icon=":material/error:")


def _load(studio: Studio) -> None:
    """Take over a loaded policy. As a callback, before the switches are drawn with it."""
    file, studio.refusal = st.session_state[IMPORT_KEY], ""
    if file is None:
        return
    try:
        studio.policy = AugmentationPolicy.from_json(file.getvalue())
    except InvalidConfig as error:
        studio.refusal = str(error)


def _train(studio: Studio) -> None:
    st.markdown("**In training**")
    if st.button("Train with this", key="augmentation-train", icon=":material/model_training:"):
        st.session_state[TRAINING_POLICY] = studio.policy
        st.switch_page(TRAIN_PAGE)
    st.caption("The Train page then uses this policy. There, all settings of a run can be saved for the command line.")
