"""Reading DICOM files: grey levels and a few facts about the picture are kept, everything else is dropped."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from xray_model.errors import InvalidRadiograph
from xray_model.imaging.dicom import admission as rules
from xray_model.imaging.dicom import grey_levels as grey
from xray_model.imaging.dicom import pixels
from xray_model.imaging.dicom.header import MAGIC, PREAMBLE, SHORT_VRS, TRANSFER_SYNTAX, Header, read_header
from xray_model.imaging.dicom.lookup_table import MODALITY_TABLE, VOI_TABLE
from xray_model.imaging.dicom.orientation import IMAGE_LATERALITY, LATERALITY, ORIENTATION, Turn
from xray_model.imaging.full_depth import Levels, look_up
from xray_model.imaging.metadata import Source

SHORT, LONG = 2**14, 2**20  # most bytes of a listed value; of a sequence (several tables of 65,536 entries)
KEPT = (  # elements that `Source` and its `Acquisition` are made of
    TRANSFER_SYNTAX,
    *(rules.MODALITY, rules.BODY_PART, rules.VIEW, rules.PHOTOMETRIC, rules.ROWS, rules.COLUMNS),
    *(rules.PIXEL_SPACING, rules.IMAGER_PIXEL_SPACING, rules.WINDOW_CENTER, rules.WINDOW_WIDTH),
    *(pixels.ALLOCATED, pixels.STORED_BITS),
)
USED = (  # elements that are examined and dropped
    *(rules.SOP_CLASS, rules.AGE, rules.BURNED_IN, rules.SAMPLES, rules.FRAMES),
    *(pixels.HIGH_BIT, pixels.REPRESENTATION, pixels.PLANAR, grey.PADDING, grey.PADDING_LIMIT),
    *(grey.INTERCEPT, grey.SLOPE, grey.FUNCTION),
    *(ORIENTATION, LATERALITY, IMAGE_LATERALITY),
)
SEQUENCES = (MODALITY_TABLE, VOI_TABLE, rules.REGION_CODES, rules.VIEW_CODES)  # examined and dropped, too
WANTED = {**dict.fromkeys(KEPT + USED, SHORT), **dict.fromkeys(SEQUENCES, LONG)}
GROUP_LENGTH = 0x0000  # element number of each group's byte count
FIRST_GROUPS = (b"\x02\x00", b"\x08\x00")
FIRST_NUMBER, FIRST_LENGTH = 0x0018, 256  # a file without preamble starts with a short element of a low number


def is_dicom(data: bytes) -> bool:
    """Whether a file is DICOM: the magic number after the preamble or, without either, a plausible first element."""
    if data[PREAMBLE : PREAMBLE + 4] == MAGIC:
        return True
    number, length = int.from_bytes(data[2:4], "little"), int.from_bytes(data[4:8], "little")
    return data[:2] in FIRST_GROUPS and number <= FIRST_NUMBER and (data[4:6] in SHORT_VRS or length <= FIRST_LENGTH)


def decode_dicom(data: bytes) -> tuple[NDArray[np.uint8], Source, Levels | None]:
    """(uint8 upright grey levels (height, width), facts about the file, full-depth levels if above 8 bits).

    Raises `InvalidRadiograph` for a file that is damaged, too large, or not a plain frontal chest radiograph.
    """
    try:
        return _decode(data)
    except InvalidRadiograph:
        raise
    except Exception:  # noqa: BLE001 - an unforeseen error might quote a value of the header
        raise InvalidRadiograph("The DICOM file is damaged. Export it again.") from None


def _decode(data: bytes) -> tuple[NDArray[np.uint8], Source, Levels | None]:
    header = read_header(data, WANTED)
    notes = rules.check_kind(header) + rules.check_picture(header)
    turn, layout = Turn.of(header), pixels.Layout.of(header)
    index, layout, more = pixels.read_stored(data, header, layout)
    index = turn.upright(index)
    drawn = grey.draw(header, index, layout.stored, layout.signed)
    notes += turn.notes + more + drawn.notes
    kept = rules.acquisition(header)
    source = Source("DICOM", layout.columns, layout.rows, drawn.depth, notes, removed_tags(header), kept)
    deep = None
    if drawn.depth > 8:
        deep = Levels.of(look_up(drawn.levels, index), drawn.depth, drawn.window)
    return look_up(drawn.grey, index), source, deep


def removed_tags(header: Header) -> tuple[str, ...]:
    """Names of the header's dropped elements, sorted; private ones are only counted, as they have no public names."""
    from pydicom.datadict import dictionary_description, dictionary_has_tag

    removed = [tag for tag in header.tags if tag not in KEPT and tag & 0xFFFF != GROUP_LENGTH]
    private = sum(tag >> 16 & 1 for tag in removed)
    unknown = sum(not tag >> 16 & 1 and not dictionary_has_tag(tag) for tag in removed)
    names = sorted({dictionary_description(tag) for tag in removed if dictionary_has_tag(tag)})
    counted = ((private, "Private elements"), (unknown, "Unknown elements"))
    return (*names, *(f"{name} ({count})" for count, name in counted if count))
