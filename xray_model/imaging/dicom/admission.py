"""Whether a DICOM file is a plain frontal chest radiograph: it is refused with a reason, or doubts become notes.

The file's words are compared with known words and never repeated, because any of them might concern a person.
"""

from __future__ import annotations

import re

from xray_model.errors import InvalidRadiograph
from xray_model.imaging.dicom.header import Header, read_item
from xray_model.imaging.metadata import AGES, TRAINED_AGES, Acquisition

SOP_CLASS, MODALITY, BODY_PART, VIEW = 0x00080016, 0x00080060, 0x00180015, 0x00185101
REGION_CODES, VIEW_CODES, MEANING = 0x00082218, 0x00540220, 0x00080104  # digital radiography: sequences of codes
AGE, BURNED_IN = 0x00101010, 0x00280301
SAMPLES, PHOTOMETRIC, FRAMES, ROWS, COLUMNS = 0x00280002, 0x00280004, 0x00280008, 0x00280010, 0x00280011
PIXEL_SPACING, IMAGER_PIXEL_SPACING, WINDOW_CENTER, WINDOW_WIDTH = 0x00280030, 0x00181164, 0x00281050, 0x00281051
DIRECTORY_GROUP = 0x0004

RADIOGRAPHS = ("CR", "DX", "RG")  # computed and digital radiography, digitised film (PS3.3 section C.7.3.1.1.1)
OTHER_MODALITIES = {
    "CT": "computed tomography",
    "MR": "magnetic resonance",
    "MG": "a mammogram",
    "US": "an ultrasound image",
    "NM": "nuclear medicine",
    "PT": "positron emission tomography",
    "XA": "angiography",
    "RF": "fluoroscopy",
    "IO": "a dental image",
    "PX": "a panoramic dental image",
    "XC": "a photograph",
    "ES": "endoscopy",
    "SM": "microscopy",
    "SR": "a report",
    "DOC": "a document",
    "PR": "a presentation state",
    "SEG": "a segmentation",
    "RTIMAGE": "a radiotherapy image",
    "ECG": "an electrocardiogram",
}
IMAGE_CLASSES = {  # SOP class UIDs (PS3.4 section B.5)
    "1.2.840.10008.5.1.4.1.1.1": "CR",
    "1.2.840.10008.5.1.4.1.1.1.1": "DX for presentation",
    "1.2.840.10008.5.1.4.1.1.1.1.1": "DX for processing",
    "1.2.840.10008.5.1.4.1.1.7": "secondary capture: digitised film",
    "1.2.840.10008.5.1.4.1.1.7.2": "the same, byte by byte, in one or more frames",
    "1.2.840.10008.5.1.4.1.1.7.3": "the same, word by word",
    "1.2.840.10008.5.1.4.1.1.7.4": "the same, in colour",
}
STANDARD_CLASSES = "1.2.840.10008."
GREY_WORDS = ("MONOCHROME1", "MONOCHROME2", "")
CHANNEL_WORDS = ("RGB", "YBR_FULL", "YBR_FULL_422", "YBR_ICT", "YBR_RCT")
COLOUR_PICTURE = (
    "The DICOM file is a colour picture, such as a screenshot, not a radiograph. Export the original in grey."
)
FOR_PROCESSING = "1.2.840.10008.5.1.4.1.1.1.1.1"


def _set_of(words: str) -> frozenset[str]:
    return frozenset(words.split())


CHEST = ("CHEST", "THORAX", "TORAX", "LUNG", "LUNGS", "PULMON", "POUMON")
OTHER_PARTS = _set_of(  # defined terms of PS3.16 annex L, and words that devices write instead
    """ABDOMEN ABDO ANKLE ARM BLADDER BRAIN BREAST BUTTOCK CALCANEUS CALF CLAVICLE COCCYX COLON CSPINE DENTAL ELBOW
    EXTREMITY EYE FACE FEMUR FIBULA FINGER FOOT FOREARM HAND HEAD HIP HUMERUS JAW KIDNEY KNEE KUB LEG LSPINE LIVER
    MANDIBLE MAXILLA NASAL NECK NOSE ORBIT PATELLA PELVIS RADIUS ULNA SACRUM SCAPULA SHOULDER SINUS SKULL SPINE SSPINE
    STOMACH TEETH THIGH THUMB TIBIA TOE TSPINE WRIST"""
)
FRONTAL = ("AP", "PA")
WRITTEN_OUT = {"ANTERO": "AP", "POSTERO": "PA"}  # "postero-anterior"
LATERAL = _set_of("LL RL LAT LATERAL LLAT RLAT LLO RLO RAO LAO RPO LPO OBL OBLIQUE")
LATERAL_VIEW = "The DICOM file says that it is a lateral or oblique view; expected a frontal one."
YEARS_OF = {"D": 1 / 365.25, "W": 7 / 365.25, "M": 1 / 12, "Y": 1.0, "": 1.0}


def check_kind(header: Header) -> tuple[str, ...]:
    """Notes on modality, body part and view; raises `InvalidRadiograph` unless it may be a frontal chest film."""
    if any(tag >> 16 == DIRECTORY_GROUP for tag in header.tags):
        raise InvalidRadiograph("This is a DICOMDIR, an index of other files. Send the image file itself.")
    notes = (*_modality(header), *_body_part(header), *_view(header), *_age(header), *_burned_in(header))
    if header.pixels is None:
        raise InvalidRadiograph("The DICOM file holds no picture. Export the image itself.")
    return notes


