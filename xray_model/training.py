"""The training run: settings and images in, a trained classifier and its history out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from xray_model.classifier import build_classifier, freeze_backbone, unfreeze_backbone
from xray_model.datasets import LabelledImages
from xray_model.training_config import Phase, TrainingConfig

PREDICT_BATCH = 64


class AugmentedBatches(keras.utils.PyDataset):
    """Training batches: (b, size, size) grey levels 0-255 and (b, 1) labels, the same for the same seed and epoch."""

    def __init__(self, images: LabelledImages, config: TrainingConfig, first_epoch: int = 0) -> None:
        super().__init__(workers=1)
        self._images, self._config, self._epoch = images, config, first_epoch
        self._order = self._draw_order()

    def __len__(self) -> int:
        return max(1, len(self._images) // self._config.batch)

    def __getitem__(self, index: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        rng = np.random.default_rng((self._config.seed, self._epoch, index))
        chosen = self._order[index * self._config.batch : (index + 1) * self._config.batch]
        policy = self._config.augmentation
        grey = np.stack([policy.augment(self._images.grey[i].astype(np.float32), rng) for i in chosen])
        labels = self._images.labels[chosen].astype(np.float32)[:, None]
        return mixup(grey, labels, self._config.mixup, rng) if self._config.mixup else (grey, labels)

    def on_epoch_end(self) -> None:
        """Another order, and other draws, for the next epoch."""
        self._epoch += 1
        self._order = self._draw_order()

    def _draw_order(self) -> NDArray[np.intp]:
        rng = np.random.default_rng((self._config.seed, self._epoch))
        if not self._config.balanced:
            return rng.permutation(len(self._images))
        half = (len(self._images) + 1) // 2
        sides = [_fill(rng, np.flatnonzero(self._images.labels == label), half) for label in (0, 1)]
        return np.stack(sides, axis=1).ravel()  # labels alternate, so that every batch has both equally often


def _fill(rng: np.random.Generator, indices: NDArray[np.intp], count: int) -> NDArray[np.intp]:
    """`count` of the indices: whole permutations one after the other, so none comes twice before all came."""
    rounds = -(-count // len(indices))
    return np.concatenate([rng.permutation(indices) for _ in range(rounds)])[:count]


def mixup(
    grey: NDArray[np.float32], labels: NDArray[np.float32], alpha: float, rng: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Blend each image and label with another of the batch (Zhang et al., ICLR 2018)."""
    share = rng.beta(alpha, alpha, len(grey)).astype(np.float32)
    share = np.maximum(share, 1 - share)  # the first image stays the main one
    other = rng.permutation(len(grey))
    blend = share[:, None, None]
    return grey * blend + grey[other] * (1 - blend), labels * share[:, None] + labels[other] * (1 - share[:, None])


class HardAccuracy(keras.metrics.BinaryAccuracy):
    """Accuracy against the nearer label: mixup's blended labels equal no prediction."""

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Add a batch: labels and scores (b, 1) in [0, 1]."""
        super().update_state(keras.ops.round(y_true), y_pred, sample_weight)


class HardAUC(keras.metrics.AUC):
    """AUC against the nearer label; Keras' own takes every blended label for positive."""

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Add a batch: labels and scores (b, 1) in [0, 1]."""
        super().update_state(keras.ops.round(y_true), y_pred, sample_weight)


def train_classifier(
    config: TrainingConfig,
    training: LabelledImages,
    validation: LabelledImages,
    folder: Path,
    callbacks: Sequence[keras.callbacks.Callback] = (),
) -> keras.Model:
    """Run every phase; writes `folder/history.csv` as it goes and returns the trained model.

    training, validation: at the network's size. callbacks: join the run's own in every phase.
    """
    model = build_classifier(
        config.backbone,
        weights=config.weights,
        head=config.head,
        scaling=config.scaling,
        input_size=config.input_size,
        last_layer=config.last_layer,
        alpha=config.alpha,
        dropout=config.dropout,
        seed=config.seed,
    )
    history = folder / "history.csv"
    history.unlink(missing_ok=True)
    held_out = (validation.grey.astype(np.float32), validation.labels.astype(np.float32)[:, None])
    done = 0
    for phase in config.phases:
        batches = AugmentedBatches(training, config, first_epoch=done)
        _set_freedom(model, phase)
        _compile(model, phase, config, len(batches))
        result = model.fit(
            batches,
            epochs=done + phase.epochs,
            initial_epoch=done,
            validation_data=held_out,
            validation_batch_size=PREDICT_BATCH,
            callbacks=[*_phase_callbacks(phase, history), *callbacks],
            verbose=2,
        )
        done += len(result.epoch)
    return model


def _set_freedom(model: keras.Model, phase: Phase) -> None:
    if phase.unfreeze == "none":
        freeze_backbone(model)
    else:
        unfreeze_backbone(model, from_layer=None if phase.unfreeze == "all" else phase.unfreeze)


def _compile(model: keras.Model, phase: Phase, config: TrainingConfig, steps: int) -> None:
    rate = phase.learning_rate
    if phase.schedule == "cosine":
        rate = keras.optimizers.schedules.CosineDecay(rate, phase.epochs * steps)
    momentum = config.weight_averaging
    optimizer = keras.optimizers.Adam(
        rate, use_ema=momentum > 0, ema_momentum=momentum or 0.99, ema_overwrite_frequency=None
    )
    model.compile(
        optimizer,
        keras.losses.BinaryCrossentropy(label_smoothing=config.label_smoothing),
        metrics=[HardAccuracy(name="accuracy"), HardAUC(name="auc")],
    )


def _phase_callbacks(phase: Phase, history: Path) -> list[keras.callbacks.Callback]:
    chosen: list[keras.callbacks.Callback] = [keras.callbacks.CSVLogger(history, append=history.exists())]
    if phase.schedule == "plateau":
        chosen.append(keras.callbacks.ReduceLROnPlateau("val_accuracy", factor=0.2, patience=3, mode="max"))
    if phase.early_stopping:
        stop = keras.callbacks.EarlyStopping(
            "val_accuracy", patience=phase.early_stopping, restore_best_weights=True, mode="max"
        )
        chosen.append(stop)
    return chosen


def predict_logits(model: keras.Model, grey: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Logits (n,) of uint8 (n, size, size) images, through Keras."""
    network = keras.Model(model.input, model.get_layer("logit").output)
    return network.predict(grey.astype(np.float32), batch_size=PREDICT_BATCH, verbose=0)[:, 0]
