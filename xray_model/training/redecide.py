"""New decisions for a bundle's network: calibration, thresholds, band and figures are made again, its weights are not.

For when the rules of decision change, or the lung finder does: a network is trained for hours, decided on in minutes.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from xray_model.bundles.card import CARD_FILE, KERAS_FILE, MODEL_FILE, ModelCard
from xray_model.bundles.finder_card import FINDER
from xray_model.bundles.folders import verify_file
from xray_model.bundles.judged import not_judged
from xray_model.bundles.validation_answers import ValidationAnswers
from xray_model.datasets.folder_reader import read_folder
from xray_model.datasets.kermany_series import has_two_series
from xray_model.datasets.labelled_images import LabelledImages
from xray_model.datasets.phantom_sets import TRAINING_SEEDS, phantom_images
from xray_model.datasets.splitting import split_images
from xray_model.errors import InvalidConfig, InvalidDataset
from xray_model.recipes.config import TrainingConfig
from xray_model.training import write_bundle
from xray_model.training.cross_series import answer_across_series

KEPT = (KERAS_FILE, MODEL_FILE, "history.csv", "golden.json", "DATA_LICENSE")
ABLATION = "ablation.csv"  # is not in every bundle


def redecide(
    source: Path, data: Path, folder: Path, command: str, epochs: int | None = None, networks: Path | None = None
) -> ModelCard:
    """Write to `folder` the bundle in `source` with decisions made anew on `data`, which it was trained on.

    command: what was typed, for the card. epochs: at most so many in each phase for the two networks that answer across
    series, None for the recipe's own. networks: a folder where those are looked for and left.
    Raises `InvalidConfig`, or `InvalidDataset` when the data are other than the card says.
    """
    if folder.exists():
        raise InvalidConfig(f"{folder.name} exists already: a bundle is never overwritten. Name a new version.")
    card = ModelCard.from_file(source / CARD_FILE)
    config = TrainingConfig.from_dict(card.training["config"])
    images, _ = read_folder(data, config.input_size)
    _, validation = split_images(images, config.validation_share, config.seed)
    if validation.fingerprint() != card.training["validation"]["fingerprint"]:
        raise InvalidDataset(f"{data} holds other images than {card.name} was trained on.")
    workshop = folder.with_name(f".{folder.name}.unfinished") / folder.name
    workshop.mkdir(parents=True, exist_ok=True)
    for name in KEPT:
        verify_file(source / name, card.files[name])
        shutil.copy2(source / name, workshop / name)
    if (source / ABLATION).is_file():
        shutil.copy2(source / ABLATION, workshop / ABLATION)
    short = config.with_epochs(epochs) if epochs else config
    across = _across(short, images, networks)
    making = write_bundle.Making(command, write_bundle.TRIAL_SEEDS, across=across)
    facts = card.training | {"redecided": _facts(card, command, short.epochs if across else None)}
    made = write_bundle.describe_network(workshop, config, facts, validation, making, not_judged(card))
    workshop.rename(folder)
    shutil.rmtree(workshop.parent)
    return made


def _across(config: TrainingConfig, images: LabelledImages, networks: Path | None) -> ValidationAnswers | None:
    if not (config.across_series and has_two_series(images)):
        return None
    seeds = range(TRAINING_SEEDS, TRAINING_SEEDS + config.phantoms)
    phantoms = [phantom_images(seeds, config.input_size)] if seeds else []
    return answer_across_series(config, images, phantoms, networks)


def _facts(card: ModelCard, command: str, epochs: int | None) -> dict[str, Any]:
    """How decisions were made anew, and whose network it is: the hashes are those of the bundle that it came from."""
    return {
        "command": command,
        "from": card.name,
        "network": card.files[MODEL_FILE],
        "golden": card.files["golden.json"],
        "across_epochs": epochs,
        "finder": FINDER.name,
        "versions": write_bundle.versions(),
    }
