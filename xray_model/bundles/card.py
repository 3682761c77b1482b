"""The machine-readable contract of a bundle: `card.json`, parsed and written, never guessed."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import UnionType
from typing import Any, get_origin, get_type_hints

from xray_model.errors import InvalidBundle, InvalidConfig
from xray_model.evaluation.calibration import Calibration
from xray_model.evaluation.conformal import NotSureBand
from xray_model.evaluation.operating_points import OperatingPoint
from xray_model.evaluation.prevalence import EQUAL
from xray_model.labels import LABELS

CARD_FILE, MODEL_FILE, KERAS_FILE = "card.json", "model.tflite", "model.keras"
LUNGS = NO_LUNGS, GATE, POOLED = ("none", "gate", "pooled")
# Sets of images in `evaluation`; in the last one every film is answered by a network that saw nothing of its series.
VALIDATION, SHIFTED, SERIES = "validation", "shifted validation", "left-out series"
LFS_POINTER = "version https://git-lfs.github.com/spec"


@dataclass(frozen=True)
class ModelCard:
    """What a bundle is, what it takes, what it gives and how well.

    input_size: pixels; the graph takes grey levels 0-255 as (n, input_size, input_size).
    prevalence: the share of PNEUMONIA that probabilities, thresholds and band hold for, in (0, 1); for another one see
    `at_prevalence`.
    evidence_reference: logits per map cell; the usual maximum of a PNEUMONIA map, so that weak maps are drawn weak.
    lungs: "none": made before there was a lung finder; "gate": images without lungs are refused; "pooled": also, the
    logit is the evidence of the lungs alone (`pool_over_lungs`). not_sure: probabilities too close to call.
    training: the settings and data that made it. evaluation: figures by data set, shares in [0, 1] with intervals.
    judged: figures that somebody else measured (`bundles.judged`). audit: how its maps did (`inference.audit`).
    files: name -> SHA-256 of every other file of the bundle that is hashed.
    """

    name: str
    version: int
    backbone: str
    input_size: int
    calibration: Calibration
    operating_points: tuple[OperatingPoint, ...]
    default_operating_point: str
    evidence_reference: float
    population: str
    created: str
    licence: str
    data_licence: str
    prevalence: float = EQUAL
    user_run: bool = False
    lungs: str = NO_LUNGS
    not_sure: NotSureBand | None = None
    labels: tuple[str, ...] = LABELS
    training: dict[str, Any] = field(default_factory=dict)
    evaluation: dict[str, Any] = field(default_factory=dict)
    judged: dict[str, Any] = field(default_factory=dict)
    audit: dict[str, Any] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)

    def operating_point(self, name: str | None = None) -> OperatingPoint:
        """The named operating point, the default one without a name; raises `InvalidConfig`."""
        wanted = name or self.default_operating_point
        for point in self.operating_points:
            if point.name == wanted:
                return point
        known = ", ".join(point.name for point in self.operating_points)
        raise InvalidConfig(f"Unknown operating point {wanted!r}: this bundle has {known}.")

    def to_json(self) -> str:
        """The text of `card.json`."""
        return json.dumps(asdict(self), indent=2, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> ModelCard:
        """Parse `card.json`; raises `InvalidBundle` when something is missing, unknown or of the wrong kind."""
        if text.startswith(LFS_POINTER):
            raise InvalidBundle("card.json is a Git LFS pointer, not the file itself. Run `git lfs pull`.")
        try:
            fields = json.loads(text)
            fields["calibration"] = Calibration(**fields["calibration"])
            fields["operating_points"] = tuple(_operating_point(point) for point in fields["operating_points"])
            fields.setdefault("prevalence", _prevalence_of(fields))
            fields["labels"] = tuple(fields["labels"])
            fields["not_sure"] = NotSureBand(**fields["not_sure"]) if fields.get("not_sure") else None
            card = cls(**fields)
        except (json.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
            raise InvalidBundle(f"card.json cannot be read ({error}). Fetch the bundle again.") from error
        for part in (card, card.calibration, *card.operating_points, *filter(None, [card.not_sure])):
            _check_kinds(part)
        if card.lungs not in LUNGS:
            raise InvalidBundle(f"card.json says lungs {card.lungs!r}; expected {', '.join(LUNGS)}. Update the app.")
        if not 0 < card.prevalence < 1:
            raise InvalidBundle(
                f"card.json says prevalence {card.prevalence}; expected a share. Fetch the bundle again."
            )
        if card.labels != LABELS:
            raise InvalidBundle(f"card.json names the labels {card.labels}; expected {LABELS}. Fetch the bundle again.")
        if card.default_operating_point not in [point.name for point in card.operating_points]:
            raise InvalidBundle("card.json lacks its own default_operating_point. Fetch the bundle again.")
        return card

    @classmethod
    def from_file(cls, path: Path) -> ModelCard:
        """Read a `card.json`; raises `InvalidBundle` when it is missing or wrong."""
        try:
            return cls.from_json(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise InvalidBundle(f"{path.parent.name}: card.json is missing or unreadable. Fetch it again.") from error


def _operating_point(fields: dict[str, Any]) -> OperatingPoint:
    intervals = {name: tuple(fields[name]) for name in ("sensitivity_interval", "specificity_interval")}
    return OperatingPoint(**(fields | intervals))


def _prevalence_of(fields: dict[str, Any]) -> float:
    """What an older card leaves unsaid: its calibration holds for the share among the images that it was fitted on."""
    counts = (fields.get("training") or {}).get("validation") or {}
    normal, pneumonia = (counts.get(label, 0) for label in LABELS)
    return pneumonia / (normal + pneumonia) if normal and pneumonia else EQUAL


def _check_kinds(part: Any) -> None:
    """Every field of a dataclass is what its annotation says, numbers are finite: JSON promises nothing."""
    for name, hint in get_type_hints(type(part)).items():
        value, kind = getattr(part, name), get_origin(hint) or hint
        if kind is UnionType:  # the one optional part, which is checked as a part of its own
            continue
        is_right = isinstance(value, (int, float) if kind is float else kind)
        if kind in (int, float):
            is_right = is_right and not isinstance(value, bool) and math.isfinite(value)
        if not is_right:
            raise InvalidBundle(f"card.json: {name} is {value!r}, not a valid {kind.__name__}. Fetch the bundle again.")
