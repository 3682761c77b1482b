"""Before the answer: an image that shows no upright frontal chest is refused, with the reason in words and a number."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xray_model.bundles.lung_finder import LungFinder
from xray_model.errors import RefusedRadiograph
from xray_model.explanation.lungs import Lungs
from xray_model.imaging.radiograph import Radiograph

FLAT = 6.0  # grey levels, standard deviation: below, nothing can be made out
TINTED = "Colour was converted to grey."  # the note that the decoder leaves
EXPECTED = "Expected an upright frontal chest radiograph, bright where it is dense"
TURNS = {1: "turned by a quarter to the right", 2: "upside down", 3: "turned by a quarter to the left"}


@dataclass(frozen=True)
class Admission:
    """An image that may be answered. lungs: where they lie. unusual: share of the training children, in [0, 1], that
    look less unusual than it. outside: True when that is too many of them, so that the answer needs a warning."""

    lungs: Lungs
    unusual: float
    outside: bool


def admit(radiograph: Radiograph, finder: LungFinder) -> Admission:
    """Find the lungs; raises `RefusedRadiograph` when the image shows no upright frontal chest."""
    lungs = finder.find(radiograph.pixels)
    if lungs.smaller_area < finder.card.least_lung:
        raise RefusedRadiograph(_reason(radiograph, lungs, finder))
    check = finder.card.population
    return Admission(lungs, check.rank(lungs.features), check.is_outside(lungs.features))


def _reason(radiograph: Radiograph, lungs: Lungs, finder: LungFinder) -> str:
    least = finder.card.least_lung
    found = (
        f"The smaller lung that was found takes {lungs.smaller_area:.1%} of the picture; at least {least:.1%} is asked."
    )
    return f"{_kind(radiograph, lungs, finder)} {EXPECTED}. {found}"


def _kind(radiograph: Radiograph, lungs: Lungs, finder: LungFinder) -> str:
    """What is the matter, as far as it can be told: the first of these that fits."""
    pixels, least = radiograph.pixels, finder.card.least_lung
    if pixels.std() < FLAT:
        return "The image is almost blank."
    if _shows_lungs(255 - pixels, finder):
        return "The image looks inverted: lungs are found when dark and bright are exchanged. Invert it."
    for turns, words in TURNS.items():
        if _shows_lungs(np.rot90(pixels, turns), finder):
            return f"The image looks {words}: lungs are found when it is turned back. Turn it upright."
    if TINTED in radiograph.source.notes:
        return "This looks like a colour photograph, not a chest radiograph."
    if lungs.masks.mean(axis=(1, 2)).max() >= least:
        return "Only one lung is found: a lateral view, a film cut off at the side, or a lung that cannot be seen."
    return "This does not look like a frontal chest radiograph: no lungs are found."


def _shows_lungs(pixels: NDArray[np.uint8], finder: LungFinder) -> bool:
    return finder.find(np.ascontiguousarray(pixels)).smaller_area >= finder.card.least_lung
