"""The end of a visitor's run: its own bundle, and its answers on the validation images beside the old model's."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from xray_model.bundles.card import CARD_FILE, MODEL_FILE, POOLED, ModelCard
from xray_model.bundles.folders import find_bundle
from xray_model.datasets.choice import PHANTOMS, DataChoice
from xray_model.datasets.labelled_images import LabelledImages
from xray_model.datasets.phantom_sets import AT_HOME, shipped_phantoms
from xray_model.datasets.summary import describe_data
from xray_model.errors import InvalidBundle
from xray_model.evaluation.metrics import roc_auc
from xray_model.imaging.resize import input_grey
from xray_model.jobs.result import SETTINGS_FILE, OldHospital, RunResult, load_result, save_validation
from xray_model.recipes.config import BUNDLED
from xray_model.recipes.run_settings import RunSettings
from xray_model.training.acquisition_shift import ACQUISITION_SHIFT, ALL
from xray_model.training.answers import answer_images, litert_answers, pooled_answers
from xray_model.training.lung_fields import pool_all
from xray_model.training.origin import origin_of
from xray_model.training.tensorboard import write_event_files
from xray_model.training.write_bundle import Making, describe_export, export

VISITOR_TRIAL_SEEDS = range(12)  # a visitor waits; the bundled model's card tells of 200
STEPS = ("Exporting the network", "Calibrating and measuring", "Comparing with the bundled model", "Writing it down")
OLD = 100  # phantoms of the bundled model's hospital, the last that ship: how much of it has been forgotten


def finish_run(
    model: keras.Model,
    folder: Path,
    settings: RunSettings,
    training: LabelledImages,
    validation: LabelledImages,
    tell: Callable[[int, int, str], None] = lambda done, total, sentence: None,  # noqa: ARG005
) -> RunResult:
    """Write the bundle and all that goes with it into `folder`, which holds `history.csv` already.

    tell: called at the beginning of each step, with those done, all of them, and what comes.
    """
    steps = [f"{name}: step {number} of {len(STEPS)}." for number, name in enumerate(STEPS, 1)]
    tell(0, len(STEPS), steps[0])
    config = settings.config
    making = visitor_making(settings)
    with ThreadPoolExecutor(1) as beside:  # the export is one thread's work
        before = beside.submit(bundled_probabilities, validation)
        export(model, folder, config)
        tell(1, len(STEPS), steps[1])
        card = describe_export(folder, config, (training, validation), making)
    tell(2, len(STEPS), steps[2])
    write_settings(settings, folder)
    write_event_files(folder)
    logits, evidence = pooled_answers(litert_answers(folder / MODEL_FILE), validation.grey, config)
    old = old_hospital(folder, settings)
    tell(3, len(STEPS), steps[3])
    save_validation(
        folder,
        grey=validation.grey,
        labels=validation.labels,
        names=validation.names,
        groups=validation.groups,
        probabilities=card.calibration.probability(logits),
        evidence=evidence,
        before=before.result(),
        old=old,
    )
    return load_result(folder)


def old_hospital(folder: Path, settings: RunSettings) -> OldHospital | None:
    """What the bundled model knows of its own hospital, and the run's network still; None if that is the run's."""
    config, kind = settings.config, (settings.data or DataChoice()).kind
    learned = config.phantoms if kind != PHANTOMS else AT_HOME.shipped
    images = shipped_phantoms(AT_HOME.shipped, config.input_size)
    if config.weights != BUNDLED or learned > AT_HOME.shipped - OLD or images is None:
        return None
    images = images.take(range(AT_HOME.shipped - OLD, AT_HOME.shipped))
    before = bundled_probabilities(images)
    if before is None:
        return None
    after, _ = pooled_answers(litert_answers(folder / MODEL_FILE), images.grey, config)
    return OldHospital(roc_auc(before, images.labels), roc_auc(after, images.labels), OLD)


def visitor_making(settings: RunSettings, command: str | None = None) -> Making:
    """What the card says of a visitor's own run. command: None is the one that makes the same run of its settings."""
    origin = origin_of(describe_data(settings.data or DataChoice()))
    one_shift = {ALL: ACQUISITION_SHIFT}  # a visitor waits
    return Making(
        command or settings.command(), VISITOR_TRIAL_SEEDS, user_run=True, origin=origin, conditions=one_shift
    )


def write_settings(settings: RunSettings, folder: Path) -> None:
    """Put `settings.json` beside the bundle: the page and the command line make the same run of it."""
    (folder / SETTINGS_FILE).write_text(settings.to_json(), encoding="utf-8")


def bundled_probabilities(images: LabelledImages) -> NDArray[np.float64] | None:
    """What the bundled model says about the images, (n,); None without a bundle."""
    try:
        folder = find_bundle()
        card, network = ModelCard.from_file(folder / CARD_FILE), litert_answers(folder / MODEL_FILE)
    except InvalidBundle:
        return None
    same = images.grey.shape[1] == card.input_size
    grey = images.grey if same else np.stack([input_grey(image, card.input_size) for image in images.grey])
    logits, evidence = answer_images(network, grey)
    if card.lungs == POOLED:
        logits, _ = pool_all(grey, logits, evidence)
    return card.calibration.probability(logits)
