"""Before the answer: an image without an upright frontal chest, or too flat, is refused, in words and with a number."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xray_model.bundles.lung_finder import LungFinder
from xray_model.errors import RefusedRadiograph
from xray_model.explanation.lung_signs import CUT_OFF, MIRRORED, PROCESSED, WHITE, measure_signs
from xray_model.explanation.lungs import Lungs
from xray_model.imaging.radiograph import Radiograph
from xray_model.imaging.raster_stored import COLOURED
from xray_model.imaging.resize import SIDE, resize_grey
from xray_model.imaging.screenshot import shows_screen

BLANK = 6.0  # grey levels, standard deviation: below, nothing can be made out
FLAT = 24  # grey levels in the lungs, 5th to 95th percentile: below, one answer in twenty turns; children have 30 on
LIKENESS = 0.25  # smaller over larger area: below, there is but one lung
MARGIN = 0.2  # of the box around both lungs, on each side: the film that may stand in a larger picture
SCREEN = "The film stands in a larger picture, such as a viewer's screenshot. Crop the picture to the film."
EXPECTED = "Expected an upright frontal chest radiograph, bright where it is dense"
TURNS = {1: "turned by a quarter to the right", 2: "upside down", 3: "turned by a quarter to the left"}
WARNINGS = {
    MIRRORED: "The film may be mirrored: the heart seems to lie on the wrong side.",
    PROCESSED: "The film looks strongly processed (contrast equalised, edges enhanced); the model learned from others.",
    CUT_OFF: "The lungs reach the edge of the picture: a part of them may be cut off.",
    WHITE: "One lung is much whiter than the other: an opacity, fluid or a collapse may hide it.",
}


@dataclass(frozen=True)
class Admission:
    """An image that may be answered. lungs: where they lie. unusual: share of the training children, in [0, 1], that
    look less unusual than it. outside: True when that is too many of them, so that the answer needs a warning.
    warnings: sentences about the film that limit the answer."""

    lungs: Lungs
    unusual: float
    outside: bool
    warnings: tuple[str, ...] = ()


def admit(radiograph: Radiograph, finder: LungFinder) -> Admission:
    """Find the lungs; raises `RefusedRadiograph` when the image shows no upright frontal chest, or too flat a one."""
    small, card = resize_grey(radiograph.pixels, SIDE), finder.card  # all that the finder and the signs look at
    lungs = finder.find(small)
    if not card.shows_chest(lungs):
        raise RefusedRadiograph(_reason(radiograph, lungs, finder))
    if shows_screen(small):
        raise RefusedRadiograph(f"{SCREEN} {EXPECTED}.")
    span = _span(small, lungs.field)
    if span < FLAT:
        raise RefusedRadiograph(
            f"The image is too flat: the lungs take {span} of 256 grey levels, and at least {FLAT} are "
            "asked. Export it with a narrower window, or with its full range of grey levels."
        )
    signs = measure_signs(small, lungs)
    warnings = tuple(words for sign, words in WARNINGS.items() if signs[sign] > card.alarms[sign])
    check = card.population
    return Admission(lungs, check.rank(lungs.features), check.is_outside(lungs.features), warnings)


def _span(grey: NDArray[np.uint8], field: NDArray[np.bool_]) -> int:
    """Grey levels between the 5th and the 95th percentile in a field of the picture."""
    counts = np.bincount(grey[field], minlength=256).cumsum()
    low, high = np.searchsorted(counts / counts[-1], (0.05, 0.95))
    return int(high - low)


def _reason(radiograph: Radiograph, lungs: Lungs, finder: LungFinder) -> str:
    card = finder.card
    found = (
        f"Measured: the smaller lung takes {lungs.smaller_area:.1%} of the picture (at least {card.least_lung:.1%} is "
        f"asked), and the likeness to a frontal chest is {lungs.chest:.0%} (at least {card.least_chest:.0%})."
    )
    return f"{_kind(radiograph, lungs, finder)} {EXPECTED}. {found}"


def _kind(radiograph: Radiograph, lungs: Lungs, finder: LungFinder) -> str:
    """What is the matter, as far as it can be told: the first of these that fits."""
    pixels = radiograph.pixels
    if pixels.std() < BLANK:
        return "The image is almost blank."
    if _shows_chest(255 - pixels, finder):
        facts = radiograph.source.acquisition
        if facts and facts.photometric == "MONOCHROME1":
            return (
                "The DICOM header says that low values are bright (MONOCHROME1), but lungs are found only when that is "
                "ignored. Correct the header, or export the image as PNG."
            )
        return "The image looks inverted: lungs are found when dark and bright are exchanged. Invert it."
    for turns, words in TURNS.items():
        if _shows_chest(np.rot90(pixels, turns), finder):
            return f"The image looks {words}: lungs are found when it is turned back. Turn it upright."
    if lungs.smaller_area and _shows_chest(_around(pixels, lungs), finder):
        return SCREEN
    if COLOURED in radiograph.source.notes:
        return "This looks like a colour photograph, not a chest radiograph."
    if lungs.larger_area < finder.card.least_lung:
        return "This does not look like a frontal chest radiograph: no lungs are found."
    if lungs.smaller_area >= LIKENESS * lungs.larger_area:
        return "This does not look like a frontal chest radiograph, though something in it looks like lungs."
    if lungs.score("chest") >= finder.card.least_chest:
        return "Only one lung is found in this chest: the other is white (an opacity, fluid, a collapse) or hidden."
    return (
        "This does not look like a frontal chest radiograph: at most one lung is found, as in a lateral view or in a "
        "film cut off at the side."
    )


def _around(pixels: NDArray[np.uint8], lungs: Lungs) -> NDArray[np.uint8]:
    """The part of the picture that a film with these lungs would take."""
    slices = []
    for axis, length in enumerate(pixels.shape):
        found = np.flatnonzero(lungs.masks.any(axis=(0, 2 - axis))) / lungs.masks.shape[1]
        margin = MARGIN * (found[-1] - found[0])
        slices.append(slice(max(0, int((found[0] - margin) * length)), int((found[-1] + margin) * length) + 1))
    return pixels[slices[0], slices[1]]


def _shows_chest(pixels: NDArray[np.uint8], finder: LungFinder) -> bool:
    return finder.card.shows_chest(finder.find(np.ascontiguousarray(pixels)))
