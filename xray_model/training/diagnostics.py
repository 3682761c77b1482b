"""Warnings that a run's figures give rise to: a collapse to one class, overfitting. Without Keras."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

# Overfitting is said once the validation loss has been over its best for so many epochs, by this factor and this much.
RISING, GAP, FLOOR = 3, 1.1, 0.05
GUESSING = 0.7  # validation AUC: above it a network that calls everything alike still ranks, and is on its way


def collapse_sentence(rows: Sequence[Mapping[str, Any]]) -> str | None:
    """What to say when the network calls every validation image the same; None when it does not, or not yet twice.

    A network that ranks well only has its scores on one side of 0.5: it has not collapsed.
    """
    ends = [(row["val_sensitivity"], row["val_specificity"]) for row in rows[-2:]]
    if any((row.get("val_auc") or 0.5) > GUESSING for row in rows[-2:]):
        return None
    for pair, label in (((1.0, 0.0), "PNEUMONIA"), ((0.0, 1.0), "NORMAL")):
        if len(ends) == 2 and all(end == pair for end in ends):
            return (
                f"The network calls every validation image {label}: it has collapsed to one class. A lower learning "
                "rate, balanced batches or more images usually help."
            )
    return None


def overfitting_sentence(rows: Sequence[Mapping[str, Any]]) -> str | None:
    """What to say when validation gets worse while training gets better; None when it does not, or within the noise."""
    losses = [row["val_loss"] for row in rows]
    best = losses.index(min(losses))
    rises = losses[-1] >= losses[best] * GAP and losses[-1] - losses[best] >= FLOOR
    if len(rows) - 1 - best < RISING or not rises or rows[-1]["loss"] >= rows[best]["loss"]:
        return None
    return (
        f"Overfitting: since epoch {rows[best]['epoch'] + 1} the validation loss has risen while the training loss "
        "falls. The network is learning these images by heart; stopping now keeps the best epoch."
    )
