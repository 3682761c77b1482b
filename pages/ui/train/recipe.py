"""The settings of a run: recipe, policy from the Augmentation page, and all of them as a file and as a script."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from pages.ui.augmentation import wording
from pages.ui.train import changes, custom, settings_file
from pages.ui.train.data import Images
from pages.ui.train.state import ARTICLE, CUSTOM, QUICK, Bench
from xray_model import PRESETS, AugmentationPolicy, keras_script

RECIPE_KEY = "train-recipe"
OVER_HELP = "Back to the default run's settings for these images."
SENTENCES = {
    QUICK: "First the head learns, then the last blocks too; what lies below stands still and is computed once. Takes "
    "about a minute.",
    ARTICLE: "The published method to the letter: VGG16 from ImageNet, the article's head, augmentation and callbacks, "
    "then the last block unfrozen. Takes hours on an ordinary computer; meant for comparison.",
    CUSTOM: "You choose every setting, beginning with those of the default run, which work. Point at a name to see "
    "what it means.",
}

START = {
    "imagenet": "It starts from **ImageNet**: a network that knows photographs and has never seen a radiograph.",
    "bundled": "It starts from the **bundled model**, which knows one hospital. Watch what it learns from these "
    "images, and what it then still knows of the old ones.",
}


def choose(bench: Bench) -> None:
    """Let the visitor choose the recipe, and show its augmentation."""
    if RECIPE_KEY not in st.session_state or st.session_state[RECIPE_KEY] != bench.recipe:
        st.session_state[RECIPE_KEY] = bench.recipe
    st.segmented_control("Recipe", list(SENTENCES), required=True, key=RECIPE_KEY, on_change=_set_recipe, args=(bench,))
    st.caption(SENTENCES[bench.recipe])
    if bench.recipe == QUICK:
        st.caption(START[bench.config.weights or ""])
    _say_policy(bench)


def details(bench: Bench, images: Images | None) -> None:
    """Draw the settings of Custom, then the script and the file, over the whole width."""
    if bench.recipe == CUSTOM:
        with st.container(horizontal=True, vertical_alignment="center", key="train-changed"):
            st.markdown(changes.changed_line(bench.usual, bench.custom), width="stretch")
            st.button("Start over", key="train-usual", on_click=_use_usual, args=(bench,), help=OVER_HELP)
        custom.settings(bench, images)
    with st.expander("These settings as a Keras script, and as a file", icon=":material/code:"):
        script, files = st.columns([3, 2], gap="large")
        with script:
            st.code(keras_script(bench.config), language="python", height=380)
        with files:
            settings_file.files(bench, images.choice if images else None)


def _say_policy(bench: Bench) -> None:
    """Name the augmentation, with a button to drop one that came from the Augmentation page."""
    if bench.policy is None or bench.recipe == CUSTOM:
        st.caption(f"Augmentation: {_policy_name(bench.config.augmentation)}.")
        return
    with st.container(border=True, key="train-policy"):
        st.markdown(f":material/shuffle: **From the Augmentation page:** {_policy_name(bench.policy)}.")
        doubts = wording.policy_doubts(bench.policy)
        if doubts:
            st.caption(" ".join(doubts))
        st.button("Use the recipe's augmentation instead", key="train-policy-off", on_click=_drop_policy, args=(bench,))


def _policy_name(policy: AugmentationPolicy) -> str:
    """A preset's name, or the names of the settings that are on."""
    preset = next((name for name, known in PRESETS.items() if known == policy), None)
    if preset:
        return "none" if policy.is_off else f"the preset {preset}"
    plain = AugmentationPolicy().to_dict()
    on = [name.replace("_", " ") for name, value in policy.to_dict().items() if value != plain[name]]
    return ", ".join(on)


def _set_recipe(bench: Bench) -> None:
    chosen = st.session_state[RECIPE_KEY]
    if chosen == CUSTOM:
        _use_usual(bench)
    bench.recipe = chosen


def _use_usual(bench: Bench) -> None:
    """Begin with what works; a policy from the Augmentation page stays."""
    bench.custom = replace(bench.usual, augmentation=bench.policy or bench.usual.augmentation)


def _drop_policy(bench: Bench) -> None:
    bench.policy = None
