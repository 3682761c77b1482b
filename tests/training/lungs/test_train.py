"""A lung finder learned for real, on a few phantoms saved as files, through the command's own function."""

from __future__ import annotations

import functools

import cv2
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tests.support.keras_networks import smooth_images
from xray_model.bundles.finder_card import FinderCard
from xray_model.bundles.finder_card_text import render_finder_card
from xray_model.bundles.lung_finder import OUTPUTS, load_lung_finder
from xray_model.errors import InvalidBundle, InvalidConfig, InvalidDataset
from xray_model.explanation.lungs import Lungs
from xray_model.models.export import write_litert
from xray_model.models.lung_finder import build_lung_finder, find_all
from xray_model.phantoms import draw_phantom
from xray_model.training.lungs import judge as lung_judge
from xray_model.training.lungs import pairs as lung_pairs
from xray_model.training.lungs import train as lung_training
from xray_model.training.lungs.train import fit_lung_finder, kind_loss, lung_loss, train_lung_finder

FILES = {"finder.keras", "finder.tflite", "finder.json", "FINDER_CARD.md"}


@functools.cache
def drawn(seed):
    """A phantom, every second one with pneumonia."""
    return draw_phantom(seed, "lobar" if seed % 2 else "none", 224)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """24 phantoms, all but one with a lung mask, and six other people."""
    root = tmp_path_factory.mktemp("lungs")
    for folder in ("images/NORMAL", "images/PNEUMONIA", "masks", "others"):
        (root / folder).mkdir(parents=True)
    for seed in range(24):
        phantom = drawn(seed)
        folder = "PNEUMONIA" if seed % 2 else "NORMAL"
        Image.fromarray(phantom.pixels).save(root / "images" / folder / f"child{seed}.png")
        if seed:
            Image.fromarray(phantom.lung_mask).convert("1").save(root / "masks" / f"child{seed}.png")
    for seed in range(40, 46):
        Image.fromarray(draw_phantom(seed, size=160).pixels // 2).save(root / "others" / f"adult{seed}.png")
    return root


def make_quick(patch: pytest.MonkeyPatch) -> None:
    """One batch of one epoch teaches nothing: whatever is found counts as a chest, and few phantoms are drawn."""
    patch.setattr(lung_pairs, "PHANTOMS", 4)
    patch.setattr(lung_judge, "LEAST_LUNG", 0.0)
    patch.setattr(lung_judge, "LEAST_CHEST", 0.0)


@pytest.fixture
def untrained(monkeypatch, random_finder):
    """For runs that fail: the network as it is before it has learned anything."""
    make_quick(monkeypatch)
    monkeypatch.setattr(lung_training, "fit_lung_finder", lambda *_: random_finder)
    return monkeypatch


def train(data, folder, masks="masks", others="others") -> FinderCard:
    return train_lung_finder(data / "images", data / masks, data / others, folder, 1, "train-lungs DATA")


@pytest.fixture(scope="module")
def run(data, tmp_path_factory):
    """(card, folder) of one real run."""
    folder = tmp_path_factory.mktemp("weights") / "my-finder-v7"
    with pytest.MonkeyPatch.context() as patch:
        make_quick(patch)
        patch.setattr(lung_training, "fit_lung_finder", without_graph(fit_lung_finder))
        return train(data, folder), folder


def test_a_run_leaves_a_whole_folder_that_opens_and_finds(run):
    card, folder = run
    assert {path.name for path in folder.iterdir()} == FILES
    assert list(folder.parent.iterdir()) == [folder]
    assert (card.name, card.version, card.training["command"]) == ("my-finder-v7", 7, "train-lungs DATA")
    assert (folder / "FINDER_CARD.md").read_text() == render_finder_card(card)
    finder = load_lung_finder(folder)
    assert finder.card == card
    found = finder.find(draw_phantom(1, size=300).pixels)
    assert (found.masks.shape, found.features.shape) == ((2, 64, 64), (160,))
    assert 0 <= card.population.rank(found.features) <= 1


def test_the_card_counts_what_was_there(run, data):
    figures = run[0].evaluation
    plausible = sum(lung_pairs._mask(path) is not None for path in (data / "masks").iterdir())
    assert 20 <= plausible <= 23
    assert run[0].training["images"] + figures["outline"]["n"] == plausible
    assert figures["children"]["n"] >= figures["outline"]["n"] >= 2
    assert (figures["adults"]["n"], figures["adults"]["refused"], figures["children"]["refused"]) == (2, 0, 0)
    facts, lessons = run[0].training, figures["lessons"]
    without_mask = 24 - figures["children"]["n"] - facts["images"]
    assert (facts["others"], facts["unmasked"]) == (4, 4 * lung_training.OTHERS_REPEATED + without_mask)
    assert lessons["chests"] + lessons["no_chests"] == lung_judge.LESSONS * figures["outline"]["n"]
    assert (lessons["refused"], lessons["answered"]) == (0, lessons["no_chests"]), "all counts as a chest"


def test_the_figure_of_the_lungs_is_a_dice_coefficient():
    masks = np.zeros((2, 64, 64), bool)
    masks[0, 10:50, 8:28] = masks[1, 10:50, 36:56] = True
    truth = np.kron(masks, np.ones((1, 4, 4))).astype(np.uint8)
    lungs = Lungs(masks, np.zeros(3, np.float32), np.zeros(3, np.float32))
    assert lung_judge._dice(lungs, truth) == pytest.approx(1.0, abs=1e-3)
    half = truth * (np.arange(256) < 120)[:, None]  # 80 of 160 rows
    assert lung_judge._dice(lungs, half) == pytest.approx(2 * 80 / (160 + 80), abs=1e-3)


def test_an_existing_folder_is_refused_before_anything_is_read(tmp_path):
    folder = tmp_path / "finder-v1"
    folder.mkdir()
    (folder / "mine.txt").write_text("mine")
    with pytest.raises(InvalidConfig, match="finder-v1 exists already: it is never overwritten"):
        train(tmp_path / "nowhere", folder)
    assert [path.name for path in folder.iterdir()] == ["mine.txt"]


def test_a_run_that_fails_at_its_end_leaves_nothing(data, tmp_path, untrained):
    def fail(*_, **__):
        raise OSError("no space left")

    untrained.setattr(lung_training, "replace", fail)
    with pytest.raises(OSError, match="no space left"):
        train(data, tmp_path / "finder-v1")
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_learned_from_is_refused_in_words(data, tmp_path, untrained):
    (data / "empty").mkdir(exist_ok=True)
    with pytest.raises(InvalidDataset, match="No lung mask fits an image"):
        train(data, tmp_path / "finder-v1", masks="empty")
    with pytest.raises(InvalidDataset, match="no images of other people"):
        train(data, tmp_path / "finder-v1", others="empty")
    untrained.setattr(lung_judge, "LEAST_LUNG", 2.0)
    with pytest.raises(InvalidDataset, match="Lungs are found in too few images of other people"):
        train(data, tmp_path / "finder-v1")
    assert list(tmp_path.iterdir()) == []


def without_graph(fit):
    """The same training, without a graph: building one costs as much as forty of these steps."""

    def fitted(*arguments):
        tf.config.run_functions_eagerly(True)
        try:
            return fit(*arguments)
        finally:
            tf.config.run_functions_eagerly(False)

    return fitted


@pytest.fixture
def eager():
    """Runs training without a graph."""
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


@pytest.fixture(scope="module")
def pairs() -> tuple[np.ndarray, np.ndarray]:
    phantoms = [drawn(seed) for seed in range(16)]
    masks = np.stack([lung_pairs.split_lungs(one.lung_mask) for one in phantoms])
    return np.stack([one.pixels for one in phantoms]), masks


@pytest.mark.usefixtures("eager")
def test_training_learns(pairs):
    """Two epochs of one batch: the loss on such a batch falls."""
    images, truth = next(lung_pairs.draw_batches(*pairs, epoch=0))

    def loss(model) -> float:
        out = model(images, training=True)
        return float(np.mean(lung_loss(truth["lungs"], out["lungs"]) + kind_loss(truth["kind"], out["kind"])))

    assert loss(fit_lung_finder(pairs, 2, pairs[0][:0])) < 0.97 * loss(build_lung_finder(lung_pairs.SEED))


@pytest.mark.usefixtures("eager")
def test_images_without_masks_are_learned_from_in_the_second_half(pairs, monkeypatch):
    """As the network outlines them, which are the phantoms' own lungs here."""
    lesson, drawn = next(lung_pairs.draw_batches(*pairs, epoch=0)), []
    found = [Lungs(masks[:, ::4, ::4] > 0, np.zeros(3), np.zeros(3)) for masks in pairs[1]]
    monkeypatch.setattr(lung_training, "find_all", lambda *_: found)
    monkeypatch.setattr(lung_training, "draw_batches", lambda *drawing: drawn.append(drawing[:2]) or [lesson])
    fit_lung_finder((pairs[0][:8], pairs[1][:8]), 2, pairs[0])
    counts = [len(grey) for grey, _ in drawn]
    assert counts[0] == 8
    assert 16 < counts[1] <= 24, "those that look like two lungs"
    for grey, masks in zip(*drawn[1], strict=True):
        truth = pairs[1][next(i for i, image in enumerate(pairs[0]) if np.array_equal(image, grey))].any(axis=0)
        assert 2 * (masks.any(axis=0) & truth).sum() > 0.9 * (masks.any(axis=0).sum() + truth.sum())


def test_loss_is_nothing_for_the_truth_and_for_an_empty_picture():
    truth = np.zeros((2, 64, 64, 2), np.float32)
    truth[0, 10:50, 8:28, 0] = truth[0, 10:50, 36:56, 1] = 1
    right, wrong = np.asarray(lung_loss(truth, truth)), np.asarray(lung_loss(truth, 1 - truth))
    assert right == pytest.approx(0, abs=1e-3)
    assert (wrong > 5).all()
    swapped = np.asarray(lung_loss(truth, truth[..., ::-1]))
    assert swapped[0] > 1, "the lungs have sides"


def test_unknown_kinds_are_not_learned_from():
    truth, scores = np.array([[0, -1, -1], [1, 0, 1]], np.float32), np.array([[0.1, 0.9, 0.2]] * 2, np.float32)
    expected = -np.log(0.9) / 3, -(np.log(0.1) + np.log(0.1) + np.log(0.2)) / 3
    assert np.asarray(kind_loss(truth, scores)) == pytest.approx(expected, rel=1e-5)


@pytest.fixture(scope="module")
def random_finder():
    return build_lung_finder(5)


def test_the_exported_network_answers_like_keras(random_finder, tmp_path):
    """Random weights, so that nothing is saturated; LiteRT and Keras within a thousandth."""
    from xray_model.bundles.litert import open_signature

    model = random_finder
    write_litert(model, tmp_path / "finder.tflite")
    runner = open_signature(tmp_path / "finder.tflite", 1, OUTPUTS)
    for seed in range(3):
        grey = cv2.resize(draw_phantom(seed, size=224).pixels, (128, 128)).astype(np.float32)[None]
        exact, exported = model.predict_on_batch(grey), runner(grey=grey)
        for name in OUTPUTS:
            assert np.abs(np.asarray(exact[name]) - exported[name]).max() <= 1e-3
    assert exported["lungs"].std() > 1e-4


def test_exposure_matters_little(random_finder):
    """Each picture is standardised first: half the contrast, other levels, and the same answer."""
    grey = draw_phantom(1, size=128).pixels.astype(np.float32)[None]
    bright, dim = (np.asarray(random_finder.predict_on_batch(picture)["lungs"]) for picture in (grey, grey * 0.5 + 60))
    assert np.abs(bright - dim).max() < 5e-3


def test_find_all_takes_more_than_a_batch_in_order(random_finder):
    grey = smooth_images(35, 64).astype(np.uint8)
    together = find_all(random_finder, grey)
    alone = [find_all(random_finder, grey[i : i + 1])[0] for i in (0, 31, 32, 34)]
    assert len(together) == 35
    for lungs, index in zip(alone, (0, 31, 32, 34), strict=True):
        np.testing.assert_allclose(lungs.features, together[index].features, atol=1e-4)


def test_a_half_written_folder_is_no_finder(tmp_path):
    (tmp_path / "finder.tflite").write_bytes(b"x")
    with pytest.raises(InvalidBundle, match=r"finder\.json is missing or unreadable"):
        load_lung_finder(tmp_path)
