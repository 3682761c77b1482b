"""Turning a DICOM picture upright: the patient's right on the left, the head at the top.

Patient Orientation (PS3.3 section C.7.6.1.1.1) gives the directions of the rows and of the columns: `L\\F`, to the
patient's left and to the feet, is the usual view of a chest film. Only first letters count: `LF` is mainly to the left.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xray_model.errors import InvalidRadiograph
from xray_model.imaging.dicom.admission import LATERAL_VIEW, says_frontal
from xray_model.imaging.dicom.header import Header

ORIENTATION, LATERALITY, IMAGE_LATERALITY = 0x00200020, 0x00200060, 0x00200062
DIRECTIONS = re.compile(r"([LRHFAP])[LRHFAP]*\\([LRHFAP])[LRHFAP]*")
SIDEWAYS, UPRIGHT, DEPTH = frozenset("LR"), frozenset("HF"), frozenset("AP")


@dataclass(frozen=True)
class Turn:
    """How to turn a picture upright, in this order: transpose, mirror left to right, flip top to bottom."""

    exchange: bool = False
    mirror: bool = False
    upend: bool = False
    notes: tuple[str, ...] = ()

    @classmethod
    def of(cls, header: Header) -> Turn:
        """The turn that a header calls for; raises `InvalidRadiograph` for a lateral view."""
        said = header.text(ORIENTATION).strip("\\")
        found = DIRECTIONS.fullmatch(said)
        if found is None:
            doubt = "The DICOM file states an unknown orientation: make sure that the picture is upright."
            return cls(notes=((doubt,) if said else ()) + _one_side(header))
        turn = _turn(found[1], found[2], header)
        return cls(turn.exchange, turn.mirror, turn.upend, turn.notes + _one_side(header))

    def upright(self, values: NDArray[np.uint16]) -> NDArray[np.uint16]:
        """The (height, width) values, turned upright."""
        values = values.T if self.exchange else values
        values = values[:, ::-1] if self.mirror else values
        return np.ascontiguousarray(values[::-1] if self.upend else values)

    def stored(self, values: NDArray[Any]) -> NDArray[Any]:
        """Upright (height, width) values, turned back to lie as the file stores its picture."""
        values = values[::-1] if self.upend else values
        values = values[:, ::-1] if self.mirror else values
        return np.ascontiguousarray(values.T if self.exchange else values)


def _turn(along_rows: str, along_columns: str, header: Header) -> Turn:
    kinds = {along_rows, along_columns}
    if kinds & DEPTH:
        return _not_frontal(kinds, header)
    if not (kinds & SIDEWAYS and kinds & UPRIGHT):
        return Turn(notes=("The DICOM file's orientation contradicts itself: make sure that the picture is upright.",))
    exchange, mirror, upend = along_rows in UPRIGHT, "R" in kinds, "H" in kinds
    return Turn(exchange, mirror, upend, _notes(exchange, mirror, upend))


def _not_frontal(kinds: set[str], header: Header) -> Turn:
    """A doubt if the file states a frontal view, as orientations are also typed by hand; otherwise a refusal."""
    if kinds & UPRIGHT and not says_frontal(header):
        raise InvalidRadiograph(LATERAL_VIEW)
    return Turn(notes=("The DICOM file's orientation is not that of a frontal view: make sure that it is one.",))


def _notes(exchange: bool, mirror: bool, upend: bool) -> tuple[str, ...]:
    if exchange or upend:
        return ("The picture was turned upright, the patient's right on its left, following its DICOM orientation.",)
    if mirror:
        return ("The picture was stored mirrored and was flipped: the patient's right is now on its left.",)
    return ()


def _one_side(header: Header) -> tuple[str, ...]:
    """A warning if the file says that it shows only the right or left half of the body."""
    if {header.text(LATERALITY), header.text(IMAGE_LATERALITY)} & SIDEWAYS:
        return ("The DICOM file says that it shows one side of the body: make sure that it is a whole frontal chest.",)
    return ()
