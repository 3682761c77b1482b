"""Every setting of a run, one widget each, with the sentence that teaches its term."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from pages.ui.augmentation.state import show_value
from pages.ui.train.state import Bench
from pages.ui.train.terms import TERMS
from xray_model import (
    BACKBONE_NAMES,
    HEADS,
    OPTIMIZERS,
    POOLINGS,
    PRESETS,
    RECIPES,
    SCHEDULES,
    START_WEIGHTS,
    UNFREEZE_BLOCKS,
    Phase,
)

RATES = (1e-6, 3e-6, 1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1)
BATCHES = (4, 8, 16, 32, 64, 128)
TITLES = {
    "bundled": "Bundled",
    "imagenet": "ImageNet",
    None: "None",
    "adamw": "AdamW",
    "sgd": "SGD",
    "rmsprop": "RMSprop",
    "pooled": "The lungs",
    "gate": "The whole picture",
}
OWN = "Your own"
FINE_TUNE = Phase("fine-tune", 5, 1e-5, unfreeze="all", schedule="cosine")


def settings(bench: Bench) -> None:
    """Four groups side by side, two on a narrow screen."""
    network, images, learning, fine = st.columns(4, gap="medium")
    with network:
        _network(bench)
    with images:
        _images(bench)
    with learning:
        st.markdown("**Head: the backbone frozen**")
        _phase(bench, 0)
    with fine:
        _fine_tuning(bench)


def _network(bench: Bench) -> None:
    st.markdown("**Network**")
    _select(bench, "backbone", "Backbone", BACKBONE_NAMES, _set_backbone)
    _select(bench, "weights", "Start weights", START_WEIGHTS, _set_weights)
    _select(bench, "head", "Head", HEADS, _set_head)
    if bench.custom.head == "linear":
        _select(bench, "lungs", "Answer from", POOLINGS)
    _number(bench, "dropout", "Dropout", 0.0, 0.9, 0.05)
    _select(bench, "optimizer", "Optimizer", OPTIMIZERS)
    _number(bench, "seed", "Seed", 0, 2**31 - 1, 1)
    _number(bench, "pace", "Seconds an epoch, at least", 0.0, 60.0, 0.5)


def _images(bench: Bench) -> None:
    st.markdown("**Images**")
    _policy(bench)
    _toggle(bench, "cached_features", "Cached features")
    if bench.custom.cached_features:
        _number(bench, "views", "Augmented views of each", 1, 32, 1)
    _select(bench, "batch", "Batch", _with(BATCHES, bench.custom.batch))
    _toggle(bench, "balanced", "Balanced batches")
    _toggle(bench, "class_weights", "Class weights")
    _number(bench, "validation_share", "Held back to measure", 0.05, 0.5, 0.01)
    _number(bench, "mixup", "Mixup", 0.0, 1.0, 0.1)
    _number(bench, "label_smoothing", "Label smoothing", 0.0, 0.3, 0.05)


def _fine_tuning(bench: Bench) -> None:
    st.markdown("**Fine-tuning: blocks unfrozen**")
    key = "train-set-fine"
    show_value(key, len(bench.custom.phases) > 1)
    st.toggle("Unfreeze afterwards", key=key, on_change=_set_fine, args=(bench,), help=TERMS["unfreeze"])
    if len(bench.custom.phases) > 1:
        _phase(bench, 1)


def _phase(bench: Bench, index: int) -> None:
    """The widgets of one phase."""
    phase = bench.custom.phases[index]
    if index:
        names = {layer: f"{block} and later" for block, layer in UNFREEZE_BLOCKS.get(bench.custom.backbone, {}).items()}
        names = names | {"all": "The whole backbone"}
        _of_phase(
            bench, index, "unfreeze", "Learns too", _with(names, phase.unfreeze), lambda layer: names.get(layer, layer)
        )
    key = f"train-set-{index}-epochs"
    show_value(key, phase.epochs)
    st.number_input(
        "Epochs", 1, 200, key=key, on_change=_set_phase, args=(bench, index, "epochs"), help=TERMS["epochs"]
    )
    rates = sorted(_with(RATES, phase.learning_rate))
    _of_phase(bench, index, "learning_rate", "Learning rate", rates, lambda rate: f"{rate:g}")
    _of_phase(bench, index, "schedule", "Schedule", SCHEDULES, str.capitalize)
    key = f"train-set-{index}-early_stopping"
    show_value(key, phase.early_stopping)
    hint = TERMS["early_stopping"]
    st.number_input(
        "Early stopping", 0, 50, key=key, on_change=_set_phase, args=(bench, index, "early_stopping"), help=hint
    )


def _of_phase(bench: Bench, index: int, name: str, label: str, options: Sequence, words: Callable[[Any], str]) -> None:
    key = f"train-set-{index}-{name}"
    show_value(key, getattr(bench.custom.phases[index], name))
    st.selectbox(
        label,
        list(options),
        format_func=words,
        key=key,
        on_change=_set_phase,
        args=(bench, index, name),
        help=TERMS[name],
    )


def _policy(bench: Bench) -> None:
    """A preset, or the policy that came from the Augmentation page or from a settings file."""
    known = next((name for name, policy in PRESETS.items() if policy == bench.custom.augmentation), OWN)
    own = [] if known != OWN and bench.policy is None else [OWN]
    key = "train-set-augmentation"
    show_value(key, known)
    st.selectbox(
        "Augmentation", [*PRESETS, *own], key=key, on_change=_set_policy, args=(bench,), help=TERMS["augmentation"]
    )


def _select(
    bench: Bench, name: str, label: str, options: Sequence, then: Callable[[Bench], None] | None = None
) -> None:
    key = f"train-set-{name}"
    show_value(key, getattr(bench.custom, name))
    st.selectbox(
        label,
        list(options),
        format_func=lambda value: TITLES.get(value) or (str(value) if name == "backbone" else str(value).capitalize()),
        key=key,
        on_change=then or _set,
        args=(bench,) if then else (bench, name),
        help=TERMS[name],
    )


def _number(bench: Bench, name: str, label: str, least: float, most: float, step: float) -> None:
    key = f"train-set-{name}"
    show_value(key, type(least)(getattr(bench.custom, name)))
    st.number_input(label, least, most, step=step, key=key, on_change=_set, args=(bench, name), help=TERMS[name])


def _toggle(bench: Bench, name: str, label: str) -> None:
    key = f"train-set-{name}"
    show_value(key, getattr(bench.custom, name))
    st.toggle(label, key=key, on_change=_set, args=(bench, name), help=TERMS[name])


def _set(bench: Bench, name: str) -> None:
    bench.custom = replace(bench.custom, **{name: st.session_state[f"train-set-{name}"]})


def _set_phase(bench: Bench, index: int, name: str) -> None:
    phases = list(bench.custom.phases)
    phases[index] = replace(phases[index], **{name: st.session_state[f"train-set-{index}-{name}"]})
    bench.custom = replace(bench.custom, phases=tuple(phases))


def _set_fine(bench: Bench) -> None:
    head = bench.custom.phases[0]
    phases = (head, _last_block(bench)) if st.session_state["train-set-fine"] else (head,)
    bench.custom = replace(bench.custom, phases=phases)


def _last_block(bench: Bench) -> Phase:
    """Fine-tuning as one begins: the last block only."""
    layers = list(UNFREEZE_BLOCKS.get(bench.custom.backbone, {}).values())
    return replace(FINE_TUNE, unfreeze=layers[0] if layers else "all")


def _set_backbone(bench: Bench) -> None:
    """Another backbone: its own start weights and blocks, none of the last one's."""
    name, bundled = st.session_state["train-set-backbone"], RECIPES["quick"]
    is_bundled = name == bundled.backbone
    bench.custom = replace(
        bench.custom,
        backbone=name,
        weights="bundled" if is_bundled else "imagenet",
        last_layer=bundled.last_layer if is_bundled else None,
        alpha=bundled.alpha if is_bundled else None,
        scaling=None,
    )
    if len(bench.custom.phases) > 1:
        bench.custom = replace(bench.custom, phases=(bench.custom.phases[0], _last_block(bench)))


def _set_head(bench: Bench) -> None:
    """The lungs alone can answer through a linear head only."""
    head = st.session_state["train-set-head"]
    bench.custom = replace(bench.custom, head=head, lungs=bench.custom.lungs if head == "linear" else "gate")


def _set_weights(bench: Bench) -> None:
    weights, quick = st.session_state["train-set-weights"], RECIPES["quick"]
    bench.custom = replace(bench.custom, weights=weights)
    if weights == "bundled":
        bench.custom = replace(bench.custom, last_layer=quick.last_layer, alpha=quick.alpha)


def _set_policy(bench: Bench) -> None:
    name = st.session_state["train-set-augmentation"]
    policy = PRESETS.get(name) or bench.policy
    if policy:
        bench.custom = replace(bench.custom, augmentation=policy)


def _with(options: Any, value: Any) -> list[Any]:
    """The options, with the present value among them: a settings file may name any."""
    return [*options, *([] if value in options else [value])]
