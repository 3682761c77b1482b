"""What is kept of a file besides its pixels: facts about the picture, never about a person."""

from __future__ import annotations

from dataclasses import dataclass

TRAINED_AGES = (1, 5)  # years
_CHILDREN = "the children of {}-{} years that the model learned from".format(*TRAINED_AGES)
AGES = {whom: f"The patient is {whom} than {_CHILDREN}." for whom in ("younger", "older")}  # the age is not kept


@dataclass(frozen=True)
class Acquisition:
    """All that is kept of a DICOM header besides size and depth, which are in `Source`; None where the file is silent.

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
    """Facts about the file. width, height: before the picture was turned upright.

    notes: sentences for the reader, such as "Colour was converted to grey.". removed_tags: names, never values, of the
    DICOM elements that were dropped.
    """

    format: str
    width: int
    height: int
    bit_depth: int
    notes: tuple[str, ...] = ()
    removed_tags: tuple[str, ...] = ()
    acquisition: Acquisition | None = None

    @property
    def other_age(self) -> str:
        """ "younger" or "older" for a patient who is so than the children that the model learned from; else empty."""
        return next((whom for whom, note in AGES.items() if note in self.notes), "")
