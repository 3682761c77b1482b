"""One training run from a folder of radiographs to a finished bundle: what the command line and the card name."""

from __future__ import annotations

import shutil
from pathlib import Path

from xray_model.bundling import write_bundle
from xray_model.cards import ModelCard
from xray_model.datasets import concatenate, load_folder, phantom_images, split_by_patient
from xray_model.errors import InvalidConfig
from xray_model.phantom_cache import TRAINING_SEEDS
from xray_model.training import train_classifier
from xray_model.training_config import TrainingConfig


def run_training(data: Path, config: TrainingConfig, folder: Path, command: str) -> ModelCard:
    """Train on `data/NORMAL` and `data/PNEUMONIA` and leave a whole bundle in `folder`, or nothing at all.

    command: what was typed, for the card. Raises the errors of datasets, weights and settings.
    """
    if folder.exists():
        raise InvalidConfig(f"{folder.name} exists already: a bundle is never overwritten. Name a new version.")
    images = load_folder(data, config.input_size)
    training, validation = split_by_patient(images, config.validation_share, config.seed)
    if config.phantoms:
        seeds = range(TRAINING_SEEDS, TRAINING_SEEDS + config.phantoms)
        training = concatenate([training, phantom_images(seeds, config.input_size)])
    workshop = folder.with_name(f".{folder.name}.unfinished") / folder.name
    workshop.mkdir(parents=True, exist_ok=True)
    model = train_classifier(config, training, validation, workshop)
    card = write_bundle(model, workshop, config, training, validation, command=command)
    workshop.rename(folder)
    shutil.rmtree(workshop.parent)
    return card
