"""A lesson's trainings: each an iterator that gives one point after the other, the first before the first step."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from xray_model.bundles.card import POOLED
from xray_model.evaluation.metrics import judge
from xray_model.recipes.config import Phase
from xray_model.recipes.lessons.lesson import EVERYTHING, HEAD, Lesson, Training
from xray_model.training.lessons.features import Backbones, start_of
from xray_model.training.range_test import WORST, range_test
from xray_model.training.setup import set_freedom

VIEWS = 8  # pictures drawn of each image where a training augments, the first one as it is
LEAST_SPREAD = 1e-3  # of a feature: what hardly varies is not blown up
LAST_BLOCKS_FROM = "block_10_expand"  # MobileNetV2's
CUT, WAIT = 0.3, 2  # plateau: factor of the rate, epochs without a lower validation loss
CHUNK = 50  # images at once when a network is judged

Point = dict[str, Any]


@dataclass(frozen=True)
class Matter:
    """What a training learns from and is judged on. inputs: of an epoch, (n, ...). judged: name -> inputs, "" first.

    scale: (mean, spread) of the features, each (c,); None where more than the head learns.
    """

    inputs: Callable[[int], NDArray[np.float32]]
    labels: NDArray[np.float32]
    judged: dict[str, NDArray[np.float32]]
    scale: tuple[NDArray[np.float32], NDArray[np.float32]] | None = None


def matter_of(lesson: Lesson, training: Training, backbones: Backbones) -> Matter:
    """Pictures where more than the head learns, else features."""
    images = backbones.images
    index, held = images.draw(training), images.held_out
    if training.learns != HEAD:
        whole = images.grey[index].astype(np.float32)
        return Matter(lambda _: whole, images.labels[index], {"": images.grey[held].astype(np.float32)})
    fields = images.lungs if training.lungs == POOLED else None
    name, pictures = ("telling", images.telling) if lesson.marker else ("plain", images.grey)
    features = backbones.pooled(training, name, pictures, fields)
    judged = {"": features[held]}
    if lesson.marker:
        judged["plain_"] = backbones.pooled(training, "plain", images.grey, fields)[held]
    if lesson.shifted:
        judged["shifted_"] = backbones.pooled(training, "shifted", images.shifted)
    views = [features[index]]
    if not training.augmentation.is_off:
        drawn = [images.view(index, training.augmentation, number) for number in range(1, VIEWS)]
        names = [f"{training.name} {number}" for number in range(1, VIEWS)]
        views += [backbones.pooled(training, name, view) for name, view in zip(names, drawn, strict=True)]
    stack = np.stack(views)
    mean, spread = stack.mean(axis=(0, 1)), stack.std(axis=(0, 1)) + np.float32(LEAST_SPREAD)
    stack = (stack - mean) / spread

    def inputs(epoch: int) -> NDArray[np.float32]:
        chosen = np.random.default_rng((training.seed, epoch)).integers(len(stack), size=len(index))
        return np.asarray(stack[chosen, np.arange(len(index))])

    judged = {key: (value - mean) / spread for key, value in judged.items()}
    return Matter(inputs, images.labels[index], judged, (mean, spread))


def network_of(training: Training, matter: Matter) -> keras.Model:
    """What learns, compiled: a linear head on features, or a classifier of which a part is free."""
    if matter.scale is not None:
        keras.utils.set_random_seed(training.seed)
        penalty = keras.regularizers.L2(training.decay) if training.decay else None
        pooled = keras.Input(matter.scale[0].shape, name="pooled")
        logit = keras.layers.Dense(1, name="logit", kernel_regularizer=penalty)(pooled)
        network = keras.Model(pooled, keras.layers.Activation("sigmoid", name="score")(logit))
    else:
        network = start_of(training)
        free = "all" if training.learns == EVERYTHING else LAST_BLOCKS_FROM
        set_freedom(network, Phase("lesson", 1, training.rate, unfreeze=free))
    network.compile(keras.optimizers.Adam(training.rate), "binary_crossentropy")
    return network


def learn(training: Training, matter: Matter, network: keras.Model, labels: NDArray[np.float32]) -> Iterator[Point]:
    """Train, and give a point for each epoch. labels: of the images that it is judged on."""
    rate, losses, cut_at = training.rate, [], 0
    own: float | None = None
    for epoch in range(training.epochs + 1):
        if epoch:
            own = _epoch(training, matter, network, epoch)
        if matter.scale is not None:
            own = judge(_scores(network, matter.inputs(0)), matter.labels.astype(np.int8))["val_loss"]
        point = _judged(matter, network, labels) | {"epoch": epoch, "train_loss": own, "rate": rate}
        yield point
        losses.append(point["loss"])
        best = losses.index(min(losses))
        if training.patience and epoch - best >= training.patience:
            return
        if training.schedule == "plateau" and epoch - max(best, cut_at) >= WAIT:
            rate, cut_at = rate * CUT, epoch
            network.optimizer.learning_rate.assign(rate)


def _epoch(training: Training, matter: Matter, network: keras.Model, epoch: int) -> float:
    inputs, rng = matter.inputs(epoch), np.random.default_rng((training.seed, epoch, 1))
    order, found = rng.permutation(len(inputs)), []
    for start in range(0, len(order) - 1, training.batch):
        chosen = order[start : start + training.batch]
        found.append(float(network.train_on_batch(inputs[chosen], matter.labels[chosen, None])))
    return float(np.nan_to_num(np.mean(found), nan=WORST, posinf=WORST))


def _judged(matter: Matter, network: keras.Model, labels: NDArray[np.float32]) -> Point:
    point: Point = {}
    for name, inputs in matter.judged.items():
        found = judge(_scores(network, inputs), labels.astype(np.int8))
        point |= {f"{name}{key}": found[f"val_{key}"] for key in ("auc", "loss", "accuracy")}
    return point


def _scores(network: keras.Model, inputs: NDArray[np.float32]) -> NDArray[np.float64]:
    parts = [network.predict_on_batch(inputs[i : i + CHUNK]) for i in range(0, len(inputs), CHUNK)]
    return np.nan_to_num(np.concatenate(parts)[:, 0].astype(np.float64), nan=0.5)


def sweep(training: Training, matter: Matter) -> Iterator[Point]:
    """The range test of a training: its `sweep` events."""
    inputs, labels = matter.inputs(0), matter.labels[:, None]
    rng = np.random.default_rng(training.seed)
    drawn = (rng.choice(len(inputs), training.batch, replace=False) for _ in count())
    batches = ((inputs[chosen], labels[chosen], None) for chosen in drawn)
    return range_test(network_of(training, matter), batches, (inputs, labels, None))
