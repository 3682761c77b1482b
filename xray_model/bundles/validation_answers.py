"""What was answered on the films that a bundle's decisions were chosen on, film by film: `answers.npz`.

No picture, name or patient is in it, and nothing of a test set. Every figure of the card about these films can be
computed from it, and so can other figures, at other thresholds.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xray_model.errors import InvalidBundle
from xray_model.evaluation.calibration import Calibration, sigmoid
from xray_model.evaluation.groups import AS_TAKEN

ANSWERS_FILE = "answers.npz"
STEPS = 1000  # log odds are kept in thousandths, as int16: from -32.767 to 32.767
NUMBERS = ("film", "patient", "label", "fold")  # columns kept as they are
NAMES = ("group", "condition")  # columns kept as numbers into a list of names
OWN = -1  # in `fold`: the network of this folder answered


@dataclass(frozen=True, eq=False)
class ValidationAnswers:
    """One row for each film and condition, all columns (m,).

    film: number of the film in its set; its rows under all conditions share it. patient: number of its patient. label:
    0 NORMAL or 1 PNEUMONIA. group: label and, where known, kind of pneumonia and series. condition: `AS_TAKEN` or the
    simulated shift. fold: the series (0 or 1) that the answering network saw nothing of, or `OWN`. log_odds: of
    PNEUMONIA where both labels are equally common; before `calibrated` the network's own logits.
    """

    film: NDArray[np.int64]
    patient: NDArray[np.int64]
    label: NDArray[np.int8]
    group: NDArray[np.str_]
    condition: NDArray[np.str_]
    fold: NDArray[np.int8]
    log_odds: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.film)

    @property
    def probability(self) -> NDArray[np.float64]:
        """Of PNEUMONIA where both labels are equally common, (m,) in [0, 1]."""
        return sigmoid(self.log_odds)

    @property
    def as_taken(self) -> NDArray[np.bool_]:
        """(m,): rows of films that nothing was done to."""
        return np.asarray(self.condition == AS_TAKEN)

    @property
    def cell(self) -> NDArray[np.str_]:
        """(m,): group and condition in one name."""
        return np.char.add(np.char.add(self.group, "; "), self.condition)

    def take(self, rows: NDArray[np.bool_] | NDArray[np.intp]) -> ValidationAnswers:
        """Some of the rows."""
        return ValidationAnswers(**{name: column[rows] for name, column in vars(self).items()})

    def calibrated(self, calibration: Calibration) -> ValidationAnswers:
        """The same with calibrated log odds, rounded as the file keeps them."""
        thousandths = np.clip(np.rint(calibration.log_odds(self.log_odds) * STEPS), -32767, 32767)
        return replace(self, log_odds=thousandths / STEPS)


def join(parts: list[ValidationAnswers]) -> ValidationAnswers:
    """The rows of all parts, in order."""
    return ValidationAnswers(**{name: np.concatenate([vars(part)[name] for part in parts]) for name in vars(parts[0])})


def save_answers(folder: Path, sets: Mapping[str, ValidationAnswers]) -> None:
    """Write `answers.npz`: the rows of all sets one after the other, with the set of each in the column `set`."""
    rows = join(list(sets.values()))
    columns: dict[str, Any] = {name: _smallest(vars(rows)[name]) for name in NUMBERS}
    for name in NAMES:
        columns[f"{name}_names"], numbers = np.unique(vars(rows)[name], return_inverse=True)
        columns[name] = _smallest(numbers)
    columns["set_names"] = np.array(list(sets))
    columns["set"] = _smallest(np.repeat(np.arange(len(sets)), [len(one) for one in sets.values()]))
    columns["log_odds"] = np.rint(rows.log_odds * STEPS).astype(np.int16)
    np.savez_compressed(folder / ANSWERS_FILE, **columns)


def load_answers(folder: Path) -> dict[str, ValidationAnswers]:
    """Set, named as in the card's `evaluation` -> its rows; raises `InvalidBundle` on a missing or damaged file."""
    try:
        with np.load(folder / ANSWERS_FILE, allow_pickle=False) as kept:
            columns = {name: kept[name] for name in kept.files}
        rows = ValidationAnswers(
            **{name: columns[name].astype(np.int64) for name in NUMBERS},
            **{name: columns[f"{name}_names"][columns[name]] for name in NAMES},
            log_odds=columns["log_odds"] / STEPS,
        )
        return {str(name): rows.take(columns["set"] == i) for i, name in enumerate(columns["set_names"])}
    except (OSError, KeyError, IndexError, ValueError, zipfile.BadZipFile) as error:
        raise InvalidBundle(f"{folder.name}/{ANSWERS_FILE} is missing or damaged. Fetch the bundle again.") from error


def _smallest(numbers: NDArray[np.integer]) -> NDArray[np.integer]:
    low, high = int(numbers.min()), int(numbers.max())
    return numbers.astype(np.promote_types(np.min_scalar_type(low), np.min_scalar_type(high)))
