"""The lung finder that ships: whole, small, described truly, and as good as its card says."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pytest

from pages.ui.analyze.gallery import SAMPLES
from pages.ui.shared.session import SAMPLE_SIZE
from xray_model.bundles.finder_card import CARD, FINDER, KERAS, LITERT
from xray_model.bundles.finder_card_text import render_finder_card
from xray_model.bundles.lung_finder import OUTPUTS, load_lung_finder
from xray_model.errors import InvalidRadiograph, RefusedRadiograph
from xray_model.explanation.lung_signs import MIRRORED
from xray_model.imaging.radiograph import Radiograph
from xray_model.imaging.resize import SIDE, input_grey
from xray_model.inference.gate import WARNINGS, Admission, admit
from xray_model.phantoms import draw_phantom

FILES = {"FINDER_CARD.md", CARD, KERAS, LITERT}


@pytest.fixture(scope="module")
def finder():
    return load_lung_finder()


def test_folder_holds_exactly_its_files_and_is_small():
    sizes = {path.name: path.stat().st_size for path in FINDER.iterdir()}
    assert set(sizes) == FILES
    assert sizes[LITERT] <= 3 * 2**20
    assert sum(sizes.values()) <= 5 * 2**20


def test_card_hashes_every_other_file_and_names_its_folder(finder):
    written = json.loads((FINDER / CARD).read_text())["files"]
    assert written == {
        name: hashlib.sha256((FINDER / name).read_bytes()).hexdigest() for name in sorted(FILES - {CARD})
    }
    assert finder.card.name == FINDER.name
    assert FINDER.name == f"lung-finder-v{finder.card.version}"
    assert finder.card.training["command"].startswith("python -m xray_model train-lungs")


def test_prose_card_says_what_the_json_says(finder):
    assert (FINDER / CARD).read_text() == finder.card.to_json()
    prose = (FINDER / "FINDER_CARD.md").read_text()
    assert prose == render_finder_card(finder.card)
    figures = finder.card.evaluation
    for number in (f"{figures['outline']['dice']:.3f}", f"{figures['adults']['flagged']} flagged", "1.0%"):
        assert number in prose


def test_litert_answers_like_keras(finder):
    from xray_model.models.lung_finder import load_keras_finder

    network = load_keras_finder()
    for seed in range(6):
        pixels = draw_phantom(seed, size=SIDE).pixels
        grey = input_grey(pixels, finder.card.input_size).astype(np.float32)[None]
        exact, exported = network.predict_on_batch(grey), finder._runner(grey=grey)
        for name in OUTPUTS:
            assert np.abs(np.asarray(exact[name]) - exported[name]).max() <= 1e-3
        assert exported["lungs"].max() > 0.9


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_every_phantom_of_the_gallery_is_admitted(sample, finder):
    pixels = draw_phantom(sample.seed, sample.finding, SAMPLE_SIZE).pixels
    admission = admit(Radiograph.from_array(pixels), finder)
    assert admission.lungs.smaller_area > 4 * finder.card.least_lung
    assert admission.warnings == ()
    assert len(admission.lungs.outlines()) == 2


def answers(paths, finder) -> list[Admission | None]:
    """What the gate says of each file; None: refused, or not readable at all."""
    found = []
    for path in paths:
        try:
            found.append(admit(Radiograph.from_file(path), finder))
        except InvalidRadiograph:
            found.append(None)
    return found


@pytest.fixture(scope="module")
def children(data_dir, finder) -> tuple[list, list[Admission | None]]:
    """300 children, of both labels alike, among them those that the finder never learned from."""
    folder = data_dir / "kermany_train"
    paths = [sorted((folder / label).iterdir()) for label in ("NORMAL", "PNEUMONIA")]
    some = [path for files in paths for path in files[:: len(files) // 150][:150]]
    return some, answers(some, finder)


@pytest.mark.real_data
def test_at_most_one_child_in_a_hundred_is_refused(children):
    paths, found = children
    assert len(found) == 300
    assert found.count(None) <= 3, [path.name for path, one in zip(paths, found, strict=True) if one is None]


@pytest.mark.real_data
def test_few_children_are_flagged(children):
    assert np.mean([one.outside for one in children[1] if one]) <= 0.05


@pytest.mark.real_data
@pytest.mark.parametrize("sign", WARNINGS)
def test_few_children_are_warned_of(sign, children):
    assert np.mean([WARNINGS[sign] in one.warnings for one in children[1] if one]) <= 0.02


@pytest.mark.real_data
def test_mirrored_children_are_told_so(children, finder):
    mirrored = [Radiograph.from_array(Radiograph.from_file(path).pixels[:, ::-1]) for path in children[0][::5]]
    told = [WARNINGS[MIRRORED] in admit(radiograph, finder).warnings for radiograph in mirrored]
    assert np.mean(told) >= 0.7


@pytest.mark.real_data
def test_the_lungs_are_where_plausible_masks_have_them(children, data_dir, finder):
    """As the card says, of masks that are noisy themselves; the field, which is wider, covers them."""
    from xray_model.training.lungs.judge import _dice
    from xray_model.training.lungs.pairs import _mask

    masks = [_mask(data_dir / "kermany_train_lung_masks" / f"{path.stem}.png") for path in children[0]]
    both = [(one.lungs, mask) for one, mask in zip(children[1], masks, strict=True) if one and mask is not None]
    shares = [_dice(*pair) for pair in both]
    assert len(shares) > 150
    assert np.mean(shares) == pytest.approx(finder.card.evaluation["outline"]["dice"], abs=0.02)
    covered = [float((mask.any(axis=0) & lungs.field).sum() / mask.any(axis=0).sum()) for lungs, mask in both]
    assert np.median(covered) > 0.97
    assert np.quantile(covered, 0.05) > 0.9


@pytest.mark.real_data
def test_what_is_no_chest_is_refused(data_dir, finder):
    paths = sorted(path for path in (data_dir / "not_chest_radiographs").rglob("*") if path.is_file())
    found = answers(paths, finder)
    passed = [path.name for path, one in zip(paths, found, strict=True) if one is not None]
    assert len(found) >= 20
    assert len(passed) <= 0.02 * len(found), passed


@pytest.mark.real_data
def test_real_children_turned_or_inverted_are_refused(children, finder):
    turns = (lambda p: 255 - p, lambda p: np.rot90(p), lambda p: np.rot90(p, 2), lambda p: np.rot90(p, 3))
    refused, reasons = 0, []
    for path in children[0][::10]:
        pixels = Radiograph.from_file(path).pixels
        for turn in turns:
            try:
                admit(Radiograph.from_array(np.ascontiguousarray(turn(pixels))), finder)
            except RefusedRadiograph as error:
                refused, reasons = refused + 1, [*reasons, str(error)]
    assert refused >= 0.97 * 4 * len(children[0][::10])
    told = [reason for reason in reasons if reason.startswith(("The image looks inverted", "The image looks turned"))
            or reason.startswith("The image looks upside down")]  # fmt: skip
    assert len(told) >= 0.9 * len(reasons)


@pytest.mark.real_data
def test_adults_are_flagged(data_dir, finder):
    paths = sorted((data_dir / "adult_radiographs").glob("*.jpg"))
    assert len(paths) == 300
    some = paths[::2]
    passed = [one for one in answers(some, finder) if one is not None]
    assert len(passed) >= 0.9 * len(some), "the gate is no age check"
    assert np.mean([one.outside for one in passed]) >= 0.8


@pytest.mark.real_data
def test_the_card_s_figures_come_out_again(split_kermany, finder):
    """The finder's held-out children, through the exported network."""
    from xray_model.training.lungs.train import SEED, SHARE

    training, held_out = split_kermany(SHARE, SEED)
    assert training.fingerprint() == finder.card.training["fingerprint"]
    found = [finder.find(pixels) for pixels in held_out.grey]
    written = finder.card.evaluation["children"]
    assert len(found) == written["n"]
    assert sum(not finder.card.shows_chest(lungs) for lungs in found) == written["refused"]
    flagged = sum(finder.card.population.is_outside(lungs.features) for lungs in found)
    assert flagged == pytest.approx(written["flagged"], abs=2)
