"""From a trained network to a bundle: figures on held-out data, export, golden answers, cards, hashes."""

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

from xray_model.bundles.card import CARD_FILE, SERIES, ModelCard
from xray_model.bundles.card_text import DATA_LICENCE_TEXT, render_model_card
from xray_model.bundles.golden import golden_inputs, golden_text
from xray_model.datasets.kermany_series import series_of
from xray_model.datasets.labelled_images import LabelledImages
from xray_model.errors import InvalidConfig
from xray_model.evaluation.calibration import Calibration, fit_calibration
from xray_model.evaluation.conformal import NotSureBand, choose_band
from xray_model.evaluation.metrics import evaluate_probabilities
from xray_model.evaluation.operating_points import BALANCED, OperatingPoint, choose_operating_points
from xray_model.evaluation.pointing_game import run_phantom_trial
from xray_model.models.export import export_litert
from xray_model.notice import POPULATION
from xray_model.recipes.config import TrainingConfig
from xray_model.training.acquisition_shift import shifted
from xray_model.training.answers import Network, answer_images, keras_answers, litert_answers, pooled_answers
from xray_model.training.cross_series import SeriesAnswers

TRIAL_SEEDS = range(200)  # training draws its phantoms from 10,000 on
HASHED = ("model.keras", "model.tflite", "MODEL_CARD.md", "history.csv", "golden.json", "DATA_LICENSE")
PACKAGES = ("keras", "tensorflow", "numpy", "opencv-python-headless", "pillow", "ai-edge-litert")


@dataclass(frozen=True)
class DataOrigin:
    """Whose images a bundle was made from, in the card's words. images, groups: "radiographs" of "children"."""

    population: str
    licence: str
    licence_text: str
    images: str = "radiographs"
    groups: str = "patients"


@dataclass(frozen=True, eq=False)
class Basis:
    """What calibration and thresholds are chosen on. probabilities: calibrated, (n,), of `images`. data: in words."""

    calibration: Calibration
    probabilities: NDArray[np.float64]
    images: LabelledImages
    data: str


BUNDLED_ORIGIN = DataOrigin(POPULATION, "CC BY 4.0", DATA_LICENCE_TEXT, groups="children")


def write_bundle(
    model: keras.Model,
    folder: Path,
    config: TrainingConfig,
    training: LabelledImages,
    validation: LabelledImages,
    *,
    command: str,
    user_run: bool = False,
    origin: DataOrigin = BUNDLED_ORIGIN,
    trial_seeds: Sequence[int] = TRIAL_SEEDS,
    across: SeriesAnswers | None = None,
) -> ModelCard:
    """Calibrate, measure, export and describe `model`; `folder` holds `history.csv` already. Returns the card.

    validation: held-out images. across: what networks of the same recipe say of a series that they never saw;
    calibration and thresholds are chosen on it, without it on the held-out images under simulated shift.
    origin: whose images they are. trial_seeds: phantoms that the maps are judged on.
    """
    model.save(folder / "model.keras")
    export_litert(model, folder / "model.tflite")
    network = litert_answers(folder / "model.tflite")
    plain, plain_evidence = pooled_answers(network, validation.grey, config)
    hard, _ = pooled_answers(network, shifted(validation).grey, config)
    basis = _basis(hard, validation, across, origin)
    calibration, labels = basis.calibration, basis.images.labels
    points = choose_operating_points(basis.probabilities, labels, basis.data)
    band = _band(basis.probabilities, labels, points)
    evaluation = {
        "validation": _figures(calibration.probability(plain), validation, points, band),
        "shifted validation": _figures(calibration.probability(hard), validation, points, band),
        **({SERIES: _figures(basis.probabilities, basis.images, points, band)} if across else {}),
        "phantoms": _phantom_figures(network, trial_seeds, config, calibration, points),
    }
    golden = golden_inputs(config.input_size)
    answers = answer_images(keras_answers(model), golden)
    (folder / "golden.json").write_text(golden_text(golden, *answers), encoding="utf-8")
    (folder / "DATA_LICENSE").write_text(origin.licence_text, encoding="utf-8")
    card = ModelCard(
        name=folder.name,
        version=_version(folder.name),
        backbone=config.backbone,
        input_size=config.input_size,
        calibration=calibration,
        operating_points=points,
        default_operating_point=BALANCED,
        evidence_reference=_usual_maximum(plain_evidence, validation.labels),
        population=origin.population,
        created=datetime.now(UTC).date().isoformat(),
        licence="Apache-2.0",
        data_licence=origin.licence,
        user_run=user_run,
        lungs=config.lungs,
        not_sure=band,
        training=_training_facts(config, training, validation, command),
        evaluation=evaluation,
    )
    return _seal(card, folder)


