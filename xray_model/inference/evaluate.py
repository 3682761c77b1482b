"""Measuring a bundle, including its gate, on labelled radiographs; its figures as a table."""

from __future__ import annotations

from collections.abc import Sequence
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
from xray_model.inference.batch import UNREADABLE, NoAnswer, analyze_files
from xray_model.labels import PNEUMONIA


def evaluate_bundle(bundle: Bundle, files: Sequence[LabelledFile], prevalence: float | None = None) -> dict[str, Any]:
    """Answer the files and measure the answers, as `evaluate_answers` does; raises `InvalidDataset`."""
    answers = [answer for _, answer in analyze_files([file.path for file in files], bundle)]
    return evaluate_answers(bundle, files, answers, prevalence)


def evaluate_answers(
    bundle: Bundle,
    files: Sequence[LabelledFile],
    answers: Sequence[Analysis | NoAnswer],
    prevalence: float | None = None,
) -> dict[str, Any]:
    """All figures of `evaluate_probabilities` on the answered images, with the bundle's name and hash.

    answers: one for each file. prevalence: of pneumonia where ECE, Brier score and predictive values are to hold; None
    for the images' own share.

    Also: how many images are unreadable, refused and flagged as unlike the population, and the median share of the
    evidence for PNEUMONIA that lies inside the lungs, among images called PNEUMONIA. Raises `InvalidDataset`.
    """
    read = [(file, answer) for file, answer in zip(files, answers, strict=True) if not isinstance(answer, NoAnswer)]
    if len({file.label for file, _ in read}) < 2:
        raise InvalidDataset("No image of one label could be answered, so nothing can be measured.")
    silent = [answer.status for answer in answers if isinstance(answer, NoAnswer)]
    unlike = [answer for _, answer in read if answer.admission and answer.admission.outside]
    default = bundle.card.default_operating_point
    figures = evaluate_probabilities(
        [answer.prediction.probability for _, answer in read],
        [file.label == PNEUMONIA for file, _ in read],
        [file.patient for file, _ in read],
        bundle.card.operating_points,
        default,
        bundle.card.not_sure,
        None if prevalence is None else check_prevalence(prevalence),
        bundle.card.prevalence,
    )
    counts = {
        "images": len(files),
        "unreadable": silent.count(UNREADABLE),
        "refused": len(silent) - silent.count(UNREADABLE),
        "flagged": len(unlike),
        "evidence_in_lungs": _evidence_in_lungs([answer for _, answer in read]),
    }
    return {"bundle": bundle.name, "hash": bundle.hash, "default_operating_point": default, **counts, **figures}


def _evidence_in_lungs(answers: Sequence[Any]) -> float | None:
    """Median share of the drawn heatmap that lies inside the lungs, over images called PNEUMONIA."""
    called = [answer for answer in answers if answer.prediction.label == PNEUMONIA and answer.admission]
    shares = [_inside(answer.heatmap, answer.admission.lungs.field) for answer in called if not answer.heatmap.is_empty]
    return float(np.median(shares)) if shares else None


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
