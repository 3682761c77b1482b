"""Many files to answers: a row per file for a table, and the overlays as PNG files."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from xray_model.bundle import Bundle
from xray_model.files import read_ahead
from xray_model.inference import Analysis, analyze
from xray_model.notice import NOTICE_SHORT
from xray_model.report import overlay_png

COLUMNS = ("file", "status", "probability", "label", "operating_point", "message")
OK, UNREADABLE = "ok", "unreadable"
LONGEST_STEM = 200  # bytes: file systems allow 255 for a name


def analyze_files(
    paths: Iterable[Path], bundle: Bundle, operating_point: str | None = None, *, keep_pixels: bool = False
) -> Iterator[tuple[Path, Analysis | str]]:
    """Each path, in order, with its analysis or with the sentence that says why there is none.

    keep_pixels: each analysis holds its whole radiograph, for an overlay; without it only the model's input.
    """
    side = None if keep_pixels else bundle.card.input_size
    for path, reading in read_ahead(paths, side):
        yield path, reading if isinstance(reading, str) else analyze(reading, bundle, operating_point)


def table_row(path: Path, answer: Analysis | str, overlay: str | None = None) -> dict[str, str]:
    """One row under `COLUMNS`; a row with a probability ends its `message` with the notice.

    overlay: the name of the image's overlay, if one was written.
    """
    if isinstance(answer, str):
        return {"file": str(path), "status": UNREADABLE, "message": answer}
    prediction, notes = answer.prediction, answer.radiograph.source.notes
    drawn = (f"Overlay: {overlay}.",) if overlay else ()
    return {
        "file": str(path),
        "status": OK,
        "probability": f"{prediction.probability:.6f}",
        "label": prediction.label,
        "operating_point": prediction.operating_point.name,
        "message": " ".join([*notes, *drawn, f"{NOTICE_SHORT}."]),
    }


class OverlayFolder:
    """A folder that takes one PNG per image: no name twice, and never the name of an image that is being read."""

    def __init__(self, folder: Path, inputs: Iterable[Path]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._taken = {path.name.casefold() for path in inputs}

    def write(self, path: Path, analysis: Analysis, bundle: Bundle) -> str:
        """Draw the evidence for PNEUMONIA over the radiograph read from `path`; returns the PNG's name."""
        name = self._name(os.fsdecode(os.fsencode(path.stem)[:LONGEST_STEM]))
        (self._folder / name).write_bytes(overlay_png(analysis, bundle))
        return name

    def _name(self, stem: str) -> str:
        name, number = f"{stem}-overlay.png", 1
        while name.casefold() in self._taken:
            number += 1
            name = f"{stem}-overlay-{number}.png"
        self._taken.add(name.casefold())
        return name