def _basis(
    hard: NDArray[np.float32], validation: LabelledImages, across: SeriesAnswers | None, origin: DataOrigin
) -> Basis:
    """hard: logits of the held-out images under simulated shift, which the network's own scale is read from."""
    own = fit_calibration(hard, validation.labels)
    judged = across.images if across else validation
    who = f"{origin.images} of {len(set(judged.groups)):,} {origin.groups}"
    if across is None:
        data = f"{len(judged):,} held-out {who}, under simulated acquisition shift"
        return Basis(own, own.probability(hard), judged, data)
    correction = fit_calibration(across.log_odds, judged.labels)
    data = f"{len(judged):,} {who}, each answered by a network of the same recipe that saw nothing of its series"
    return Basis(own.then(correction), correction.probability(across.log_odds), judged, data)


def _band(
    probabilities: NDArray[np.float64], labels: NDArray[np.int8], points: tuple[OperatingPoint, ...]
) -> NotSureBand | None:
    """None when a small run held out too few images for the guarantee."""
    try:
        threshold = next(point.threshold for point in points if point.name == BALANCED)
        return choose_band(probabilities, labels, threshold=threshold)
    except InvalidConfig:
        return None


def _figures(
    probabilities: NDArray[np.float64],
    images: LabelledImages,
    points: tuple[OperatingPoint, ...],
    band: NotSureBand | None,
) -> dict[str, Any]:
    figures = evaluate_probabilities(probabilities, images.labels, images.groups, points, BALANCED, band)
    threshold = next(point.threshold for point in points if point.name == BALANCED)
    return figures | {"subgroups": _subgroups(probabilities >= threshold, images)}


def _subgroups(called: NDArray[np.bool_], images: LabelledImages) -> dict[str, dict[str, Any]]:
    """Share called right of each group that the file names tell (bacterial, viral; the series of films): sensitivity of
    those with pneumonia, specificity of the others. Age and sex are not in this data set."""
    ill, series = images.labels > 0, series_of(images.groups)
    groups = {kind: ill & [f"_{kind}_" in name for name in images.names] for kind in ("bacteria", "virus")}
    for which, words in enumerate(("first series", "second series")):
        groups |= {f"PNEUMONIA, {words}": ill & (series == which), f"NORMAL, {words}": ~ill & (series == which)}
    return {
        group: {"n": int(members.sum()), "right": float(np.mean(called[members] == ill[members]))}
        for group, members in groups.items()
        if members.any()
    }


def _phantom_figures(
    network: Network,
    seeds: Sequence[int],
    config: TrainingConfig,
    calibration: Calibration,
    points: tuple[OperatingPoint, ...],
) -> dict[str, Any]:
    def answer(grey: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
        logits, evidence = pooled_answers(network, grey.astype(np.uint8), config)
        return calibration.probability(logits), evidence

    threshold = next(point.threshold for point in points if point.name == BALANCED)
    return run_phantom_trial(answer, seeds, config.input_size, threshold).to_dict()


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


def _version(name: str) -> int:
    tail = name.rpartition("-v")[2]
    return int(tail) if tail.isdigit() else 0
