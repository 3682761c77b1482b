"""A training run from images to a finished bundle, as the command line starts it."""

from __future__ import annotations

import shutil
import sys
from dataclasses import replace
from pathlib import Path

from xray_model.bundles.card import ModelCard
from xray_model.datasets.choice import ARCHIVE, DataChoice
from xray_model.datasets.folder_reader import read_folder
from xray_model.datasets.kermany_series import has_two_series
from xray_model.datasets.labelled_images import concatenate
from xray_model.datasets.load import load_data, unreadable_sentence, with_phantoms
from xray_model.datasets.phantom_sets import TRAINING_SEEDS, phantom_images
from xray_model.datasets.splitting import split_images
from xray_model.datasets.zip_reader import ArchiveReading, UploadedImages
from xray_model.errors import InvalidConfig, InvalidDataset
from xray_model.recipes.config import TrainingConfig
from xray_model.recipes.run_settings import RunSettings
from xray_model.training import write_bundle
from xray_model.training.accelerator import device_sentence, find_device, suited
from xray_model.training.cross_series import answer_across_series
from xray_model.training.finish import visitor_making, write_settings
from xray_model.training.loop import train_classifier
from xray_model.training.tensorboard import write_event_files


def run_training(data: Path, config: TrainingConfig, folder: Path, command: str) -> ModelCard:
    """Train on `data/NORMAL` and `data/PNEUMONIA` and leave a whole bundle in `folder`, or nothing at all.

    command: what was typed, for the card. Raises the errors of datasets, weights and settings.
    """
    _check_free(folder)
    config = suited(config, find_device())
    images, left_out = read_folder(data, config.input_size)
    if left_out:
        _warn("files", unreadable_sentence(left_out))
    seeds = range(TRAINING_SEEDS, TRAINING_SEEDS + config.phantoms)
    phantoms = [phantom_images(seeds, config.input_size)] if seeds else []
    is_told = config.across_series and has_two_series(images)
    across = answer_across_series(config, images, phantoms) if is_told else None
    training, validation = split_images(images, config.validation_share, config.seed)
    split = concatenate([training, *phantoms]), validation
    epochs = config.epochs if across else None
    making = write_bundle.Making(command, write_bundle.TRIAL_SEEDS, across=across, across_epochs=epochs)
    return _make(config, split, folder, making)


def run_settings(settings: RunSettings, folder: Path, command: str, archive: Path | None = None) -> ModelCard:
    """The run that the Train page makes of the same settings, and its bundle in `folder`, or nothing at all.

    archive: the ZIP of class folders where the settings' data are one. Raises as `run_training` does.
    """
    _check_free(folder)
    config, choice, own = suited(settings.config, find_device()), settings.data or DataChoice(), None
    if archive:
        upload = _read_archive(archive, choice if choice.kind == ARCHIVE else DataChoice(ARCHIVE, None))
        choice, own = upload.choice, upload.images
    share, seed, size = config.validation_share, config.seed, config.input_size
    training, validation = load_data(choice, size, share, seed, _say_end, own=own, warn=_warn)
    split = with_phantoms(training, config.phantoms, size), validation
    quick = replace(config, pace=0.0)  # nobody watches
    made = RunSettings(config, choice)
    card = _make(quick, split, folder, visitor_making(made, command))
    write_settings(made, folder)
    write_event_files(folder)
    return card


def _check_free(folder: Path) -> None:
    if folder.exists():
        raise InvalidConfig(f"{folder.name} exists already: a bundle is never overwritten. Name a new version.")


def _make(config: TrainingConfig, split: write_bundle.Split, folder: Path, making: write_bundle.Making) -> ModelCard:
    """Train and measure beside `folder`, and move the whole bundle there at the end."""
    workshop = folder.with_name(f".{folder.name}.unfinished") / folder.name
    workshop.mkdir(parents=True, exist_ok=True)
    _warn("device", device_sentence(find_device(), config))
    model = train_classifier(config, *split, workshop)
    card = write_bundle.write_bundle(model, workshop, config, split, making)
    workshop.rename(folder)
    shutil.rmtree(workshop.parent)
    return card


def _read_archive(archive: Path, choice: DataChoice) -> UploadedImages:
    """The archive's images; `InvalidDataset` when it is another one than the settings name."""
    reading = ArchiveReading(archive, archive.name, choice.count)
    if choice.sha256 not in (None, reading.sha256):
        raise InvalidDataset(
            f"{archive.name} is another archive than the one in the settings: its SHA-256 begins with "
            f"{reading.sha256[:12]}, theirs with {str(choice.sha256)[:12]}. Give that one, or settings without data."
        )
    while reading.advance():
        pass
    upload = reading.finish()
    if upload.unreadable:
        _warn("files", unreadable_sentence(upload.unreadable))
    return upload


def _say_end(what: str, done: int, total: int, sentence: str) -> None:  # noqa: ARG001
    """Once for each thing that was under way: a terminal is no progress bar."""
    if done == total:
        sys.stderr.write(f"{sentence}\n")


def _warn(about: str, sentence: str) -> None:  # noqa: ARG001
    sys.stderr.write(f"{sentence}\n")
