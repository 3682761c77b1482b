"""Training of the lung finder and its population check, and their folder: `python -m xray_model train-lungs`."""

from __future__ import annotations

import hashlib
import shutil
import sys
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from xray_model.bundles.finder_card import CARD, KERAS, LITERT, PROSE, FinderCard
from xray_model.bundles.finder_card_text import render_finder_card
from xray_model.datasets.folder_reader import load_folder
from xray_model.datasets.labelled_images import LabelledImages
from xray_model.datasets.splitting import split_by_patient
from xray_model.errors import InvalidConfig, InvalidDataset
from xray_model.evaluation.population import ALARM, fit_population_check
from xray_model.explanation.lungs import Lungs
from xray_model.imaging.files import SUFFIXES
from xray_model.imaging.radiograph import Radiograph
from xray_model.imaging.resize import resize_grey
from xray_model.models.export import write_litert
from xray_model.models.lung_finder import build_lung_finder, find_all
from xray_model.training.lungs.pairs import (
    BATCH,
    INPUT_SIZE,
    PHANTOMS,
    SEED,
    SIDE,
    draw_batches,
    with_masks,
    with_phantoms,
)

RATE, SHARE = 3e-3, 0.12
LEAST_LUNG = 0.025  # of the picture; the smallest child's lung on a narrowly framed film takes 0.04
OTHERS_HELD_OUT = 3  # every third outsider is kept from the population check's training


def train_lung_finder(data: Path, masks: Path, others: Path, folder: Path, epochs: int, command: str) -> FinderCard:
    """Learn from `data/{NORMAL,PNEUMONIA}` with 1-bit PNG masks of the same names; leave a whole folder or nothing.

    others: images of people outside the population, for the population check. command: what was typed, for the card.
    """
    if folder.exists():
        raise InvalidConfig(f"{folder.name} exists already: it is never overwritten. Name a new version.")
    paths = sorted(path for path in others.glob("*") if path.suffix.lower() in SUFFIXES)
    if not paths:
        raise InvalidDataset("There are no images of other people, which the population check learns from.")
    images = load_folder(data, SIDE)
    training, held_out = split_by_patient(images, SHARE, SEED)
    pairs, judged = with_masks(training, masks), with_masks(held_out, masks)
    _say(f"{len(pairs[0])} images with a plausible mask, {len(judged[0])} held out.")
    model = fit_lung_finder(with_phantoms(*pairs), epochs)
    outsiders = _read_all(paths)
    card = _card(model, folder.name, training, held_out, judged, outsiders)
    facts = {"command": command, "epochs": epochs, "seed": SEED, "images": len(pairs[0]), "phantoms": PHANTOMS}
    facts |= {"fingerprint": training.fingerprint(), "alarm": ALARM}
    return _write(model, replace(card, training=facts), folder)


def fit_lung_finder(pairs: tuple[NDArray[np.uint8], NDArray[np.uint8]], epochs: int) -> keras.Model:
    """Train on images (n, s, s) and masks (n, 2, s, s) of 0 and 1."""
    model = build_lung_finder(SEED)
    learner = keras.Model(model.input, model.output["lungs"])
    steps = max(1, len(pairs[0]) // BATCH)
    learner.compile(keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(RATE, epochs * steps)), lung_loss)
    learner.optimizer.build(learner.trainable_variables)  # else the first step is traced twice
    for epoch in range(epochs):
        losses = [float(learner.train_on_batch(*batch)) for batch in draw_batches(*pairs, epoch)]
        _say(f"Epoch {epoch + 1} of {epochs}: loss {np.mean(losses):.3f}.")
    return model


