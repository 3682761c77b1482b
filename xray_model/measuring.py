"""A bundle measured on labelled radiographs, and the result as a table for people."""

from __future__ import annotations

from typing import Any

import numpy as np

from xray_model.bundle import Bundle
from xray_model.datasets import LabelledImages
from xray_model.evaluation import evaluate_probabilities

CHUNK = 64  # images turned to floating point at a time


def evaluate_bundle(bundle: Bundle, images: LabelledImages) -> dict[str, Any]:
    """All figures of `evaluate_probabilities` through the exported network, with the bundle's name and hash."""
    logits = [
        bundle.runtime.forward(images.grey[start : start + CHUNK].astype(np.float32)).logit
        for start in range(0, len(images), CHUNK)
    ]
    probabilities = bundle.card.calibration.probability(np.concatenate(logits))
    default = bundle.card.default_operating_point
    figures = evaluate_probabilities(probabilities, images.labels, images.groups, bundle.card.operating_points, default)
    return {"bundle": bundle.name, "hash": bundle.hash, "default_operating_point": default, **figures}


def figures_table(figures: dict[str, Any]) -> str:
    """The figures as lines of text; brackets are 95 % intervals."""
    lines = [
        f"{figures['bundle']} ({figures['hash']}) on {figures['n']} images of {figures['patients']} patients: "
        f"{figures['normal']} NORMAL, {figures['pneumonia']} PNEUMONIA",
        "",
        *(_line(name.upper(), figures[name]) for name in ("auc", "ece", "brier")),
        _line(f"accuracy, {figures['default_operating_point']}", figures["accuracy"]),
    ]
    for name, point in figures["operating_points"].items():
        lines += [_line(f"{kind}, {name}", point[kind]) for kind in ("sensitivity", "specificity")]
    cells = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in figures["confusion"].items())
    return "\n".join([*lines, f"confusion, {figures['default_operating_point']}: {cells}"])


def _line(name: str, figure: dict[str, Any]) -> str:
    low, high = figure["interval"]
    return f"{name:<26}{figure['value']:.3f}  ({low:.3f}-{high:.3f})"
