"""The gate with the shipped lung finder: chests pass, everything else is refused with its reason and a number."""

from __future__ import annotations

import functools
import re
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.support.pictures import saved
from tests.support.public_films import CHESTS, public_film
from tests.support.public_films import NO_CHESTS as PUBLIC_NO_CHESTS
from xray_model.bundles.bundle import load_bundle
from xray_model.bundles.finder_card import FINDER, LITERT
from xray_model.bundles.lung_finder import LungFinder, load_lung_finder
from xray_model.errors import InvalidRadiograph, RefusedRadiograph
from xray_model.explanation.lung_signs import measure_signs
from xray_model.imaging.radiograph import Radiograph
from xray_model.imaging.resize import SIDE, input_grey, resize_grey
from xray_model.inference import gate
from xray_model.inference.analyze import analyze, analyze_many, answer_pictures
from xray_model.inference.batch import REFUSED, UNREADABLE, NoAnswer, table_row
from xray_model.inference.gate import WARNINGS, admit
from xray_model.phantoms import FINDINGS, draw_phantom
from xray_model.training.lungs.masks import split_lungs

NUMBER = (
    r"Measured: the smaller lung takes \d+\.\d% of the picture \(at least 1\.0% is asked\), "
    r"and the likeness to a frontal chest is \d+% \(at least 60%\)\.$"
)


@pytest.fixture(scope="module")
def finder():
    return load_lung_finder()


@functools.cache
def chest(seed: int = 1, finding: str = "none") -> np.ndarray:
    return draw_phantom(seed, finding, 256).pixels


def photograph() -> bytes:
    """A landscape with a house and a lamp, in colours."""
    scene = np.full((240, 320, 3), (60, 120, 200), np.uint8)
    scene[140:] = (50, 160, 60)
    scene[60:180, 100:160] = (200, 40, 40)
    scene[90:130, 200:280] = (240, 220, 60)
    return saved(scene)


def almost_blank() -> np.ndarray:
    return (100 + np.random.default_rng(0).integers(0, 9, (256, 256))).astype(np.uint8)


def noise() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (256, 256), dtype=np.uint8)


def card_with_writing() -> np.ndarray:
    card = np.zeros((300, 400), np.uint8)
    for row, words in enumerate(("PATIENT 0000", "CHEST AP", "DOSE 0.1 mGy", "END OF STUDY")):
        cv2.putText(card, words, (20, 60 + 60 * row), cv2.FONT_HERSHEY_SIMPLEX, 1, 255, 2, cv2.LINE_AA)
    return card


def two_legs() -> np.ndarray:
    """Side by side, each with a bone and vessels filled with contrast."""
    legs = np.full((256, 256), 8, np.uint8)
    for middle in (70, 186):
        for across, width, level in ((0, 44, 110), (-12, 12, 210), (22, 3, 250), (8, 2, 250)):
            cv2.line(legs, (middle + across, -9), (middle + across + 6, 265), level, width)
    return cv2.GaussianBlur(legs, (0, 0), 1.5)


def screenshot(film: np.ndarray) -> np.ndarray:
    """A viewer with a bar, a list and writing, and the film in its middle."""
    screen = np.full((360, 640), 24, np.uint8)
    screen[:24], screen[24:, :120] = 70, 50
    for row in range(8):
        words, place = f"Series {row} AP", (8, 60 + 36 * row)
        cv2.putText(screen, words, place, cv2.FONT_HERSHEY_SIMPLEX, 0.45, 230, 1, cv2.LINE_AA)
    cv2.putText(
        screen, "File  View  Tools   WL 127  WW 255   Zoom 83%", (8, 17), cv2.FONT_HERSHEY_SIMPLEX, 0.45, 230, 1
    )
    screen[36:346, 200:510] = cv2.resize(film, (310, 310))
    return screen