def lung_loss(truth: Any, scores: Any) -> Any:
    """Cross-entropy per cell plus half the soft Dice loss (Milletari et al., 3DV 2016); the 20 cells let a picture
    without lungs have no loss."""
    scores = ops.clip(scores, 1e-6, 1 - 1e-6)
    entropy = -ops.mean(truth * ops.log(scores) + (1 - truth) * ops.log(1 - scores), axis=(1, 2, 3))
    both, each = ops.sum(truth * scores, axis=(1, 2)), ops.sum(truth + scores, axis=(1, 2))
    return entropy + 0.5 * ops.mean(1 - (2 * both + 20) / (each + 20), axis=-1)


def _read_all(paths: Iterable[Path]) -> NDArray[np.uint8]:
    return np.stack([resize_grey(Radiograph.from_file(path).pixels, SIDE) for path in paths])


def _card(
    model: keras.Model,
    name: str,
    training: LabelledImages,
    held_out: LabelledImages,
    judged: tuple[NDArray[np.uint8], NDArray[np.uint8]],
    outsiders: NDArray[np.uint8],
) -> FinderCard:
    children, others = find_all(model, held_out.grey), find_all(model, outsiders)
    seen = [lungs for lungs in others if lungs.smaller_area >= LEAST_LUNG]
    known = [lungs.features for i, lungs in enumerate(seen) if i % OTHERS_HELD_OUT]
    new = [lungs.features for i, lungs in enumerate(seen) if not i % OTHERS_HELD_OUT]
    if not known:
        raise InvalidDataset("Lungs are found in too few images of other people for a population check: train longer.")
    check = fit_population_check(
        [lungs.features for lungs in find_all(model, training.grey)], known, [lungs.features for lungs in children]
    )
    dice = [_dice(lungs, mask) for lungs, mask in zip(find_all(model, judged[0]), judged[1], strict=True)]
    refused = [sum(lungs.smaller_area < LEAST_LUNG for lungs in found) for found in (children, others)]
    evaluation = {
        "outline": {"n": len(dice), "dice": float(np.mean(dice)),
                    "dice_5th_percentile": float(np.quantile(dice, 0.05))},
        "children": {"n": len(children), "refused": refused[0],
                     "flagged": sum(check.is_outside(lungs.features) for lungs in children)},
        "adults": {"n": len(others), "refused": refused[1], "held_out": len(new),
                   "held_out_flagged": sum(check.is_outside(features) for features in new)},
    }  # fmt: skip
    today = datetime.now(UTC).date().isoformat()
    version = int(name.rpartition("-v")[2]) if name.rpartition("-v")[2].isdigit() else 0
    return FinderCard(name, version, today, INPUT_SIZE, LEAST_LUNG, check, evaluation=evaluation)


def _dice(lungs: Lungs, mask: NDArray[np.uint8]) -> float:
    """Dice coefficient of the patches that were found, before hull and widening, and a mask (2, s, s), in [0, 1]."""
    truth, patches = np.asarray(mask.any(axis=0)), np.asarray(lungs.masks.any(axis=0))
    found = resize_grey(patches.astype(np.uint8) * 255, len(truth)) >= 128
    return float(2 * (found & truth).sum() / max(1, found.sum() + truth.sum()))


def _write(model: keras.Model, card: FinderCard, folder: Path) -> FinderCard:
    workshop = folder.with_name(f".{folder.name}.unfinished")
    shutil.rmtree(workshop, ignore_errors=True)
    workshop.mkdir(parents=True)
    try:
        model.save(workshop / KERAS)
        write_litert(model, workshop / LITERT)
        (workshop / PROSE).write_text(render_finder_card(card), encoding="utf-8")
        hashes = {name: hashlib.sha256((workshop / name).read_bytes()).hexdigest() for name in (KERAS, LITERT, PROSE)}
        sealed = replace(card, files=hashes)
        (workshop / CARD).write_text(sealed.to_json(), encoding="utf-8")
        workshop.rename(folder)
    finally:
        shutil.rmtree(workshop, ignore_errors=True)
    return sealed


def _say(sentence: str) -> None:
    sys.stderr.write(f"{sentence}\n")
