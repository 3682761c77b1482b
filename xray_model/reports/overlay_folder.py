"""A folder of overlays: one PNG for each radiograph, its evidence drawn over it."""

from __future__ import annotations

import os
from collections.abc import Iterable
from itertools import chain, count
from pathlib import Path

from xray_model.bundles.bundle import Bundle
from xray_model.inference.analyze import Analysis
from xray_model.reports.figures import overlay_png

LONGEST_STEM = 200  # bytes: file systems allow 255 for a name


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
    return unused_names(inputs, "-overlay", ".png")


def unused_names(inputs: Iterable[Path], ending: str = "", suffix: str = "") -> dict[Path, str]:
    """Each path -> its stem and the ending, with a number where an input or another one has that name."""
    inputs = list(inputs)
    taken, names = {path.name.casefold() for path in inputs}, {}
    for path in inputs:
        stem = os.fsdecode(os.fsencode(path.stem)[:LONGEST_STEM]) + ending
        numbered = (f"{stem}-{number}{suffix}" for number in count(2))
        names[path] = next(name for name in chain([f"{stem}{suffix}"], numbered) if name.casefold() not in taken)
        taken.add(names[path].casefold())
    return names
