"""Many files to answers: a row per file for a table, and the overlays as PNG files."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain, count
from pathlib import Path

from xray_model.bundles.bundle import Bundle
from xray_model.bundles.litert import usable_cores
from xray_model.errors import InvalidRadiograph, RefusedRadiograph
from xray_model.imaging.files import map_ahead
from xray_model.imaging.radiograph import read_file
from xray_model.imaging.sandbox import Decoders, decoders
from xray_model.inference.analyze import Analysis, analyze
from xray_model.notice import NOTICE_SHORT
from xray_model.reports.figures import overlay_png

COLUMNS = ("file", "status", "probability", "label", "operating_point", "message")
OK, UNREADABLE, REFUSED = "ok", "unreadable", "refused"
LONGEST_STEM = 200  # bytes: file systems allow 255 for a name


@dataclass(frozen=True)
class NoAnswer:
    """A file without an answer. status: `UNREADABLE` or `REFUSED`. message: the reason, in words."""

    status: str
    message: str

    @classmethod
    def of(cls, error: InvalidRadiograph) -> NoAnswer:
        """The words only: the error itself would keep the file's bytes alive."""
        return cls(REFUSED if isinstance(error, RefusedRadiograph) else UNREADABLE, str(error))


def analyze_files(
    paths: Iterable[Path], bundle: Bundle, operating_point: str | None = None, overlays: OverlayFolder | None = None
) -> Iterator[tuple[Path, Analysis | NoAnswer]]:
    """Each path, in order, with its analysis or with the sentence that says why there is none.

    Each file is worked on from its bytes to its answer with a decoding process and a network of its own: on two cores
    that is faster than two threads inside one network beside two that decode. One more than there are cores, so that
    none idles while a file goes to its decoder and back. What comes out holds the model's input, not the file's
    pixels. overlays: write each image's overlay there. Raises `OSError` when one cannot be written.
    """
    own, at_once = threading.local(), usable_cores() + 1

    def work(path: Path) -> Analysis | NoAnswer:
        if not hasattr(own, "bundle"):
            own.bundle = bundle.sibling()
        return _analyze_file(path, decoders(at_once), own.bundle, operating_point, overlays)

    return map_ahead(work, paths, at_once)


def _analyze_file(
    path: Path, apart: Decoders, bundle: Bundle, operating_point: str | None, overlays: OverlayFolder | None
) -> Analysis | NoAnswer:
    size = bundle.card.input_size
    try:
        radiograph = apart.decode(read_file(path), None if overlays else size)  # an overlay is drawn on all pixels
        analysis = analyze(radiograph.squeezed(size), bundle, operating_point)
    except InvalidRadiograph as error:
        return NoAnswer.of(error)
    if overlays:
        overlays.write(path, replace(analysis, radiograph=radiograph), bundle)
    return analysis


def table_row(path: Path, answer: Analysis | NoAnswer, overlay: str | None = None) -> dict[str, str]:
    """One row under `COLUMNS`; a row with a probability ends its `message` with the notice.

    overlay: the name of the image's overlay, if one was written.
    """
    if isinstance(answer, NoAnswer):
        return {"file": str(path), "status": answer.status, "message": answer.message}
    prediction, notes = answer.prediction, (*answer.radiograph.source.notes, *warnings(answer))
    drawn = (f"Overlay: {overlay}.",) if overlay else ()
    return {
        "file": str(path),
        "status": OK,
        "probability": f"{prediction.probability:.6f}",
        "label": prediction.label,
        "operating_point": prediction.operating_point.name,
        "message": " ".join([*notes, *drawn, f"{NOTICE_SHORT}."]),
    }


def warnings(analysis: Analysis) -> list[str]:
    """What limits an answer, in sentences: somebody outside the population, a probability that is no answer."""
    found = []
    if analysis.admission and analysis.admission.outside:
        found.append(
            "Looks unlike the children of 1-5 years that the model learned from: more unusual than "
            f"{analysis.admission.unusual:.0%} of them."
        )
    if analysis.prediction.unsure:
        found.append("Not sure: the probability rules out neither PNEUMONIA nor NORMAL.")
    return found


class OverlayFolder:
    """A folder that takes one PNG per image: no name twice, and never the name of an image that is being read."""

    def __init__(self, folder: Path, inputs: Iterable[Path]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._names = overlay_names(inputs)

    def name(self, path: Path) -> str:
        """The name of the overlay of the image in `path`, one of the inputs."""
        return self._names[path]

    def write(self, path: Path, analysis: Analysis, bundle: Bundle) -> None:
        """Draw the evidence for PNEUMONIA over the radiograph read from `path`; from any thread."""
        (self._folder / self._names[path]).write_bytes(overlay_png(analysis, bundle))


def overlay_names(inputs: Iterable[Path]) -> dict[Path, str]:
    """`chest.png` -> `chest-overlay.png`, or `-overlay-2` where that is taken, upper and lower case being the same."""
    inputs = list(inputs)
    taken, names = {path.name.casefold() for path in inputs}, {}
    for path in inputs:
        stem = os.fsdecode(os.fsencode(path.stem)[:LONGEST_STEM])
        numbered = (f"{stem}-overlay-{number}.png" for number in count(2))
        names[path] = next(name for name in chain([f"{stem}-overlay.png"], numbered) if name.casefold() not in taken)
        taken.add(names[path].casefold())
    return names
