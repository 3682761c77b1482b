"""Measuring a bundle, including its gate, on labelled radiographs; its figures as a table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xray_model.bundles.bundle import Bundle
from xray_model.datasets.manifest import LabelledFile
from xray_model.errors import InvalidDataset
from xray_model.evaluation.metrics import evaluate_probabilities
from xray_model.evaluation.prevalence import check_prevalence
from xray_model.explanation.heatmap import Heatmap
from xray_model.inference.analyze import Analysis
from xray_model.inference.batch import OK, REFUSED, UNREADABLE, NoAnswer, analyze_files
from xray_model.labels import PNEUMONIA


@dataclass(frozen=True)
class Outcome:
    """What is measured of one file's answer. status: `OK`, `UNREADABLE` or `REFUSED`; without an answer, nothing else.

    probability: of PNEUMONIA, in [0, 1]. is_unlike: whether the gate found it unlike the population. inside: share of
    the drawn heatmap that lies inside the lungs, in [0, 1]; None unless it is called PNEUMONIA, has lungs and a map.
    """

    status: str
    probability: float = 0.0
    is_unlike: bool = False
    inside: float | None = None

    @classmethod
    def of(cls, answer: Analysis | NoAnswer) -> Outcome:
        """Keep what is measured: the pictures and maps of many answers would fill the memory."""
        if isinstance(answer, NoAnswer):
            return cls(answer.status)
        admission, inside = answer.admission, None
        if admission and answer.prediction.label == PNEUMONIA and not answer.heatmap.is_empty:
            inside = _inside(answer.heatmap, admission.lungs.field)
        return cls(OK, answer.prediction.probability, bool(admission and admission.outside), inside)


def evaluate_bundle(bundle: Bundle, files: Sequence[LabelledFile], prevalence: float | None = None) -> dict[str, Any]:
    """Answer the files and measure the answers, as `evaluate_outcomes` does; raises `InvalidDataset`."""
    answers = analyze_files([Path(file.path) for file in files], bundle)
    return evaluate_outcomes(bundle, files, [Outcome.of(answer) for _, answer in answers], prevalence)


def evaluate_outcomes(
    bundle: Bundle,
    files: Sequence[LabelledFile],
    outcomes: Sequence[Outcome],
    prevalence: float | None = None,
) -> dict[str, Any]:
    """All figures of `evaluate_probabilities` on the answered images, with the bundle's name and hash.

    outcomes: one for each file. prevalence: of pneumonia where ECE, Brier score and predictive values are to hold; None
    for the images' own share.

    Also: how many images are unreadable, refused and flagged as unlike the population, and the median share of the
    evidence for PNEUMONIA that lies inside the lungs, among images called PNEUMONIA. Raises `InvalidDataset`.
    """
    read = [(file, outcome) for file, outcome in zip(files, outcomes, strict=True) if outcome.status == OK]
    if len({file.label for file, _ in read}) < 2:
        raise InvalidDataset("No image of one label could be answered, so nothing can be measured.")
    default = bundle.card.default_operating_point
    figures = evaluate_probabilities(
        [outcome.probability for _, outcome in read],
        [file.label == PNEUMONIA for file, _ in read],
        [file.patient for file, _ in read],
        bundle.card.operating_points,
        default,
        bundle.card.not_sure,
        None if prevalence is None else check_prevalence(prevalence),
        bundle.card.prevalence,
    )
    statuses = Counter(outcome.status for outcome in outcomes)
    inside = [outcome.inside for _, outcome in read if outcome.inside is not None]
    counts = {
        "images": len(files),
        "unreadable": statuses[UNREADABLE],
        "refused": statuses[REFUSED],
        "flagged": sum(outcome.is_unlike for _, outcome in read),
        "evidence_in_lungs": float(np.median(inside)) if inside else None,
    }
    return {"bundle": bundle.name, "hash": bundle.hash, "default_operating_point": default, **counts, **figures}


def _inside(heatmap: Heatmap, field: NDArray[np.bool_]) -> float:
    """Share of a heatmap, as drawn, that lies inside a field of the picture."""
    drawn = heatmap.resized(*field.shape)
    return float(drawn[field].sum() / drawn.sum())


def figures_table(figures: dict[str, Any]) -> str:
    """The figures as lines of text; in brackets, 95 % intervals."""
    default = figures["default_operating_point"]
    lines = [
        f"{figures['bundle']} ({figures['hash']}) on {figures['n']} images of {figures['patients']} patients: "
        f"{figures['normal']} NORMAL, {figures['pneumonia']} PNEUMONIA",
        f"of {figures['images']} images {figures['refused']} refused, {figures['unreadable']} unreadable, "
        f"{figures['flagged']} flagged as unlike the population",
        "",
        f"ECE, Brier score, PPV and NPV where {figures['prevalence']:.1%} have pneumonia",
        *(_line(name.upper(), figures[name]) for name in ("auc", "ece", "brier")),
        _line(f"accuracy, {default}", figures["accuracy"]),
    ]
    for name, point in figures["operating_points"].items():
        lines += [_line(f"{kind}, {name}", point[kind]) for kind in ("sensitivity", "specificity")]
        lines += [_line(f"{kind.upper()}, {name}", point[kind]) for kind in ("ppv", "npv")]
    cells = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in figures["confusion"].items())
    lines += [f"confusion, {default}: {cells}", ""]
    lines += [_line(f"accuracy on {step['coverage']:.0%}", step["accuracy"]) for step in figures["risk_coverage"]]
    if "not_sure" in figures:
        lines += [_line("not sure", figures["not_sure"]["share"])]
        lines += [_line("accuracy of the others", figures["not_sure"]["accuracy_of_the_others"])]
    if figures["evidence_in_lungs"] is not None:
        lines += [f"{'evidence in the lungs':<26}{figures['evidence_in_lungs']:.3f}  (median, called PNEUMONIA)"]
    return "\n".join(lines)


def _line(name: str, figure: dict[str, Any]) -> str:
    low, high = figure["interval"]
    return f"{name:<26}{figure['value']:.3f}  ({low:.3f}-{high:.3f})"
