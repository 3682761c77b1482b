"""What is known about a radiograph's file once its pixels are out: facts of the picture, never of a person."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Acquisition:
    """All that is kept of a DICOM header, with size and depth in `Source`; None where the file does not say it.

    view: PA or AP. spacing: mm between rows and between columns. window: centre and width, in the file's own units.
    """

    modality: str | None = None
    view: str | None = None
    body_part: str | None = None
    photometric: str | None = None
    spacing: tuple[float, float] | None = None
    window: tuple[float, float] | None = None


@dataclass(frozen=True)
class Source:
    """What the file was, before rotation. `notes` are sentences for the reader: "Colour was converted to grey.".

    removed_tags: names, never values, of what stood in a DICOM header and was dropped.
    """

    format: str
    width: int
    height: int
    bit_depth: int
    notes: tuple[str, ...] = ()
    removed_tags: tuple[str, ...] = ()
    acquisition: Acquisition | None = None