NO_CHESTS = {
    "inverted": (255 - chest(), "The image looks inverted: lungs are found when dark and bright are exchanged."),
    "to the left": (np.rot90(chest(), 1), "The image looks turned by a quarter to the left: lungs are found when it"),
    "upside down": (np.rot90(chest(), 2), "The image looks upside down: lungs are found when it is turned back."),
    "to the right": (np.rot90(chest(), 3), "The image looks turned by a quarter to the right: lungs are found when it"),
    "almost blank": (almost_blank(), "The image is almost blank."),
    "noise": (noise(), "This does not look like a frontal chest radiograph: no lungs are found."),
    "half a chest": (chest()[:, :128], "This does not look like a frontal chest radiograph: at most one lung is found"),
    "cut off": (chest()[:, :150], "This does not look like a frontal chest radiograph: at most one lung is found"),
    "writing": (card_with_writing(), "This does not look like a frontal chest radiograph"),
    "legs": (two_legs(), "This does not look like a frontal chest radiograph"),
    "screenshot": (screenshot(chest()), "The film stands in a larger picture, such as a viewer's screenshot. Crop"),
}


def refusal(radiograph: Radiograph, finder) -> str:
    with pytest.raises(RefusedRadiograph) as caught:
        admit(radiograph, finder)
    return str(caught.value)


@pytest.mark.parametrize("seed", [1, 2, 3, 60])
@pytest.mark.parametrize("finding", FINDINGS)
def test_phantoms_of_every_finding_are_admitted(finding, seed, finder):
    phantom = draw_phantom(seed, finding, 256)
    lungs = admit(Radiograph.from_array(phantom.pixels), finder).lungs
    truth = draw_phantom(seed, finding, 224).lung_mask
    assert lungs.smaller_area > 4 * finder.card.least_lung
    assert 2 * (lungs.field & truth).sum() / (lungs.field.sum() + truth.sum()) > 0.75, "the lungs are where they are"


@pytest.mark.parametrize(("picture", "words"), NO_CHESTS.values(), ids=NO_CHESTS)
def test_what_is_no_upright_chest_is_refused_with_its_reason_and_a_number(picture, words, finder):
    said = refusal(Radiograph.from_array(np.ascontiguousarray(picture)), finder)
    assert said.startswith(words)
    assert "Expected an upright frontal chest radiograph" in said
    assert re.search(NUMBER, said)


@pytest.mark.parametrize("name", CHESTS)
def test_a_public_film_of_a_chest_is_admitted(name, finder):
    assert admit(Radiograph.from_bytes(public_film(name)), finder).lungs.smaller_area > 4 * finder.card.least_lung


@pytest.mark.parametrize("name", PUBLIC_NO_CHESTS)
def test_a_public_picture_of_something_else_is_refused_whatever_its_header_says(name, finder):
    assert refusal(Radiograph.from_bytes(public_film(name)), finder).startswith(
        ("This does not", "The image looks ups")
    )


def test_a_colour_photograph_is_called_that(finder):
    assert refusal(Radiograph.from_bytes(photograph()), finder).startswith("This looks like a colour photograph")


def test_a_tinted_radiograph_is_none(finder):
    """Colour alone is no reason: a blue film or a screenshot shows a chest."""
    tinted = np.dstack([chest(), chest(), np.clip(chest().astype(int) + 30, 0, 255)]).astype(np.uint8)
    radiograph = Radiograph.from_bytes(saved(tinted))
    assert "Colour was converted to grey." in radiograph.source.notes
    assert admit(radiograph, finder).lungs.smaller_area > 0.05


def test_advice_leads_to_an_answer(finder):
    """Whoever inverts or turns as the sentence says is admitted."""
    assert admit(Radiograph.from_array(255 - (255 - chest())), finder)
    for turns, words in ((1, "to the left"), (3, "to the right"), (2, "upside down")):
        turned = np.rot90(chest(), turns)  # against the clock
        assert words in refusal(Radiograph.from_array(np.ascontiguousarray(turned)), finder)


def stretched(levels: np.ndarray, span: int) -> np.ndarray:
    """The picture in so many grey levels."""
    return (100 + np.rint(levels.astype(float) / 255 * span)).astype(np.uint8)


def wired(levels: np.ndarray) -> np.ndarray:
    out = levels.copy()
    for start, end in (((0, 40), (150, 200)), ((255, 30), (90, 160)), ((128, 0), (125, 110)), ((10, 255), (200, 60))):
        cv2.line(out, start, end, 230, 2, cv2.LINE_AA)
        cv2.circle(out, end, 6, 250, -1, cv2.LINE_AA)
    return out


