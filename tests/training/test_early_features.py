"""The bundled backbone on LiteRT: the same features as Keras computes, on their way before Keras is there."""

import dataclasses

import numpy as np
import pytest

from xray_model.augmentation.policy import NONE, RADIOGRAPH_SAFE
from xray_model.bundles.card import GATE, POOLED
from xray_model.datasets.phantom_sets import shipped_phantoms
from xray_model.errors import InvalidBundle
from xray_model.recipes.config import Phase
from xray_model.recipes.presets import QUICK
from xray_model.training.early_features import CHUNK, EarlyFeatures, bundled_maps, start_early
from xray_model.training.features import FeatureStore, keras_maps
from xray_model.training.loop import TrainingLoop
from xray_model.training.lung_fields import LungFields
from xray_model.training.setup import start_model

FROZEN = dataclasses.replace(QUICK, augmentation=NONE, pace=0.0, batch=4, phases=(Phase("head", 1, 1e-2),))


@pytest.fixture(scope="module")
def images():
    return shipped_phantoms(20, QUICK.input_size)


@pytest.fixture(scope="module")
def by_keras():
    """What Keras says of images; traced once."""
    return keras_maps(start_model(QUICK))


def test_features_are_those_of_keras(images, by_keras):
    few = images.grey[:4]
    for ours, theirs in zip(bundled_maps(QUICK)(few), by_keras(few), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=2e-4)


def test_early_features_are_those_of_a_run_without_them(images, by_keras):
    assert FROZEN.lungs == POOLED, "as the bundle that Quick begins with"
    early = start_early(FROZEN, {"validation": images.take([0, 1]), "training": images}).take("training")
    fields = LungFields(images.grey)
    np.testing.assert_allclose(early, FeatureStore(by_keras, images, FROZEN, fields).view(0), atol=2e-4)
    whole = FeatureStore(by_keras, images, dataclasses.replace(FROZEN, lungs=GATE), fields).view(0)
    assert not np.allclose(early, whole, atol=1e-2)


def test_a_run_takes_the_features_that_were_computed_early(images, tmp_path):
    early = start_early(FROZEN, {"validation": images, "training": images})
    loop = TrainingLoop(FROZEN, images, images, tmp_path, early=early)
    told = []
    np.testing.assert_array_equal(loop._store("training").view(0), early.take("training", lambda *at: told.append(at)))
    assert told[-1] == (len(images), len(images))
    loop.config = dataclasses.replace(FROZEN, phases=(Phase("all", 1, 1e-3, unfreeze="all"), *FROZEN.phases))
    loop.progress.phase = 1
    loop._stores.clear()
    assert loop._store("training")._maps is loop._own  # the backbone has learned: the bundle's own is of no use


@pytest.mark.parametrize(
    "changes",
    [
        {"weights": None},
        {"input_size": 64},
        {"scaling": "identity"},
        {"last_layer": "conv_pw_3_relu"},
        {"cached_features": False, "augmentation": RADIOGRAPH_SAFE},
        {"mixup": 0.2},
    ],
)
def test_other_runs_compute_with_keras(changes, images):
    assert start_early(dataclasses.replace(QUICK, **changes), {"training": images}) is None


def test_what_goes_wrong_early_is_raised_where_somebody_waits(images):
    def broken(grey):
        raise InvalidBundle(f"{len(grey)} images were too many.")

    early = EarlyFeatures(broken, {"training": images}, GATE)
    with pytest.raises(InvalidBundle, match=f"{CHUNK} images were too many"):
        early.take("training")
