"""A finished run's result: its bundle, and what the old and the new network say of the validation images."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xray_model.bundles.card import CARD_FILE, ModelCard
from xray_model.errors import InvalidBundle
from xray_model.evaluation.metrics import roc_auc
from xray_model.jobs.run_files import HISTORY
from xray_model.recipes.config import BUNDLED

VALIDATION_FILE, SETTINGS_FILE = "validation.npz", "settings.json"
NOISE = 0.01  # AUC: differences below are not worth a warning


@dataclass(frozen=True)
class OldHospital:
    """AUC on `images` phantoms of the bundled model's hospital: of that model (before) and of the run's (after)."""

    before: float
    after: float
    images: int


@dataclass(frozen=True, eq=False)
class RunResult:
    """A finished run. grey: uint8 (n, s, s) validation images; evidence: float32 (n, h, w), signed, logits per cell.

    probabilities: (n,) of the new bundle; before: of the bundled model on the same images, None when it has no say.
    old: what a run that went on from the bundled model has forgotten; None for others, and for its own hospital.
    """

    folder: Path
    card: ModelCard
    history: list[dict[str, str]]
    settings: dict[str, Any]
    grey: NDArray[np.uint8]
    labels: NDArray[np.int8]
    names: tuple[str, ...]
    groups: tuple[str, ...]
    probabilities: NDArray[np.float64]
    evidence: NDArray[np.float32]
    before: NDArray[np.float64] | None
    old: OldHospital | None = None

    @property
    def threshold(self) -> float:
        """The new bundle's default operating point."""
        return self.card.operating_point().threshold

    @property
    def worse(self) -> bool:
        """True when the run went on from the bundled model, and that ranks these images better."""
        return self.is_from_bundled and self._bundled_auc > self._auc(self.probabilities) + NOISE

    @property
    def is_from_bundled(self) -> bool:
        """True when the run started from the bundled model, which is here to compare with."""
        return self.before is not None and self.settings.get("weights") == BUNDLED

    @property
    def _bundled_auc(self) -> float:
        return float("nan") if self.before is None else self._auc(self.before)

    @property
    def sentence(self) -> str:
        """Before and after in words, with a warning where one is due."""
        after, n = self._auc(self.probabilities), len(self.labels)
        if self.before is None:
            return f"AUC {after:.3f} on {n} validation images."
        if not self.is_from_bundled:
            return f"AUC {after:.3f} on {n} validation images; the bundled model has {self._bundled_auc:.3f} on them."
        figures = f"AUC {self._bundled_auc:.3f} before, {after:.3f} after, on the same {n} validation images."
        if self.worse:
            return f"Worse than what you started from: {figures} Keep the bundled model."
        return figures

    def _auc(self, probabilities: NDArray[np.float64]) -> float:
        return roc_auc(probabilities, self.labels)


def save_validation(
    folder: Path,
    *,
    grey: NDArray[np.uint8],
    labels: NDArray[np.int8],
    names: tuple[str, ...],
    groups: tuple[str, ...],
    probabilities: NDArray[Any],
    evidence: NDArray[Any],
    before: NDArray[Any] | None,
    old: OldHospital | None = None,
) -> None:
    """Write `folder/validation.npz`; shapes as in `RunResult`."""
    arrays: dict[str, Any] = {"grey": grey, "labels": labels, "probabilities": probabilities, "evidence": evidence}
    if before is not None:
        arrays["before"] = before
    if old is not None:
        arrays["old"] = np.array([old.before, old.after, old.images])
    np.savez_compressed(folder / VALIDATION_FILE, names=np.array(names), groups=np.array(groups), **arrays)


def load_result(folder: str | Path) -> RunResult:
    """The result in a run's bundle folder; raises `InvalidBundle`."""
    folder = Path(folder)
    card = ModelCard.from_file(folder / CARD_FILE)
    try:
        settings = json.loads((folder / SETTINGS_FILE).read_text(encoding="utf-8"))
        with (folder / HISTORY).open(newline="", encoding="utf-8") as stream:
            history = list(csv.DictReader(stream))
        with np.load(folder / VALIDATION_FILE, allow_pickle=False) as kept:
            arrays = {name: kept[name] for name in kept.files}
    except (OSError, ValueError) as error:
        raise InvalidBundle(f"The run's result cannot be read ({type(error).__name__}): run it again.") from error
    texts = {name: tuple(arrays.pop(name).tolist()) for name in ("names", "groups")}
    found = arrays.pop("old", None)
    old = None if found is None else OldHospital(float(found[0]), float(found[1]), int(found[2]))
    return RunResult(folder, card, history, settings, **{"before": None, **arrays, **texts}, old=old)