def tilted(levels: np.ndarray, degrees: float) -> np.ndarray:
    return cv2.warpAffine(levels, cv2.getRotationMatrix2D((128, 128), degrees, 0.9), (256, 256))


def collimated(levels: np.ndarray) -> np.ndarray:
    out = np.zeros_like(levels)
    out[40:206, 50:206] = cv2.resize(levels, (156, 166), interpolation=cv2.INTER_AREA)
    return out


HARD = {
    "flat": lambda levels: stretched(levels, 90),
    "wires": wired,
    "tilted": lambda levels: tilted(levels, 15),
    "tilted the other way": lambda levels: tilted(levels, -15),
    "widely collimated": collimated,
    "equalised": cv2.equalizeHist,
    "locally equalised": cv2.createCLAHE(4, (8, 8)).apply,
    "mirrored": lambda levels: np.ascontiguousarray(levels[:, ::-1]),
}


@pytest.mark.parametrize("seed", [1, 5])
@pytest.mark.parametrize("change", HARD.values(), ids=HARD)
def test_chests_that_are_hard_to_see_are_admitted(change, seed, finder):
    assert admit(Radiograph.from_array(change(chest(seed))), finder).lungs.smaller_area > finder.card.least_lung


@pytest.mark.parametrize("side", [0, 1])
def test_a_chest_with_one_white_lung_is_called_that(side, finder):
    """Answered with a warning, or refused with that reason."""
    phantom = draw_phantom(5, size=256)
    lung = split_lungs(phantom.lung_mask)[side]
    share = cv2.GaussianBlur(cv2.dilate(lung, np.ones((9, 9))).astype(float), (0, 0), 4)
    white = phantom.pixels * (1 - share) + (190 + 0.1 * (phantom.pixels - 128.0)) * share
    try:
        said = " ".join(admit(Radiograph.from_array(white.astype(np.uint8)), finder).warnings)
    except RefusedRadiograph as error:
        said = str(error)
    assert "One lung is much whiter than the other" in said or "the other is white" in said


def test_the_gate_sees_the_grey_levels_that_the_classifier_gets(finder):
    """The finder standardises what it sees; 16 grey levels are no answer for the classifier, stretched ones are."""
    flat = stretched(chest(), 16)
    said = refusal(Radiograph.from_array(flat), finder)
    assert re.match(r"The image is too flat: the lungs take \d+ of 256 grey levels, and at least 24 are asked\.", said)
    low, high = flat.min(), flat.max()
    assert admit(Radiograph.from_array(((flat - low) / (high - low) * 255).astype(np.uint8)), finder)


def test_a_bright_marker_makes_no_flat_film_readable(finder):
    flat = stretched(chest(), 16)
    flat[4:14, 4:20] = 255
    assert refusal(Radiograph.from_array(flat), finder).startswith("The image is too flat")


def test_cropping_a_screenshot_to_its_film_leads_to_an_answer(finder):
    screen = screenshot(chest())
    assert admit(Radiograph.from_array(np.ascontiguousarray(screen[36:346, 200:510])), finder)


@pytest.mark.parametrize("sign", WARNINGS)
def test_each_sign_of_a_doubtful_film_is_a_warning(sign, finder):
    """From above its alarm on, and the classifier's answer stays."""
    radiograph = Radiograph.from_array(chest())
    value = measure_signs(resize_grey(chest(), SIDE), finder.find(chest()))[sign]
    for alarm, warned in ((value - 0.001, True), (value, False)):
        quiet = dict.fromkeys(WARNINGS, 1e9)
        card = replace(finder.card, alarms=quiet | {sign: alarm})
        assert admit(radiograph, LungFinder(card, FINDER / LITERT)).warnings == ((WARNINGS[sign],) if warned else ())


def test_a_warning_stands_in_the_film_s_row(gated_bundle, monkeypatch):
    monkeypatch.setattr(gate, "measure_signs", lambda *_: dict.fromkeys(WARNINGS, 1e9))
    answer = analyze(Radiograph.from_array(chest()), load_bundle(gated_bundle))
    assert " ".join(WARNINGS.values()) in table_row(Path("film.png"), answer)["message"]


