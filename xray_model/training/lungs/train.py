"""Training of the lung finder and its population check, and their folder: `python -m xray_model train-lungs`."""

from __future__ import annotations

import hashlib
import shutil
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from xray_model.bundles.finder_card import CARD, KERAS, LITERT, PROSE, FinderCard
from xray_model.bundles.finder_card_text import render_finder_card
from xray_model.datasets.folder_reader import load_folder
from xray_model.datasets.splitting import split_by_patient
from xray_model.errors import InvalidConfig, InvalidDataset
from xray_model.evaluation.population import ALARM
from xray_model.imaging.files import SUFFIXES
from xray_model.imaging.radiograph import Radiograph
from xray_model.imaging.resize import resize_grey
from xray_model.models.export import write_litert
from xray_model.models.lung_finder import build_lung_finder, find_all
from xray_model.training.lungs.judge import judge
from xray_model.training.lungs.pairs import (
    BATCH,
    PHANTOMS,
    SEED,
    SIDE,
    Pairs,
    draw_batches,
    with_masks,
    with_outlined,
    with_phantoms,
)

RATE, SHARE = 3e-3, 0.12
ALONE = 0.5  # share of the epochs with given masks alone
WEIGHTS = {"lungs": 1.0, "kind": 0.5}  # of the two losses
OTHERS_HELD_OUT = 3  # every third outsider is kept from all training
OTHERS_REPEATED = 3  # in an epoch: there are few of them


def train_lung_finder(data: Path, masks: Path, others: Path, folder: Path, epochs: int, command: str) -> FinderCard:
    """Learn from `data/{NORMAL,PNEUMONIA}` with 1-bit PNG masks of the same names; leave a whole folder or nothing.

    others: images of people outside the population, for their lungs and the population check. command: what was
    typed, for the card.
    """
    if folder.exists():
        raise InvalidConfig(f"{folder.name} exists already: it is never overwritten. Name a new version.")
    paths = sorted(path for path in others.glob("*") if path.suffix.lower() in SUFFIXES)
    if not paths:
        raise InvalidDataset("There are no images of other people, which the population check learns from.")
    images = load_folder(data, SIDE)
    training, held_out = split_by_patient(images, SHARE, SEED)
    (pairs, unmasked), (judged, _) = with_masks(training, masks), with_masks(held_out, masks)
    _say(f"{len(pairs[0])} images with a plausible mask, {len(judged[0])} held out.")
    outsiders = _read_all(paths)
    learned = outsiders[np.arange(len(outsiders)) % OTHERS_HELD_OUT > 0]
    unmasked = np.concatenate([unmasked, np.repeat(learned, OTHERS_REPEATED, axis=0)])
    model = fit_lung_finder(with_phantoms(*pairs), epochs, unmasked)
    new = outsiders[::OTHERS_HELD_OUT]
    card = judge(model, folder.name, (training.grey, held_out.grey), (learned, new), judged)
    facts = {"command": command, "epochs": epochs, "seed": SEED, "images": len(pairs[0]), "phantoms": PHANTOMS}
    facts |= {"unmasked": len(unmasked), "others": len(learned), "fingerprint": training.fingerprint(), "alarm": ALARM}
    return _write(model, replace(card, training=facts), folder)


def fit_lung_finder(pairs: Pairs, epochs: int, unmasked: NDArray[np.uint8]) -> keras.Model:
    """Train on images with masks, and from `ALONE` of the epochs on also on others, `unmasked` (m, s, s).

    Those are learned from as the network then outlines them, where it does so plausibly (self-training: Xie et al.,
    CVPR 2020).
    """
    model = build_lung_finder(SEED)
    learner = keras.Model(model.input, {name: model.output[name] for name in ("lungs", "kind")})
    alone = round(ALONE * epochs)
    steps = alone * (len(pairs[0]) // BATCH) + (epochs - alone) * ((len(pairs[0]) + len(unmasked)) // BATCH)
    rate = keras.optimizers.schedules.CosineDecay(RATE, max(1, steps))
    learner.compile(keras.optimizers.Adam(rate), {"lungs": lung_loss, "kind": kind_loss}, loss_weights=WEIGHTS)
    learner.optimizer.build(learner.trainable_variables)  # else the first step is traced twice
    for epoch in range(epochs):
        if epoch == alone and len(unmasked):
            pairs = with_outlined(pairs, unmasked, find_all(model, unmasked))
            _say(f"{len(pairs[0])} images with those that the network outlines itself.")
        losses = [learner.train_on_batch(*batch, return_dict=True)["loss"] for batch in draw_batches(*pairs, epoch)]
        _say(f"Epoch {epoch + 1} of {epochs}: loss {np.mean(losses):.3f}.")
    return model


def lung_loss(truth: Any, scores: Any) -> Any:
    """Cross-entropy per cell plus half the soft Dice loss (Milletari et al., 3DV 2016); the 20 cells let a picture
    without lungs have no loss."""
    scores = ops.clip(scores, 1e-6, 1 - 1e-6)
    entropy = -ops.mean(truth * ops.log(scores) + (1 - truth) * ops.log(1 - scores), axis=(1, 2, 3))
    both, each = ops.sum(truth * scores, axis=(1, 2)), ops.sum(truth + scores, axis=(1, 2))
    return entropy + 0.5 * ops.mean(1 - (2 * both + 20) / (each + 20), axis=-1)


def kind_loss(truth: Any, scores: Any) -> Any:
    """Mean cross-entropy of the kinds that are known."""
    scores = ops.clip(scores, 1e-6, 1 - 1e-6)
    entropy = -(truth * ops.log(scores) + (1 - truth) * ops.log(1 - scores))
    return ops.mean(ops.where(truth >= 0, entropy, 0), axis=-1)


def _read_all(paths: Iterable[Path]) -> NDArray[np.uint8]:
    return np.stack([resize_grey(Radiograph.from_file(path).pixels, SIDE) for path in paths])


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
