"""Real Keras runs on phantoms: small, but through the same code as the bundled model."""

import csv
import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from tests.support.tiny_run import TINY
from xray_model.augmentation.policy import NONE
from xray_model.datasets.phantom_sets import shipped_phantoms
from xray_model.recipes.config import Phase
from xray_model.training.batches import AugmentedBatches, blend, draw_mixup
from xray_model.training.loop import train_classifier
from xray_model.training.setup import start_model

pytestmark = pytest.mark.usefixtures("short_mobilenet")


@pytest.fixture
def eager():
    """Runs without a graph, which takes longer to build than a few steps take."""
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


@pytest.fixture(scope="module")
def phantoms():
    return shipped_phantoms(24, 64)


@pytest.mark.parametrize("cached", [False, True])
def test_the_training_figures_are_those_of_the_whole_epoch(phantoms, tmp_path, cached):
    """At a rate that changes nothing they are what the network says of all images, not of the last batch."""
    still = {"phases": (Phase("head", 1, 1e-12),), "augmentation": NONE, "mixup": 0.0, "weight_averaging": 0.0}
    config = dataclasses.replace(TINY, **still, dropout=0.0, balanced=False, cached_features=cached)
    model = train_classifier(config, phantoms, phantoms, tmp_path)
    _, row = csv.DictReader((tmp_path / "history.csv").open(encoding="utf-8"))
    scores, ill = np.asarray(model(phantoms.grey.astype(np.float32)))[:, 0], phantoms.labels > 0
    assert float(row["accuracy"]) == pytest.approx(np.mean((scores >= 0.5) == ill), abs=1e-6)
    assert float(row["loss"]) == pytest.approx(-np.mean(np.log(np.where(ill, scores, 1 - scores))), rel=1e-3)
    assert float(row["sensitivity"]) == pytest.approx(np.mean(scores[ill] >= 0.5), abs=1e-6)


def test_batches_repeat_for_a_seed_and_change_with_the_epoch(phantoms):
    first, again = AugmentedBatches(phantoms, TINY), AugmentedBatches(phantoms, TINY)
    np.testing.assert_array_equal(first[0][0], again[0][0])
    later = AugmentedBatches(phantoms, TINY, epoch=1)
    assert not np.array_equal(later[0][0], again[0][0])


def test_batches_are_balanced_and_whole(phantoms):
    normal = np.flatnonzero(phantoms.labels == 0)[:3]
    skewed = phantoms.take([*normal, *np.flatnonzero(phantoms.labels == 1)])
    config = dataclasses.replace(TINY, mixup=0.0, batch=4)
    labels = np.concatenate([AugmentedBatches(skewed, config)[i][1] for i in range(len(skewed) // 4)])
    assert labels.mean() == 0.5


def test_without_augmentation_a_batch_is_the_images_themselves(phantoms):
    config = dataclasses.replace(TINY, mixup=0.0, balanced=False, augmentation=NONE, batch=24)
    grey, labels = AugmentedBatches(phantoms, config)[0]
    assert sorted(image.sum() for image in grey) == pytest.approx(sorted(image.sum() for image in phantoms.grey * 1.0))
    assert labels.sum() == phantoms.labels.sum()


def test_mixup_blends_images_and_labels_alike():
    rng = np.random.default_rng(0)
    labels = np.array([[0.0], [1.0], [0.0], [1.0]], np.float32)
    grey = np.broadcast_to(labels[:, :, None], (4, 5, 5)).astype(np.float32)
    share, other = draw_mixup(4, 0.4, rng)
    mixed, mixed_labels = blend(grey, share, other), blend(labels, share, other)
    np.testing.assert_allclose(mixed.mean(axis=(1, 2)), mixed_labels[:, 0], rtol=1e-5)
    assert ((mixed_labels > 0) & (mixed_labels < 1)).any()


@pytest.mark.usefixtures("eager")
def test_frozen_phase_changes_the_head_only_and_fine_tuning_the_rest(phantoms, tmp_path):
    def trained(*phases):
        config = dataclasses.replace(TINY, phases=phases, weight_averaging=0.0)
        return train_classifier(config, phantoms, phantoms, tmp_path)

    start = start_model(TINY).get_layer("backbone").get_weights()
    frozen = trained(Phase("head", 1, 1e-2)).get_layer("backbone").get_weights()
    tuned = trained(Phase("all", 1, 1e-2, unfreeze="all")).get_layer("backbone").get_weights()
    assert all(np.array_equal(a, b) for a, b in zip(start, frozen, strict=True))
    assert any(not np.allclose(a, b) for a, b in zip(start, tuned, strict=True))


@pytest.mark.usefixtures("eager")
def test_early_stopping_ends_a_run_that_learns_nothing(phantoms, tmp_path):
    phase = Phase("head", 30, 1e-12, schedule="plateau", early_stopping=2)
    config = dataclasses.replace(TINY, phases=(phase,), weight_averaging=0.0, mixup=0.0)
    train_classifier(config, phantoms, phantoms, tmp_path)
    assert len(list(csv.DictReader((tmp_path / "history.csv").open()))) == 1 + 3  # the start is no epoch
