"""A run's progress and its checkpoint, from which it goes on as if it had never been interrupted."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from xray_model.jobs.run_files import CHECKPOINT

PLATEAU_FACTOR, PLATEAU_PATIENCE, PLATEAU_DELTA = 0.2, 3, 1e-4  # ReduceLROnPlateau as the article sets it

Arrays = list[NDArray[Any]]


@dataclass
class Progress:
    """Counters of a run, plain values only. epoch: epochs done, over all phases. phase: index of the present one.

    best_score: (val_accuracy, -val_loss) of the best epoch of the whole run, which a stopped run keeps. phase_best: the
    best val_accuracy of this phase, for early stopping; phase_wait: epochs since. plateau_best, plateau_wait: the same
    for the learning rate.
    """

    epoch: int = 0
    phase: int = 0
    phase_epoch: int = 0
    best_epoch: int | None = None
    best_score: list[float] | None = None
    phase_best: float | None = None
    phase_wait: int = 0
    plateau_best: float | None = None
    plateau_wait: int = 0
    rows: list[dict[str, Any]] = field(default_factory=list)

    def next_phase(self) -> None:
        """Begin the next phase with fresh counters."""
        self.phase, self.phase_epoch = self.phase + 1, 0
        self.phase_best, self.phase_wait, self.plateau_best, self.plateau_wait = None, 0, None, 0

    def is_best(self, row: dict[str, Any]) -> bool:
        """Note the epoch's score; True when no epoch before was better."""
        score = [row["val_accuracy"], -row["val_loss"]]
        if self.best_score is not None and score <= self.best_score:
            return False
        self.best_score, self.best_epoch = score, row["epoch"]
        return True

    def is_phase_best(self, value: float) -> bool:
        """Early stopping's count: True when `value` beats the phase so far."""
        if self.phase_best is not None and value <= self.phase_best:
            self.phase_wait += 1
            return False
        self.phase_best, self.phase_wait = value, 0
        return True

    def wants_lower_rate(self, value: float) -> bool:
        """The plateau rule's count: True when the learning rate should fall now."""
        if self.plateau_best is None or value > self.plateau_best + PLATEAU_DELTA:
            self.plateau_best, self.plateau_wait = value, 0
            return False
        self.plateau_wait += 1
        if self.plateau_wait < PLATEAU_PATIENCE:
            return False
        self.plateau_wait = 0
        return True


@dataclass
class Checkpoint:
    """One file: progress, the network's variables (dropout's generators too), the optimizer's, and the best weights."""

    progress: Progress
    network: Arrays
    optimizer: Arrays
    best: Arrays = field(default_factory=list)
    phase_best: Arrays = field(default_factory=list)

    def save(self, folder: Path) -> None:
        """Write `folder/checkpoint.npz`, whole or not at all; `OSError` on a full disk."""
        part = folder / f"{CHECKPOINT}.part"
        arrays = {f"{name}_{i:04d}": value for name in ARRAY_FIELDS for i, value in enumerate(getattr(self, name))}
        try:
            with part.open("wb") as stream:
                np.savez(stream, progress=np.array(json.dumps(asdict(self.progress))), **arrays)
            part.replace(folder / CHECKPOINT)
        finally:
            part.unlink(missing_ok=True)

    @classmethod
    def load(cls, folder: Path) -> Checkpoint | None:
        """The folder's checkpoint, None when there is none."""
        if not (folder / CHECKPOINT).is_file():
            return None
        with np.load(folder / CHECKPOINT, allow_pickle=False) as stored:
            progress = Progress(**json.loads(str(stored["progress"])))
            names = sorted(stored.files)
            lists = {field: [stored[name] for name in names if name.startswith(f"{field}_0")] for field in ARRAY_FIELDS}
        return cls(progress, **lists)


ARRAY_FIELDS = ("network", "optimizer", "best", "phase_best")


def values(variables: Sequence[keras.Variable]) -> Arrays:
    """Copies of variables, in order."""
    return [np.array(keras.ops.convert_to_numpy(variable)) for variable in variables]


def assign(variables: Sequence[keras.Variable], arrays: Arrays) -> None:
    """Put copies back."""
    for variable, array in zip(variables, arrays, strict=True):
        variable.assign(array)
