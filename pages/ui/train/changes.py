"""What a visitor changed in Custom, in one line: each setting that differs from the default run's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from xray_model import PRESETS, AugmentationPolicy, TrainingConfig

SHOWN = 6  # changes that are named; more are counted
NAMES = {"lungs": "answer from", "pace": "seconds per epoch", "views": "augmented views"}


def changed_line(usual: TrainingConfig, own: TrainingConfig) -> str:
    """The line; says so where nothing differs."""
    found = list(changes(usual, own))
    if not found:
        return "What you changed: nothing yet. This is the default run."
    more = f"; and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    return f"What you changed: {'; '.join(found[:SHOWN])}{more}."


def changes(usual: TrainingConfig, own: TrainingConfig) -> Iterator[str]:
    """A phrase for each setting that differs, such as "batch 16 instead of 32"."""
    yield from _differing(usual, own, "")
    for index, phase in enumerate(own.phases):
        if index < len(usual.phases):
            yield from _differing(usual.phases[index], phase, f"{phase.name}: ")
        else:
            yield f"{phase.name} added"
    yield from (f"no {phase.name}" for phase in usual.phases[len(own.phases) :])


def _differing(usual: Any, own: Any, where: str) -> Iterator[str]:
    for field in fields(own):
        before, after = getattr(usual, field.name), getattr(own, field.name)
        if before != after and field.name not in ("phases", "name"):
            name = NAMES.get(field.name, field.name.replace("_", " "))
            yield f"{where}{name} {_word(after)} instead of {_word(before)}"


def _word(value: Any) -> str:
    if isinstance(value, AugmentationPolicy):
        return next((name for name, policy in PRESETS.items() if policy == value), "of your own")
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, float):
        return f"{value:g}"
    return "none" if value is None else str(value).replace("_", r"\_")
