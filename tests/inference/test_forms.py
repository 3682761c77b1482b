"""A film gets the same answer in every form and at every depth that users' files have."""

from __future__ import annotations

import functools
from collections.abc import Callable

import cv2
import numpy as np

from tests.support.dicom_files import dicom, table
from tests.support.pictures import grey_tiff, saved
from tests.support.reading import read
from xray_model.bundles.bundle import load_bundle
from xray_model.imaging.dicom import transfer_syntax as syntax
from xray_model.imaging.radiograph import Radiograph
from xray_model.inference.analyze import analyze
from xray_model.phantoms import draw_phantom

FILMS = [(seed, bits) for seed in range(1, 13) for bits in range(8, 17) if (seed + bits) % 8 == 0]
SAME, MOST = 0.02, 0.99  # largest difference of the probability; share of all cases in which it must hold
MONO1 = {"PhotometricInterpretation": "MONOCHROME1"}
DEEP = {"BitsStored": 16, "HighBit": 15, "BitsAllocated": 16}


@functools.cache
def plain(seed: int) -> np.ndarray:
    """A film as uint8 (224, 224) from 0 to 255: it uses its whole range, so that every form can store it."""
    pixels = draw_phantom(seed, ("none", "lobar")[seed % 2], 224).pixels.astype(float)
    return np.rint((pixels - pixels.min()) / np.ptp(pixels) * 255).astype(np.uint8)


def lut(bits: int, short: int = 0) -> dict:
    entries = np.arange(2**bits - short)
    sequence = table(entries, 0, 16)
    sequence[0][0x00283002].value[0] = 2**bits % 2**16
    return {"VOILUTSequence": sequence}


def windowed(center: float, width: float) -> Callable[[np.ndarray, int], bytes]:
    return lambda values, bits: dicom(values, bits, WindowCenter=center, WindowWidth=width)


def defective(values: np.ndarray, _bits: int) -> bytes:
    spoilt = values.copy()
    spoilt[100, 100] = 65535
    return dicom(spoilt, 16)


def padded(values: np.ndarray, _bits: int) -> bytes:
    spoilt = values.copy()
    spoilt[:3] = 65535
    return dicom(spoilt, 16, PixelPaddingValue=65535)


def scaled(highest: int, write: Callable[[np.ndarray], bytes]) -> Callable[[np.ndarray, int], bytes]:
    return lambda values, bits: write(np.rint(values * (highest / (2.0**bits - 1))).astype(np.uint16))


FORMS: dict[str, Callable[[np.ndarray, int], bytes]] = {
    "16-bit PNG": lambda values, _: saved(values),
    "16-bit TIFF, white is zero": lambda values, bits: grey_tiff((2**bits - 1 - values).astype(np.uint16), 0),
    "16-bit RGB PNG": lambda values, _: cv2.imencode(".png", np.dstack([values] * 3))[1].tobytes(),
    "DICOM": lambda values, bits: dicom(values, bits),
    "DICOM that says 16 bits": lambda values, _: dicom(values, 16),
    "big-endian": lambda values, bits: dicom(values, bits, uid=syntax.EXPLICIT_BIG),
    "MONOCHROME1": lambda values, bits: dicom((2**bits - 1 - values).astype(np.uint16), bits, **MONO1),
    "MONOCHROME1 that says 16 bits": lambda values, bits: dicom((2**bits - 1 - values).astype(np.uint16), 16, **MONO1),
    "signed": lambda values, bits: dicom((values.astype(int) - 2 ** (bits - 1)).astype(np.int16), bits),
    "falling rescale": lambda values, bits: dicom(
        (2**bits - 1 - values).astype(np.uint16), bits, RescaleSlope=-1, RescaleIntercept=2**bits - 1
    ),
    "fitting window": lambda values, bits: dicom(values, bits, WindowCenter=2 ** (bits - 1), WindowWidth=2**bits),
    "window of another depth": windowed(2**19, 2**20),
    "window of 8 bits": lambda values, bits: dicom(values, bits, WindowCenter=127, WindowWidth=255),
    "seventy windows": lambda values, bits: dicom(
        values, bits, WindowCenter=[f"{2 ** (bits - 1)}.0000001"] * 70, WindowWidth=[f"{2**bits}.0000001"] * 70
    ),
    "table of fewer bits than it says": lambda values, bits: dicom(values, bits, **lut(bits)),
    "the same, MONOCHROME1": lambda values, bits: dicom(
        (2**bits - 1 - values).astype(np.uint16), bits, **MONO1, **lut(bits)
    ),
    "table an entry short": lambda values, bits: dicom(values, bits, **lut(bits, 1)),
    "header of fewer bits": lambda values, bits: dicom(
        values, bits, **({"BitsStored": bits - 2, "HighBit": bits - 3} if bits > 9 else {})
    ),
    "hot pixel": defective,
    "padding": padded,
    "PNG to 1,150": scaled(1150, saved),
    "DICOM to 17,000": scaled(17000, lambda values: dicom(values, 16)),
}


def test_every_form_at_every_depth_gets_the_answer_of_the_plain_picture():
    model = load_bundle()
    wrong, asked = [], 0
    for seed, bits in FILMS:
        truth = analyze(Radiograph.from_array(plain(seed)), model).prediction
        values = np.rint(plain(seed) * ((2**bits - 1) / 255)).astype(np.uint16)
        for name, form in FORMS.items():
            found = analyze(read(form(values, bits)), model).prediction
            asked += 1
            if abs(found.probability - truth.probability) > SAME or found.label != truth.label:
                wrong.append((name, bits, seed, found.probability, truth.probability))
    assert len(wrong) <= (1 - MOST) * asked, wrong