def check_picture(header: Header) -> tuple[str, ...]:
    """Notes on how grey is stored; raises `InvalidRadiograph` unless there is a single picture that may be grey."""
    if header.text(FRAMES).lstrip("+0") not in ("", "1"):
        raise InvalidRadiograph("The DICOM file holds several frames (a film). Send one radiograph per file.")
    word = header.text(PHOTOMETRIC)
    if word not in (GREY_WORDS if samples(header) == 1 else CHANNEL_WORDS):
        raise InvalidRadiograph(COLOUR_PICTURE)
    if word == "":
        return ("The DICOM file does not say whether low values are dark: they are taken to be.",)
    return () if samples(header) == 1 else ("The file stores a grey picture in three colour channels.",)


def samples(header: Header) -> int:
    """Channels of a pixel, 1 or 3; raises `InvalidRadiograph` for another number."""
    number = header.integer(SAMPLES)
    if number not in (None, 1, 3):
        raise InvalidRadiograph(COLOUR_PICTURE)
    return number or 1


def photometric(header: Header) -> str | None:
    """MONOCHROME1 (low is bright), MONOCHROME2 (high is bright) or None (PS3.3 section C.7.6.3.1.2)."""
    word = header.text(PHOTOMETRIC)
    return word if word in ("MONOCHROME1", "MONOCHROME2") else None


def says_frontal(header: Header) -> bool:
    """Whether the file states a PA or AP view."""
    return bool(_view_words(header) & set(FRONTAL))


def acquisition(header: Header) -> Acquisition:
    """The facts that are kept: numbers, and words from a short list."""
    view = _view_words(header)
    return Acquisition(
        modality=next((word for word in RADIOGRAPHS if word == header.text(MODALITY)), None),
        view=next((word for word in FRONTAL if word in view), None),
        body_part="CHEST" if _is_chest(header) else None,
        photometric=photometric(header),
        spacing=_pair(header, PIXEL_SPACING) or _pair(header, IMAGER_PIXEL_SPACING),
        window=window(header),
    )


def window(header: Header) -> tuple[float, float] | None:
    """Centre and width of the file's first window; None unless the width is positive."""
    centers, widths = header.decimals(WINDOW_CENTER), header.decimals(WINDOW_WIDTH)
    return (centers[0], widths[0]) if centers and widths and widths[0] > 0 else None


def _modality(header: Header) -> tuple[str, ...]:
    modality, kind = header.text(MODALITY), header.text(SOP_CLASS)
    if modality in OTHER_MODALITIES:
        raise InvalidRadiograph(f"The DICOM file is {OTHER_MODALITIES[modality]}, not a plain chest radiograph.")
    if kind.startswith(STANDARD_CLASSES) and kind not in IMAGE_CLASSES:
        raise InvalidRadiograph(
            "The DICOM file's SOP class is not that of a plain radiograph (CR, DX or digitised film)."
        )
    notes = []
    if modality not in RADIOGRAPHS or (kind and kind not in IMAGE_CLASSES):
        notes.append("The DICOM file does not say that it is a plain radiograph.")
    if kind == FOR_PROCESSING:
        notes.append("The DICOM file is the detector's raw image: it looks different from what readers see.")
    return tuple(notes)


def _body_part(header: Header) -> tuple[str, ...]:
    if _is_chest(header):
        return ()
    part = _part_words(header)
    if part & OTHER_PARTS:
        raise InvalidRadiograph("The DICOM file says that it shows a part of the body other than the chest.")
    said = "names an unknown part of the body" if part else "does not say which part of the body it shows"
    return (f"The DICOM file {said}: make sure that it is a frontal chest.",)


def _view(header: Header) -> tuple[str, ...]:
    view = _view_words(header)
    if view & LATERAL:
        raise InvalidRadiograph(LATERAL_VIEW)
    if not view & set(FRONTAL) and (view or _is_chest(header)):  # if it does not even say chest, one note is enough
        said = "names an unknown view" if view else "does not say from which side it was taken"
        return (f"The DICOM file {said}: make sure that it is frontal (PA or AP).",)
    return ()


def _age(header: Header) -> tuple[str, ...]:
    """A warning if the patient's age, which is not kept, is outside the trained ages."""
    match = re.fullmatch(r"(\d{1,3})([DWMY]?)", header.text(AGE))
    if not match:
        return ()
    years = int(match[1]) * YEARS_OF[match[2]]
    first, last = TRAINED_AGES
    if first <= years < last + 1:
        return ()
    return (AGES["younger" if years < first else "older"],)


def _burned_in(header: Header) -> tuple[str, ...]:
    said = header.text(BURNED_IN)
    if said == "NO":
        return ()
    if said == "YES":
        return ("The picture has text burned into it, perhaps a name: cover it before you share the picture.",)
    return ("The DICOM file does not say whether text is burned into the picture: look before you share it.",)


def _is_chest(header: Header) -> bool:
    return not _part_words(header).isdisjoint(CHEST)


def _part_words(header: Header) -> set[str]:
    return _words(header, BODY_PART, REGION_CODES)


def _view_words(header: Header) -> set[str]:
    words = _words(header, VIEW, VIEW_CODES)
    return words | {WRITTEN_OUT[word] for word in words & WRITTEN_OUT.keys()}


def _words(header: Header, tag: int, codes: int) -> set[str]:
    """The words, in capitals, of an element and of a code's meaning."""
    item = read_item(header, codes, {MEANING: 256})
    return set(re.findall(r"[A-Z]+", f"{header.text(tag)} {item.text(MEANING) if item else ''}"))


def _pair(header: Header, tag: int) -> tuple[float, float] | None:
    numbers = header.decimals(tag)
    return (numbers[0], numbers[1]) if len(numbers) == 2 and min(numbers) > 0 else None
