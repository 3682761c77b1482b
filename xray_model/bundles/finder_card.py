"""The lung finder's folder in `weights/`: its contract, its population check, its figures."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from xray_model.bundles.folders import FETCH, WEIGHTS, verify_file
from xray_model.errors import InvalidBundle
from xray_model.evaluation.population import PopulationCheck
from xray_model.explanation.lungs import Lungs

CARD = "finder.json"
FINDER = WEIGHTS / "lung-finder-v2"
LITERT, KERAS, PROSE = "finder.tflite", "finder.keras", "FINDER_CARD.md"


@dataclass(frozen=True)
class FinderCard:
    """least_lung: share of the picture that the smaller lung must take, or the image is refused. least_chest: what
    `Lungs.chest` must reach, in [0, 1]. alarms: by sign (`SIGNS`), the number above which a warning is due.

    evaluation: counts and shares by data set. files: name -> SHA-256.
    """

    name: str
    version: int
    created: str
    input_size: int
    least_lung: float
    least_chest: float
    alarms: dict[str, float]
    population: PopulationCheck
    training: dict[str, Any] = field(default_factory=dict)
    evaluation: dict[str, Any] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)

    def shows_chest(self, lungs: Lungs) -> bool:
        """True for an upright frontal chest with two lungs."""
        return lungs.chest >= self.least_chest and lungs.smaller_area >= self.least_lung

    def to_json(self) -> str:
        """The text of `finder.json`."""
        return json.dumps(asdict(self), indent=1) + "\n"

    @classmethod
    def from_folder(cls, folder: Path = FINDER) -> FinderCard:
        """Read the card and verify every file beside it; raises `InvalidBundle`."""
        try:
            fields = json.loads((folder / CARD).read_text(encoding="utf-8"))
            check = fields["population"]
            fields["population"] = PopulationCheck(
                tuple(check["weights"]), check["bias"], check["threshold"], tuple(check["quantiles"])
            )
            card = cls(**fields)
            files = dict(card.files)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InvalidBundle(f"{folder.name}: {CARD} is missing or unreadable. {FETCH}") from error
        for name in (KERAS, LITERT):
            if name not in files:
                raise InvalidBundle(f"{folder.name}: {CARD} lists no {name}. {FETCH}")
        for name, sha256 in files.items():
            verify_file(folder / Path(name).name, sha256)
        return card
