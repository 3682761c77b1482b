"""The training run: settings and images in, a trained classifier and its history out.

One loop for every recipe, because it must be able to wait between two batches, to end early with the best epoch, and to
go on from a checkpoint as if it had never been interrupted. `Model.fit` cannot: a stop that its batches raise comes out
as an error of TensorFlow's, and each call ends by writing the moving average over the weights.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from xray_model.bundles.card import POOLED
from xray_model.datasets.labelled_images import LabelledImages
from xray_model.evaluation.metrics import judge
from xray_model.jobs.run_files import BEFORE, HISTORY
from xray_model.recipes.config import Phase, TrainingConfig, is_cached, learns_head_only
from xray_model.training.batches import AugmentedBatches, label_weights, prefetched, sample_weights
from xray_model.training.checkpoint import PLATEAU_FACTOR, Checkpoint, Progress, assign, values
from xray_model.training.cut import cut_tensor, lower_model, upper_model
from xray_model.training.cut_maps import CutMaps, lower_pass, room_refusal
from xray_model.training.diagnostics import collapse_sentence, overfitting_sentence
from xray_model.training.early_features import EarlyFeatures, bundled_maps
from xray_model.training.features import FeatureStore, keras_maps
from xray_model.training.film import Film
from xray_model.training.lung_fields import LungFields
from xray_model.training.phase_inputs import CachedFeatures, CachedMaps, LungPooledImages, PhaseInputs, WholeImages
from xray_model.training.setup import (
    PREDICT_BATCH,
    Learner,
    compile_model,
    full_precision,
    set_freedom,
    start_model,
)
from xray_model.training.time_left import TimeLeft
from xray_model.training.views import Views
from xray_model.training.watch import Event, StopRun, Watch, print_epoch, write_history


def train_classifier(
    config: TrainingConfig,
    training: LabelledImages,
    validation: LabelledImages,
    folder: Path,
    report: Callable[[Event], None] = print_epoch,
) -> keras.Model:
    """Run every phase; writes `folder/history.csv` as it goes and returns the trained model.

    training, validation: at the network's size. report: takes each event of the run.
    """
    return TrainingLoop(config, training, validation, folder, Watch(report=report)).run()


class TrainingLoop:
    """A run in memory. checkpoints: the folder to write one to after every epoch and, with `resume`, to go on from."""

    def __init__(
        self,
        config: TrainingConfig,
        training: LabelledImages,
        validation: LabelledImages,
        folder: Path,
        watch: Watch | None = None,
        *,
        checkpoints: Path | None = None,
        resume: bool = False,
        early: EarlyFeatures | None = None,
    ) -> None:
        """early: features of the images "training" and "validation" that are on their way already."""
        self.config, self.folder, self.watch = config, folder, watch or Watch()
        self.training, self.validation = training, validation
        self.model = start_model(config)
        self.stopped = False
        self._early, self._bundled = early, early.maps if early else bundled_maps(config)
        self._own = keras_maps(self.model)
        self._variables = list(self.model.variables)  # before compiling: weights and dropout's generators, no metrics
        self._stores: dict[str, FeatureStore] = {}
        images = {"training": training, "validation": validation}
        self._fields = early.fields if early else {name: LungFields(one.grey) for name, one in images.items()}
        film = self.watch.film
        self._film = Film(self.model, self._own, film, self._bundled, config.lungs) if film else None
        self._checkpoints = checkpoints
        self._said: set[str] = set()
        self._best: list[NDArray[Any]] = []
        self._phase_best: list[NDArray[Any]] = []
        self._found = Checkpoint.load(checkpoints) if resume and checkpoints else None
        self.progress = self._found.progress if self._found else Progress()
        self.left = TimeLeft(config, len(training) + len(validation))
        self._take(self._found)

    def run(self) -> keras.Model:
        """Every phase that is left. After a stop the model holds the best epoch so far; `StopRun` when none ended."""
        self.watch.show_film()
        try:
            while self.progress.phase < len(self.config.phases):
                self._run_phase(self.config.phases[self.progress.phase])
        except StopRun:
            if not self._best:
                raise
            assign(self._variables, self._best)
            self.stopped = True
        write_history(self.progress.rows, self.folder / HISTORY)  # a run that only resumed to stop wrote none
        return full_precision(self.model, self.config)

    def _take(self, found: Checkpoint | None) -> None:
        if found:
            assign(self._variables, found.network)
            self._best, self._phase_best = found.best, found.phase_best

    def _run_phase(self, phase: Phase) -> None:
        set_freedom(self.model, phase)
        if phase.unfreeze != "none":
            self._stores.clear()  # what they hold will not be what the backbone says
        self.left.begin()
        inputs = self._inputs(phase)
        self.learner = Learner.of(inputs.network)
        steps = len(AugmentedBatches(self.training, self.config))
        compile_model(self.learner, phase, self.config, steps)
        if self._found and self.progress.phase_epoch:
            assign(self.learner.optimizer.variables, self._found.optimizer)
        self._found = None
        self._held_out = inputs.held_out()
        self._announce(phase)
        if not self.progress.rows:
            self._note_start(inputs)
        while not self._is_over(phase):
            self._run_epoch(phase, inputs)
        self.learner.optimizer.finalize_variable_values(self.learner.trainable_variables)  # the moving average, if on
        if phase.early_stopping and self._phase_best:
            assign(self._variables, self._phase_best)
        self._phase_best = []
        self.progress.next_phase()

    def _is_over(self, phase: Phase) -> bool:
        progress = self.progress
        stops = bool(phase.early_stopping) and progress.phase_wait >= phase.early_stopping
        return progress.phase_epoch >= phase.epochs or stops

    def _announce(self, phase: Phase) -> None:
        self.watch.report(
            {
                "kind": "phase",
                "phase": phase.name,
                "phase_index": self.progress.phase,
                "epoch": self.progress.epoch,
                "unfreeze": phase.unfreeze,
            }
        )

    def _store(self, which: str) -> FeatureStore:
        if which not in self._stores:
            images = self.training if which == "training" else self.validation
            if self._has_learned or self._bundled is None:
                self._stores[which] = FeatureStore(self._own, images, self.config, self._fields[which])
            else:
                early = partial(self._early.take, which) if self._early else None
                self._stores[which] = FeatureStore(self._bundled, images, self.config, self._fields[which], early)
        return self._stores[which]

    @property
    def _has_learned(self) -> bool:
        """True when the backbone no longer is, or will no longer be, what it was at the start."""
        return any(phase.unfreeze != "none" for phase in self.config.phases[: self.progress.phase + 1])

    def _inputs(self, phase: Phase) -> PhaseInputs:
        """How the network learns in this phase."""
        if learns_head_only(self.config, phase):
            return CachedFeatures(self.model, self.training, self.config, self._store, self._advance_features)
        if is_cached(self.config, phase) and (cached := self._cached_maps(phase)):
            return cached
        if self.config.lungs == POOLED:
            return LungPooledImages(self.model, self.training, self.validation, self.config, self._fields)
        return WholeImages(self.model, self.training, self.validation, self.config)

    def _cached_maps(self, phase: Phase) -> CachedMaps | None:
        """The upper part on maps at the cut; None where these cannot be cut there, or find no room, which is said."""
        cut, pooled = cut_tensor(self.model, phase.unfreeze), self.config.lungs == POOLED
        if cut is None:
            return None
        shape = tuple(int(side) for side in cut.shape[1:])
        views = {"training": Views(self.training, self.config, self._fields["training"])}
        views["validation"] = Views(self.validation, self.config, self._fields["validation"])
        refusal = room_refusal(self.folder, shape, views["training"].count * len(self.training) + len(self.validation))
        if refusal:
            self.watch.warn("cached maps", refusal, self.progress.epoch)
            return None
        lower, upper = lower_pass(lower_model(self.model, cut)), upper_model(self.model, cut, pooled)
        height, width = self.model.get_layer("pooler").input.shape[1:3]
        cells = (int(height), int(width)) if pooled else None
        maps = {name: CutMaps(lower, one, self.folder, shape, cells) for name, one in views.items()}
        return CachedMaps(
            upper, self.config, views["training"], maps["training"], maps["validation"], self._advance_features
        )

    def _advance_features(self, done: int, total: int) -> None:
        self._wait()
        sentence = f"Computing what the frozen layers say about each image: {done} of {total}."
        left = self.left.computing(self.progress.phase, done)
        self.watch.progress("features", done, total, sentence, epoch=self.progress.epoch, seconds_left=left)

    def _wait(self) -> None:
        """Until the run may go on."""
        began = time.monotonic()
        self.watch.wait()
        self.left.idle(time.monotonic() - began)

    def _run_epoch(self, phase: Phase, inputs: PhaseInputs) -> None:
        began = time.monotonic()
        self.left.begin()
        logs, images = self._learn(phase, inputs.batches(self.progress.epoch))
        row = {"kind": "epoch", "epoch": self.progress.epoch, "phase": phase.name, **logs, **self._judge()}
        row |= {"phase_index": self.progress.phase, "epochs_total": self.config.epochs}
        row["learning_rate"] = float(np.asarray(self.learner.optimizer.learning_rate))
        self._rest(began)
        seconds = time.monotonic() - began
        row |= {"seconds": seconds, "images_per_second": images}
        row["seconds_left"] = self.left.epoch_done(self.progress.phase, self.progress.phase_epoch + 1)
        self._note(row, phase)

    def _rest(self, began: float) -> None:
        """Wait until the epoch has lasted as long as the settings' pace asks."""
        while time.monotonic() - began < self.config.pace:
            self._wait()
            time.sleep(0.02)

    def _learn(self, phase: Phase, batches: AugmentedBatches) -> tuple[dict[str, float], float]:
        """One pass over the batches: (the epoch's running figures, images per second)."""
        began, seen, logs = time.monotonic(), 0, {}
        weights = label_weights(self.training.labels) if self.config.class_weights else None
        for index, (inputs, labels) in enumerate(prefetched(batches)):
            self._wait()
            sample = None if weights is None else sample_weights(labels, weights)
            logs = self._learn_batch(index, inputs, labels, sample)
            seen += len(labels)
            rate = seen / max(1e-6, time.monotonic() - began)
            self._advance_batches(phase, index + 1, len(batches), rate)
        return {name: float(value) for name, value in logs.items()}, rate

    def _learn_batch(self, index: int, inputs: Any, labels: Any, sample: Any) -> dict[str, Any]:
        """One step; the running figures since the epoch's first batch."""
        if not index:
            self.learner.begin_figures()
        return self.learner.train_on_batch(inputs, labels, sample_weight=sample, return_dict=True)

    def _advance_batches(self, phase: Phase, done: int, total: int, rate: float) -> None:
        epoch = self.progress.epoch
        left = self.left.within_epoch(self.progress.phase, self.progress.phase_epoch)
        sentence = f"Epoch {epoch + 1} of {self.config.epochs}, batch {done} of {total}."
        more = {"epoch": epoch, "phase": phase.name, "images_per_second": rate, "seconds_left": left}
        self.watch.progress("batches", done, total, sentence, **more)

    def _judge(self) -> dict[str, float | None]:
        """Figures on the validation images, at a score of 0.5."""
        scores = predict(self.learner, self._held_out)
        return judge(scores, self.validation.labels, self.config.label_smoothing)

    def _note_start(self, inputs: PhaseInputs) -> None:
        """The point before the first step, which every curve begins with; no epoch, so that it is never the best."""
        seen, labels = inputs.learned_from()
        own = judge(predict(self.learner, seen), labels, self.config.label_smoothing)
        row = {"kind": "start", "epoch": -1, "phase": BEFORE, "phase_index": 0, "epochs_total": self.config.epochs}
        row |= {name.removeprefix("val_"): value for name, value in own.items()} | self._judge()
        row["learning_rate"] = float(np.asarray(self.learner.optimizer.learning_rate))
        self.progress.rows.append({name: value for name, value in row.items() if name != "kind"})
        row["film"] = self._film.frames(backbone_learns=False) if self._film else []
        self.watch.report(row)

    def _note(self, row: dict[str, Any], phase: Phase) -> None:
        """Count the epoch, keep its weights if they are the best, write the checkpoint, tell the watcher."""
        progress = self.progress
        progress.rows.append({name: value for name, value in row.items() if name != "kind"})
        row["best"] = progress.is_best(row)
        if row["best"]:
            self._best = values(self._variables)
        if phase.early_stopping and progress.is_phase_best(row["val_accuracy"]):
            self._phase_best = values(self._variables)
        if phase.schedule == "plateau" and progress.wants_lower_rate(row["val_accuracy"]):
            self.learner.optimizer.learning_rate = row["learning_rate"] * PLATEAU_FACTOR
        progress.epoch, progress.phase_epoch = progress.epoch + 1, progress.phase_epoch + 1
        self._save()
        row["film"] = self._film.frames(self._has_learned) if self._film else []
        self.watch.report(row)
        self._warn(phase)
        self.watch.epoch_done()

    def _warn(self, phase: Phase) -> None:
        rows = [row for row in self.progress.rows if row["phase"] == phase.name]
        for about, sentence in (("one class", collapse_sentence(rows)), ("overfitting", overfitting_sentence(rows))):
            if sentence and (about + phase.name) not in self._said:
                self._said.add(about + phase.name)
                self.watch.warn(about, sentence, rows[-1]["epoch"])

    def _save(self) -> None:
        """Records and checkpoint; on a full disk the run goes on without them and says so."""
        try:
            write_history(self.progress.rows, self.folder / HISTORY)
            if self._checkpoints is not None:
                optimizer = values(self.learner.optimizer.variables)
                network = values(self._variables)
                Checkpoint(self.progress, network, optimizer, self._best, self._phase_best).save(self._checkpoints)
        except OSError as error:
            self.watch.warn(
                "checkpoint",
                f"The checkpoint of epoch {self.progress.epoch} could not be written ({error.strerror}): the run goes "
                "on, but cannot be taken up again from here.",
                self.progress.epoch - 1,
            )


def predict(model: keras.Model, inputs: Any) -> NDArray[np.float64]:
    """Scores (n,) in [0, 1] of images (n, size, size), features (n, c) or named inputs, a chunk at a time."""
    count = len(next(iter(inputs.values())) if isinstance(inputs, dict) else inputs)
    chunks = [slice(start, start + PREDICT_BATCH) for start in range(0, count, PREDICT_BATCH)]
    parts = [np.asarray(model.predict_on_batch(_part(inputs, chunk)))[:, 0] for chunk in chunks]
    return np.concatenate(parts).astype(np.float64)


def _part(inputs: Any, chunk: slice) -> Any:
    if isinstance(inputs, dict):
        return {name: values[chunk].astype(np.float32) for name, values in inputs.items()}
    return inputs[chunk].astype(np.float32)
