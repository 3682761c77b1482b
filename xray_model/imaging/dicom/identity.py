"""Whom and what a DICOM file shows: read only where the person at the command line asks for DICOM objects about it.

Nothing else in this package reads these elements. They are copied into the new objects and go nowhere else: not into a
`Radiograph`, a message, a warning or a log. Nothing that serves the pages imports this module.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from xray_model.errors import InvalidRadiograph
from xray_model.imaging.dicom import admission as rules
from xray_model.imaging.dicom import is_dicom
from xray_model.imaging.dicom.header import Header, read_header
from xray_model.imaging.dicom.orientation import DIRECTIONS, IMAGE_LATERALITY, LATERALITY, ORIENTATION, Turn

CHARACTER_SET, CLASS, INSTANCE, STUDY, SERIES = 0x00080005, 0x00080016, 0x00080018, 0x0020000D, 0x0020000E
NAME = re.compile(r"[^\\=\x00-\x1f\x7f]{0,64}(=[^\\=\x00-\x1f\x7f]{0,64}){0,2}")
SHORT, LONG = re.compile(r"[^\\\x00-\x1f\x7f]{0,16}"), re.compile(r"[^\\\x00-\x1f\x7f]{0,64}")
DATE, TIME, SEX = re.compile(r"\d{8}"), re.compile(r"\d{2}(\d{2}(\d{2}(\.\d{1,6})?)?)?"), re.compile(r"[MFO]")
UID = re.compile(r"(?=.{1,64}$)(0|[1-9]\d*)(\.(0|[1-9]\d*))+")
PATIENT_AND_STUDY = {  # tag -> keyword, and what a value must look like (PS3.5 section 6.2); any other is left empty
    0x00100010: ("PatientName", NAME),
    0x00100020: ("PatientID", LONG),
    0x00100021: ("IssuerOfPatientID", LONG),
    0x00100030: ("PatientBirthDate", DATE),
    0x00100040: ("PatientSex", SEX),
    0x00080020: ("StudyDate", DATE),
    0x00080030: ("StudyTime", TIME),
    0x00080050: ("AccessionNumber", SHORT),
    0x00080090: ("ReferringPhysicianName", NAME),
    0x00200010: ("StudyID", SHORT),
}
IMAGE = {  # the picture itself
    CLASS: ("SOPClassUID", UID),
    INSTANCE: ("SOPInstanceUID", UID),
    STUDY: ("StudyInstanceUID", UID),
    SERIES: ("SeriesInstanceUID", UID),
}
TURNED_BY = (ORIENTATION, LATERALITY, IMAGE_LATERALITY, rules.VIEW, rules.VIEW_CODES)
LONGEST = 2**16  # bytes of a value
WANTED = dict.fromkeys((CHARACTER_SET, *PATIENT_AND_STUDY, *IMAGE, rules.ROWS, rules.COLUMNS, *TURNED_BY), LONGEST)


@dataclass(frozen=True)
class Identity:
    """What a DICOM file says of its patient, study and picture. No representation: nothing may print it.

    elements: keyword -> text, of patient and study; image: the same for the four identifiers of the picture. rows,
    columns: as the picture is stored. turn: from there to upright. oriented: whether the file states its orientation.
    """

    elements: dict[str, str] = field(repr=False)
    image: dict[str, str] = field(repr=False)
    rows: int
    columns: int
    turn: Turn
    oriented: bool


def read_identity(data: bytes) -> Identity | None:
    """The identity in the bytes of a file; None if it is no DICOM file or lacks a valid identifier of its picture."""
    if not is_dicom(data):
        return None
    try:
        header = read_header(data, WANTED)
        turn = Turn.of(header)
    except InvalidRadiograph:
        return None
    image = {keyword: _valid(header, tag, shape) for tag, (keyword, shape) in IMAGE.items()}
    rows, columns = header.integer(rules.ROWS), header.integer(rules.COLUMNS)
    if not all(image.values()) or not rows or not columns:
        return None
    elements = {keyword: _valid(header, tag, shape) for tag, (keyword, shape) in PATIENT_AND_STUDY.items()}
    oriented = DIRECTIONS.fullmatch(header.text(ORIENTATION).strip("\\")) is not None
    return Identity(elements, image, rows, columns, turn, oriented)


def _valid(header: Header, tag: int, shape: re.Pattern[str]) -> str:
    """The text of an element, empty if it is absent or does not look as the standard wants it."""
    text = _decoded(header.values.get(tag, b""), header.text(CHARACTER_SET)).strip(" \0")
    return text if shape.fullmatch(text) else ""


def _decoded(value: bytes, sets: str) -> str:
    """The value in its character sets (PS3.5 section 6.1.2); what they lack becomes a question mark in a box."""
    from pydicom.charset import decode_bytes, python_encoding

    names = [python_encoding[word.strip()] for word in sets.split("\\") if word.strip() in python_encoding]
    return str(decode_bytes(value, names or ["iso8859"], {ord("="), ord("^")}))
