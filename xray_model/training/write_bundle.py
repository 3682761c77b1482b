"""From a trained network to a bundle: calibrate, measure, write."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from xray_model.augmentation.policy import AugmentationPolicy
from xray_model.bundles.card import KERAS_FILE, MODEL_FILE, SERIES, VALIDATION, ModelCard
from xray_model.bundles.folders import version_of
from xray_model.bundles.golden import golden_inputs, golden_text
from xray_model.bundles.seal import seal
from xray_model.bundles.validation_answers import ValidationAnswers, save_answers
from xray_model.datasets.labelled_images import LabelledImages
from xray_model.evaluation.operating_points import BALANCED
from xray_model.evaluation.prevalence import EQUAL
from xray_model.models.export import export_litert
from xray_model.recipes.config import TrainingConfig
from xray_model.training.acquisition_shift import shift_conditions
from xray_model.training.answers import answer_images, keras_answers, litert_answers
from xray_model.training.decisions import decide
from xray_model.training.measure import answer_figures, phantom_figures
from xray_model.training.origin import BUNDLED_ORIGIN, DataOrigin
from xray_model.training.shift_answers import answer_under_shift

TRIAL_SEEDS = range(200)  # training draws its phantoms from 10,000 on
PACKAGES = ("keras", "tensorflow", "numpy", "opencv-python-headless", "pillow", "ai-edge-litert")
Split = tuple[LabelledImages, LabelledImages]  # (learned from, held out)


@dataclass(frozen=True, eq=False)
class Making:
    """How a bundle is made, beside its settings. command: for the card. trial_seeds: phantoms to judge the maps on.

    origin: whose images they are. across: what networks of the same recipe say of a series that they never saw;
    calibration and thresholds are chosen on it, without it on the held-out images. across_epochs: of those networks'
    training, None without them. conditions: simulated shifts under which the groups are judged.
    """

    command: str
    trial_seeds: Sequence[int]
    user_run: bool = False
    origin: DataOrigin = BUNDLED_ORIGIN
    across: ValidationAnswers | None = None
    across_epochs: int | None = None
    conditions: Mapping[str, AugmentationPolicy] = field(default_factory=shift_conditions)


def write_bundle(model: keras.Model, folder: Path, config: TrainingConfig, split: Split, making: Making) -> ModelCard:
    """Export, calibrate, measure and describe `model`; `folder` holds `history.csv` already. Returns the card."""
    export(model, folder, config)
    return describe_export(folder, config, split, making)


def export(model: keras.Model, folder: Path, config: TrainingConfig) -> None:
    """Write the network, for Keras and for LiteRT, and what it answers to a few pictures."""
    model.save(folder / KERAS_FILE)
    export_litert(model, folder / MODEL_FILE)
    golden = golden_inputs(config.input_size)
    answers = answer_images(keras_answers(model), golden)
    (folder / "golden.json").write_text(golden_text(golden, *answers), encoding="utf-8")


def describe_export(folder: Path, config: TrainingConfig, split: Split, making: Making) -> ModelCard:
    """Calibrate, measure and describe what was exported into `folder`; returns the card."""
    (folder / "DATA_LICENSE").write_text(making.origin.licence_text, encoding="utf-8")
    return describe_network(folder, config, training_facts(config, *split, making), split[1], making)


def describe_network(
    folder: Path,
    config: TrainingConfig,
    facts: dict[str, Any],
    validation: LabelledImages,
    making: Making,
    judged: dict[str, Any] | None = None,
) -> ModelCard:
    """Calibrate and measure the exported network in `folder`, and write answers and cards beside it; returns the card.

    facts: how the network was made. judged: the card's field of this name.
    """
    network = litert_answers(folder / MODEL_FILE)
    own, evidence = answer_under_shift(network, validation, config, making.conditions)
    decisions = decide(own, making.across, making.origin)
    sets = {VALIDATION: decisions.own} | ({SERIES: decisions.across} if decisions.across else {})
    save_answers(folder, sets)
    evaluation = answer_figures(decisions)
    card = ModelCard(
        name=folder.name,
        version=version_of(folder.name),
        backbone=config.backbone,
        input_size=config.input_size,
        calibration=decisions.calibration,
        prevalence=EQUAL,
        operating_points=decisions.points,
        default_operating_point=BALANCED,
        evidence_reference=_usual_maximum(evidence, validation.labels),
        population=making.origin.population,
        created=datetime.now(UTC).date().isoformat(),
        licence="Apache-2.0",
        data_licence=making.origin.licence,
        user_run=making.user_run,
        lungs=config.lungs,
        not_sure=decisions.band,
        training=facts,
        evaluation=evaluation | {"phantoms": phantom_figures(network, making.trial_seeds, config, decisions)},
        judged=judged or {},
    )
    return seal(card, folder)


def _usual_maximum(evidence: NDArray[np.float32], labels: NDArray[np.int8]) -> float:
    """Median over PNEUMONIA images of the strongest cell, logits per cell."""
    return float(np.median(np.maximum(evidence[labels > 0], 0).max(axis=(1, 2))))


def training_facts(
    config: TrainingConfig, training: LabelledImages, validation: LabelledImages, making: Making
) -> dict[str, Any]:
    """The card's `training`: how a network is made."""
    return {
        "command": making.command,
        "config": config.to_dict(),
        "training": training.counts() | {"fingerprint": training.fingerprint()},
        "validation": validation.counts() | {"fingerprint": validation.fingerprint()},
        "versions": versions(),
        **({"across_epochs": making.across_epochs} if making.across_epochs else {}),
    }


def versions() -> dict[str, str]:
    """What this runs with."""
    return {"python": platform.python_version()} | {name: _installed(name) for name in PACKAGES}


def _installed(package: str) -> str:
    names: Iterable[str] = ("tensorflow-cpu", "tensorflow") if package == "tensorflow" else (package,)
    for name in names:
        try:
            return version(name)
        except ImportError:  # PackageNotFoundError: the other of the two builds
            continue
    return "unknown"
