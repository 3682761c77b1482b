"""The settings of the recipe Custom: a widget for each, with the tooltip that explains its term."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import streamlit as st

from pages.ui.shared.session import show_value
from pages.ui.train import range_test
from pages.ui.train.data import Images
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
    TrainingConfig,
)

RATES = (1e-6, 3e-6, 1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1)
BATCHES = (4, 8, 16, 32, 64, 128)
TITLES = {
    "imagenet": "ImageNet",
    "adamw": "AdamW",
    "sgd": "SGD",
    "rmsprop": "RMSprop",
    "pooled": "The lungs",
    "gate": "The whole picture",
}
OWN = "Your own"
FINE_TUNE = Phase("fine-tune", 5, 1e-5, unfreeze="all", schedule="cosine")

Change = Callable[[TrainingConfig, Any], TrainingConfig]  # (settings, a widget's value) -> new settings


def settings(bench: Bench, chosen: Images | None) -> None:
    """Draw four groups of settings side by side, two on a narrow screen. chosen: what a range test looks at."""
    network, images, learning, fine = st.columns(4, gap="medium")
    with network:
        _network(bench)
    with images:
        _images(bench)
    with learning:
        st.markdown("**Head: the backbone frozen**")
        _rate(bench, 0)
        range_test.show(bench, chosen)
        _phase(bench, 0)
    with fine:
        _fine_tuning(bench)


def _network(bench: Bench) -> None:
    st.markdown("**Network**")
    _select(bench, "backbone", "Backbone", BACKBONE_NAMES, str, _with_backbone)
    _select(bench, "weights", "Start weights", START_WEIGHTS, change=_with_weights)
    _select(bench, "head", "Head", HEADS, change=_with_head)
    if bench.custom.weights == "bundled" and bench.custom.head == "linear":
        _setting(bench, st.toggle, "keep_head", "Keep the bundled head")
    if bench.custom.head == "linear":
        _select(bench, "lungs", "Answer from", POOLINGS)
    _number(bench, "dropout", "Dropout", 0.0, 0.9, 0.05)
    _select(bench, "optimizer", "Optimizer", OPTIMIZERS)
    _number(bench, "seed", "Seed", 0, 2**31 - 1, 1)
    _number(bench, "pace", "Seconds per epoch, at least", 0.0, 60.0, 0.5)


def _images(bench: Bench) -> None:
    st.markdown("**Images**")
    _policy(bench)
    _setting(bench, st.toggle, "cached_features", "Cached features")
    if bench.custom.cached_features:
        _number(bench, "views", "Augmented views of each", 1, 32, 1)
    _select(bench, "batch", "Batch", BATCHES)
    _setting(bench, st.toggle, "balanced", "Balanced batches")
    _setting(bench, st.toggle, "class_weights", "Class weights")
    _number(bench, "validation_share", "Held back to measure", 0.05, 0.5, 0.01)
    _number(bench, "mixup", "Mixup", 0.0, 1.0, 0.1)
    _number(bench, "label_smoothing", "Label smoothing", 0.0, 0.3, 0.05)


def _fine_tuning(bench: Bench) -> None:
    st.markdown("**Fine-tuning: blocks unfrozen**")
    is_fine = len(bench.custom.phases) > 1
    _widget(bench, st.toggle, "fine", "Unfreeze afterwards", is_fine, _with_fine_tuning, help=TERMS["unfreeze"])
    if is_fine:
        names = {layer: f"{block} and later" for block, layer in UNFREEZE_BLOCKS.get(bench.custom.backbone, {}).items()}
        names["all"] = "The whole backbone"
        _select(bench, "unfreeze", "Learns too", names, lambda layer: names.get(layer, layer), phase=1)
        _rate(bench, 1)
        _phase(bench, 1)


def _rate(bench: Bench, phase: int) -> None:
    rates = sorted({*RATES, bench.custom.phases[phase].learning_rate})
    _select(bench, "learning_rate", "Learning rate", rates, "{:g}".format, phase=phase)


def _phase(bench: Bench, phase: int) -> None:
    """Draw the other settings that every phase has."""
    _number(bench, "epochs", "Epochs", 1, 200, 1, phase)
    _select(bench, "schedule", "Schedule", SCHEDULES, phase=phase)
    _number(bench, "early_stopping", "Early stopping", 0, 50, 1, phase)


def _policy(bench: Bench) -> None:
    """Draw the choice of a preset, or of the policy from the Augmentation page or a settings file."""
    known = next((name for name, policy in PRESETS.items() if policy == bench.custom.augmentation), OWN)
    options = [*PRESETS, *([] if known != OWN and bench.policy is None else [OWN])]
    own = bench.policy

    def change(config: TrainingConfig, name: str) -> TrainingConfig:
        return replace(config, augmentation=PRESETS.get(name) or own or config.augmentation)

    _widget(
        bench, st.selectbox, "augmentation", "Augmentation", known, change, options=options, help=TERMS["augmentation"]
    )


def _title(value: Any) -> str:
    return TITLES.get(value) or str(value).capitalize()


def _select(
    bench: Bench,
    name: str,
    label: str,
    options: Iterable[Any],
    title: Callable[[Any], str] = _title,
    change: Change | None = None,
    phase: int | None = None,
) -> None:
    """Draw a choice among `options` and the present value, which a settings file may set to anything."""
    value, options = _value(bench, name, phase), list(options)
    options += [] if value in options else [value]
    _setting(bench, st.selectbox, name, label, change, phase, options=options, format_func=title)


def _number(
    bench: Bench, name: str, label: str, least: float, most: float, step: float, phase: int | None = None
) -> None:
    _setting(bench, st.number_input, name, label, None, phase, min_value=least, max_value=most, step=step)


def _value(bench: Bench, name: str, phase: int | None) -> Any:
    return getattr(bench.custom if phase is None else bench.custom.phases[phase], name)


def _setting(
    bench: Bench,
    draw: Callable[..., Any],
    name: str,
    label: str,
    change: Change | None = None,
    phase: int | None = None,
    **options: Any,
) -> None:
    """Draw the widget of the setting `name`, of the whole run or of one phase."""

    def plain_change(config: TrainingConfig, value: Any) -> TrainingConfig:
        if phase is None:
            return replace(config, **{name: value})
        phases = [replace(old, **{name: value}) if at == phase else old for at, old in enumerate(config.phases)]
        return replace(config, phases=tuple(phases))

    value = _value(bench, name, phase)
    if "step" in options:
        value = type(options["step"])(value)
    key = name if phase is None else f"{phase}-{name}"
    _widget(bench, draw, key, label, value, change or plain_change, help=TERMS[name], **options)


def _widget(bench: Bench, draw: Callable, name: str, label: str, value: Any, change: Change, **options: Any) -> None:
    """Draw a widget that shows `value`, and change the settings when the visitor changes it."""
    key = f"train-set-{name}"

    def on_change() -> None:
        bench.custom = change(bench.custom, st.session_state[key])

    show_value(key, value)
    draw(label, key=key, on_change=on_change, **options)


def _with_fine_tuning(config: TrainingConfig, is_on: bool) -> TrainingConfig:
    """The settings with or without a second phase, which at first unfreezes only the last block."""
    layers = list(UNFREEZE_BLOCKS.get(config.backbone, {}).values())
    last_block = replace(FINE_TUNE, unfreeze=layers[0] if layers else "all")
    return replace(config, phases=(config.phases[0], *([last_block] if is_on else [])))


def _with_backbone(config: TrainingConfig, name: str) -> TrainingConfig:
    """The settings with another backbone, its own start weights and its own blocks."""
    quick = RECIPES["quick"]
    is_bundled = name == quick.backbone
    config = replace(
        config,
        backbone=name,
        weights="bundled" if is_bundled else "imagenet",
        last_layer=quick.last_layer if is_bundled else None,
        alpha=quick.alpha if is_bundled else None,
        scaling=None,
    )
    return _with_fine_tuning(config, is_on=True) if len(config.phases) > 1 else config


def _with_head(config: TrainingConfig, head: str) -> TrainingConfig:
    """The settings with another head. Only a linear head can answer from the lungs alone."""
    return replace(config, head=head, lungs=config.lungs if head == "linear" else "gate")


def _with_weights(config: TrainingConfig, weights: str | None) -> TrainingConfig:
    quick, config = RECIPES["quick"], replace(config, weights=weights)
    return replace(config, last_layer=quick.last_layer, alpha=quick.alpha) if weights == "bundled" else config
