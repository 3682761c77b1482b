"""Answers across series: how a recipe does on films of a series it never saw; decisions are chosen on these.

A random cut of one folder is too easy, for its two sides are alike. So the recipe is run twice more, each time without
one of the two series, and every film is answered by the network that learned nothing from its series.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from xray_model.bundles.card import MODEL_FILE
from xray_model.bundles.validation_answers import ValidationAnswers, join
from xray_model.datasets.kermany_series import series_of
from xray_model.datasets.labelled_images import LabelledImages, concatenate
from xray_model.datasets.splitting import split_images
from xray_model.errors import InvalidConfig
from xray_model.evaluation.calibration import fit_calibration
from xray_model.evaluation.groups import alike
from xray_model.models.export import export_litert
from xray_model.recipes.config import TrainingConfig
from xray_model.training.acquisition_shift import shift_conditions
from xray_model.training.answers import Network, litert_answers
from xray_model.training.loop import train_classifier
from xray_model.training.shift_answers import answer_under_shift

MADE = "made.json"  # beside a kept network: of what settings and films


def answer_across_series(
    config: TrainingConfig,
    images: LabelledImages,
    beside: Sequence[LabelledImages] = (),
    kept: Path | None = None,
) -> ValidationAnswers:
    """Run the recipe without each series in turn; images whose names tell none are left out of the answers.

    images: with both labels in both series (`has_two_series`). beside: phantoms, learned from every time. kept: a
    folder where the two networks are looked for and left, else they are made and forgotten.
    """
    series = series_of(images.groups)
    told = images.take(np.flatnonzero(series >= 0))
    where: AbstractContextManager[Any] = nullcontext(kept) if kept else tempfile.TemporaryDirectory()
    with where as folder:
        parts = [_without(config, images, beside, told, left_out, Path(folder)) for left_out in (0, 1)]
    return join(parts)


def _without(
    config: TrainingConfig,
    images: LabelledImages,
    beside: Sequence[LabelledImages],
    told: LabelledImages,
    left_out: int,
    folder: Path,
) -> ValidationAnswers:
    """Answers to the films `told` of one series from a network that saw nothing of it, calibrated as a bundle's is.

    film and patient number the films and patients of `told`.
    """
    others = images.take(np.flatnonzero(series_of(images.groups) != left_out))
    training, validation = split_images(others, config.validation_share, config.seed)
    learned = concatenate([training, *beside])
    network = _network(config, learned, validation, folder / f"without-series-{left_out + 1}")
    conditions = shift_conditions()
    own, _ = answer_under_shift(network, validation, config, conditions)
    calibration = fit_calibration(own.log_odds, own.label, alike(own.label, own.cell))
    judged = np.flatnonzero(series_of(told.groups) == left_out)
    rows, _ = answer_under_shift(network, told.take(judged), config, conditions, left_out)
    _, patients = np.unique(told.groups, return_inverse=True)
    films = judged[rows.film]
    return replace(rows, film=films, patient=patients[films], log_odds=calibration.log_odds(rows.log_odds))


def _network(config: TrainingConfig, learned: LabelledImages, validation: LabelledImages, folder: Path) -> Network:
    """The exported network that these settings make of these images: trained, unless `folder` holds it.

    Raises `InvalidConfig` when the folder holds another one.
    """
    made = {"config": config.to_dict(), "learned": learned.fingerprint(), "held_out": validation.fingerprint()}
    text = json.dumps(made, indent=2) + "\n"
    if (folder / MADE).is_file():
        if (folder / MADE).read_text(encoding="utf-8") != text:
            raise InvalidConfig(f"{folder} holds a network of other settings or films. Name another folder.")
    else:
        sys.stderr.write(f"{folder.name.replace('-', ' ').capitalize()} of 2, to see how the recipe does on it.\n")
        folder.mkdir(parents=True, exist_ok=True)
        export_litert(train_classifier(config, learned, validation, folder), folder / MODEL_FILE)
        (folder / MADE).write_text(text, encoding="utf-8")
    return litert_answers(folder / MODEL_FILE)
