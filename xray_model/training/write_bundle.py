"""From a trained network to a bundle: calibrate, measure, write."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from xray_model.bundles.card import CARD_FILE, KERAS_FILE, MODEL_FILE, SERIES, ModelCard
from xray_model.bundles.card_text import render_model_card
from xray_model.bundles.folders import version_of
from xray_model.bundles.golden import golden_inputs, golden_text
from xray_model.datasets.labelled_images import LabelledImages
from xray_model.evaluation.operating_points import BALANCED
from xray_model.jobs.run_files import HISTORY
from xray_model.models.export import export_litert
from xray_model.recipes.config import TrainingConfig
from xray_model.training.acquisition_shift import shifted
from xray_model.training.answers import answer_images, keras_answers, litert_answers, pooled_answers
from xray_model.training.cross_series import SeriesAnswers
from xray_model.training.decisions import calibrate
from xray_model.training.measure import image_figures, phantom_figures
from xray_model.training.origin import BUNDLED_ORIGIN, DataOrigin

TRIAL_SEEDS = range(200)  # training draws its phantoms from 10,000 on
HASHED = (KERAS_FILE, MODEL_FILE, "MODEL_CARD.md", HISTORY, "golden.json", "DATA_LICENSE")
PACKAGES = ("keras", "tensorflow", "numpy", "opencv-python-headless", "pillow", "ai-edge-litert")
Split = tuple[LabelledImages, LabelledImages]  # (learned from, held out)


@dataclass(frozen=True, eq=False)
class Making:
    """How a bundle is made, beside its settings. command: for the card. trial_seeds: phantoms to judge the maps on.

    origin: whose images they are. across: what networks of the same recipe say of a series that they never saw;
    calibration and thresholds are chosen on it, without it on the held-out images under simulated shift.
    """

    command: str
    trial_seeds: Sequence[int]
    user_run: bool = False
    origin: DataOrigin = BUNDLED_ORIGIN
    across: SeriesAnswers | None = None


def write_bundle(model: keras.Model, folder: Path, config: TrainingConfig, split: Split, making: Making) -> ModelCard:
    """Export, calibrate, measure and describe `model`; `folder` holds `history.csv` already. Returns the card."""
    model.save(folder / KERAS_FILE)
    export_litert(model, folder / MODEL_FILE)
    network, validation = litert_answers(folder / MODEL_FILE), split[1]
    plain, evidence = pooled_answers(network, validation.grey, config)
    hard, _ = pooled_answers(network, shifted(validation).grey, config)
    decisions = calibrate(hard, validation, making.across, making.origin)
    probability = decisions.calibration.probability
    evaluation = {
        "validation": image_figures(probability(plain), validation, decisions),
        "shifted validation": image_figures(probability(hard), validation, decisions),
        **({SERIES: image_figures(decisions.probabilities, decisions.images, decisions)} if making.across else {}),
        "phantoms": phantom_figures(network, making.trial_seeds, config, decisions),
    }
    golden = golden_inputs(config.input_size)
    answers = answer_images(keras_answers(model), golden)
    (folder / "golden.json").write_text(golden_text(golden, *answers), encoding="utf-8")
    (folder / "DATA_LICENSE").write_text(making.origin.licence_text, encoding="utf-8")
    card = ModelCard(
        name=folder.name,
        version=version_of(folder.name),
        backbone=config.backbone,
        input_size=config.input_size,
        calibration=decisions.calibration,
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
        training=_training_facts(config, *split, making.command),
        evaluation=evaluation,
    )
    return _seal(card, folder)


def _usual_maximum(evidence: NDArray[np.float32], labels: NDArray[np.int8]) -> float:
    """Median over PNEUMONIA images of the strongest cell, logits per cell."""
    return float(np.median(np.maximum(evidence[labels > 0], 0).max(axis=(1, 2))))


def _training_facts(
    config: TrainingConfig, training: LabelledImages, validation: LabelledImages, command: str
) -> dict[str, Any]:
    return {
        "command": command,
        "config": config.to_dict(),
        "training": training.counts() | {"fingerprint": training.fingerprint()},
        "validation": validation.counts() | {"fingerprint": validation.fingerprint()},
        "versions": {"python": platform.python_version()} | {name: _installed(name) for name in PACKAGES},
    }


def _installed(package: str) -> str:
    names: Iterable[str] = ("tensorflow-cpu", "tensorflow") if package == "tensorflow" else (package,)
    for name in names:
        try:
            return version(name)
        except ImportError:  # PackageNotFoundError: the other of the two builds
            continue
    return "unknown"


def _seal(card: ModelCard, folder: Path) -> ModelCard:
    """Write the prose card, then hash every file into `card.json`."""
    (folder / "MODEL_CARD.md").write_text(render_model_card(card), encoding="utf-8")
    hashes = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in HASHED}
    sealed = replace(card, files=hashes)
    (folder / CARD_FILE).write_text(sealed.to_json(), encoding="utf-8")
    return sealed
