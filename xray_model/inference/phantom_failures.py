"""Phantoms that a bundle gets wrong: `phantom_failures.csv` beside its card.

Unlike a real film, a phantom can be shown to everybody, with the truth about every pixel.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from xray_model.bundles.bundle import Bundle
from xray_model.errors import RefusedRadiograph
from xray_model.imaging.radiograph import Radiograph
from xray_model.inference.analyze import analyze
from xray_model.labels import LABELS
from xray_model.phantoms import UPLOAD_SIZE, draw_phantom, finding_of

FAILURES_FILE = "phantom_failures.csv"
SEEDS_TRIED = 1000  # from 0 on


@dataclass(frozen=True)
class PhantomFailure:
    """A phantom of `UPLOAD_SIZE` called wrong at the default operating point. seed and finding: to draw it again.

    probability: of PNEUMONIA, for the card's prevalence. refused: the gate refused it, so that there is none (it is 0).
    """

    seed: int
    finding: str
    called: str
    probability: float
    refused: bool = False

    @property
    def label(self) -> str:
        """The truth: PNEUMONIA or NORMAL."""
        return LABELS[int(self.finding != "none")]


def find_failures(bundle: Bundle, seeds: Iterable[int]) -> list[PhantomFailure]:
    """The phantoms of these seeds that are called wrong or refused, in their order."""
    found = []
    for seed in seeds:
        phantom = draw_phantom(seed, size=UPLOAD_SIZE)
        try:
            answer = analyze(Radiograph.from_array(phantom.pixels), bundle).prediction
        except RefusedRadiograph:
            found.append(PhantomFailure(seed, finding_of(seed), "", 0.0, refused=True))
            continue
        if answer.label != phantom.label:
            found.append(PhantomFailure(seed, finding_of(seed), answer.label, round(answer.probability, 4)))
    return found


def write_failures(bundle: Bundle, seeds: Iterable[int] = range(SEEDS_TRIED)) -> Path:
    """Look for failures and keep them beside the bundle's card; returns the file."""
    path = bundle.folder / FAILURES_FILE
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [field.name for field in fields(PhantomFailure)], lineterminator="\n")
        writer.writeheader()
        for failure in find_failures(bundle, seeds):
            writer.writerow(asdict(failure) | {"refused": int(failure.refused)})
            file.flush()
    return path


def read_failures(folder: Path) -> list[PhantomFailure]:
    """The failures kept beside a bundle's card; none without the file."""
    path = folder / FAILURES_FILE
    rows = csv.DictReader(path.read_text(encoding="utf-8").splitlines()) if path.is_file() else ()
    return [
        PhantomFailure(
            int(row["seed"]), row["finding"], row["called"], float(row["probability"]), row["refused"] == "1"
        )
        for row in rows
    ]