def test_size_and_shape_change_little(finder):
    areas = [admit(Radiograph.from_array(draw_phantom(5, "lobar", side).pixels), finder).lungs.smaller_area
             for side in (128, 224, 700)]  # fmt: skip
    assert max(areas) - min(areas) < 0.03
    narrow = admit(Radiograph.from_array(np.ascontiguousarray(chest()[:, 20:236])), finder)
    assert narrow.lungs.smaller_area > finder.card.least_lung


def test_a_refusal_leaves_no_probability(gated_bundle):
    bundle = load_bundle(gated_bundle)
    upright, inverted = (Radiograph.from_array(pixels) for pixels in (chest(), 255 - chest()))
    assert analyze(upright, bundle).prediction.probability > 0
    answers = analyze_many([upright, inverted], bundle)
    assert next(answers).admission.lungs.smaller_area > 0.05
    with pytest.raises(RefusedRadiograph, match="looks inverted"):
        next(answers)


def test_a_refused_image_never_reaches_the_classifier(gated_bundle, monkeypatch):
    bundle = load_bundle(gated_bundle)
    monkeypatch.setattr("xray_model.bundles.litert.Runtime.forward", None)  # a pass would fail
    with pytest.raises(RefusedRadiograph):
        analyze(Radiograph.from_array(noise()), bundle)


def test_a_refusal_is_a_radiograph_error_of_its_own():
    refused, unreadable = RefusedRadiograph("no lungs"), InvalidRadiograph("no image")
    assert isinstance(refused, InvalidRadiograph)
    assert NoAnswer.of(refused) == NoAnswer(REFUSED, "no lungs")
    assert NoAnswer.of(unreadable) == NoAnswer(UNREADABLE, "no image")


@pytest.mark.parametrize("name", NO_CHESTS)
def test_a_bundle_without_a_gate_answers_everything(name, tiny_bundle):
    bundle = load_bundle(tiny_bundle)
    answer = analyze(Radiograph.from_array(np.ascontiguousarray(NO_CHESTS[name][0])), bundle)
    assert bundle.finder is None
    assert 0 <= answer.prediction.probability <= 1
    assert (answer.admission, answer.outside, answer.field) == (None, None, None)


def test_the_gate_changes_no_answer(gated_bundle, tiny_bundle):
    """Behind the gate alone the answer is the whole picture's, as before."""
    radiograph = Radiograph.from_array(chest(2, "lobar"))
    gated, plain = (analyze(radiograph, load_bundle(folder)) for folder in (gated_bundle, tiny_bundle))
    assert gated.prediction == plain.prediction
    assert np.array_equal(gated.evidence, plain.evidence)
    assert gated.field is None
    assert gated.outside is None or 0 <= gated.outside <= 1


def test_experiments_pass_the_gate(pooled_bundle):
    """Augmented pictures are answered whatever they show; one without lungs as a whole."""
    bundle, film = load_bundle(pooled_bundle), draw_phantom(1, size=224).pixels
    pictures = np.stack([input_grey(pixels, bundle.card.input_size) for pixels in (film, 255 - film)]).astype(
        np.float32
    )
    probabilities, evidence = answer_pictures(pictures, bundle)
    forward = bundle.runtime.forward(pictures)
    analysis = analyze(Radiograph.from_array(film), bundle)
    # The finder sees the smaller picture here, the film there: the lungs' rim may differ by a pixel.
    assert probabilities[0] == pytest.approx(analysis.prediction.probability, abs=0.01)
    assert np.corrcoef(evidence[0].ravel(), analysis.evidence.ravel())[0, 1] > 0.99
    assert probabilities[1] == pytest.approx(float(bundle.card.calibration.probability(forward.logit[1])), abs=1e-6)
    assert np.array_equal(evidence[1], forward.evidence()[1])


def test_who_looks_unlike_the_children_is_told_so_and_answered(finder):
    """From the threshold on, and not below it."""
    radiograph, check = Radiograph.from_array(chest()), finder.card.population
    score = float(check.score(finder.find(chest()).features))
    for threshold, outside in ((score, True), (score + 0.01, False)):
        card = replace(finder.card, population=replace(check, threshold=threshold))
        admission = admit(radiograph, LungFinder(card, FINDER / LITERT))
        assert admission.outside is outside
        assert admission.unusual == pytest.approx(check.rank(finder.find(chest()).features))
