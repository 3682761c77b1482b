"""What the frozen layers say, computed once, against the loop that computes it in every step."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from xray_model.augmentation.policy import NONE, RADIOGRAPH_SAFE
from xray_model.bundles.card import GATE, POOLED
from xray_model.datasets.phantom_sets import shipped_phantoms
from xray_model.recipes.config import Phase, TrainingConfig
from xray_model.training import cut_maps
from xray_model.training import loop as loop_module
from xray_model.training.batches import AugmentedBatches
from xray_model.training.cut_maps import MapFile
from xray_model.training.loop import TrainingLoop
from xray_model.training.phase_inputs import CachedMaps, LungPooledImages, WholeImages
from xray_model.training.setup import start_model
from xray_model.training.watch import Watch

FINE = TrainingConfig(
    "MobileNetV2",
    weights=None,
    alpha=0.35,
    input_size=64,
    last_layer="block_6_expand_relu",
    augmentation=NONE,
    phases=(Phase("fine-tune", 2, 1e-3, unfreeze="block_3_expand"),),
    batch=8,
    dropout=0.2,
    class_weights=True,
)


@pytest.fixture(scope="module", autouse=True)
def eager():
    """Runs without a graph: building one takes longer than all of these steps."""
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


@pytest.fixture(scope="module")
def phantoms():
    return shipped_phantoms(20, 64)


@pytest.fixture(scope="module")
def start():
    """The weights that every run begins with."""
    return start_model(FINE).get_weights()


def trained(config, phantoms, folder, **watch):
    folder.mkdir(exist_ok=True)
    run = TrainingLoop(config, phantoms, phantoms.take(range(6)), folder, Watch(**watch))
    return run, run.run()


@pytest.mark.parametrize("lungs", [GATE, POOLED])
def test_weights_are_those_of_the_loop_that_computes_everything(lungs, start, phantoms, tmp_path, monkeypatch):
    """A residual network, dropout in the head, two epochs; also pooled over the lungs."""
    config = dataclasses.replace(FINE, lungs=lungs)
    cached, model = trained(config, phantoms, tmp_path / "cached")
    assert isinstance(cached._inputs(config.phases[0]), CachedMaps)
    names = [weight.path for weight in cached.learner.trainable_variables]
    monkeypatch.setattr(loop_module, "is_cached", lambda *_: False)
    plain, other = trained(config, phantoms, tmp_path / "plain")
    assert isinstance(plain._inputs(config.phases[0]), LungPooledImages if lungs == POOLED else WholeImages)
    assert names == [weight.path for weight in plain.learner.trainable_variables]  # a checkpoint fits both
    for one, two, before in zip(model.weights, other.weights, start, strict=True):
        np.testing.assert_allclose(one, two, atol=1e-4)
        assert np.array_equal(one, before) != any(weight is one for weight in model.trainable_weights)
    for row, again in zip(cached.progress.rows, plain.progress.rows, strict=True):
        for figure in ("loss", "val_loss", "val_auc"):
            assert row[figure] == pytest.approx(again[figure], abs=1e-4)


def test_an_epoch_learns_from_the_views_of_its_images(phantoms, tmp_path):
    """Each map of a batch is the frozen layers' answer to one of the two views of that image."""
    config = dataclasses.replace(FINE, augmentation=RADIOGRAPH_SAFE, cached_features=True, views=2)
    run = TrainingLoop(config, phantoms, phantoms.take(range(6)), tmp_path)
    inputs = run._inputs(config.phases[0])
    batches = inputs.batches(1)
    order = AugmentedBatches(phantoms, config, epoch=1)._order[:8]
    views = [inputs.maps._lower(inputs.views.pictures(view, slice(0, 16))[0]) for view in (0, 1)]
    seen = [
        (np.allclose(found, views[0][i]), np.allclose(found, views[1][i]))
        for found, i in zip(batches[0][0], order, strict=True)
        if i < 16
    ]
    assert len(seen) >= 4
    assert all(sum(both) == 1 for both in seen)
    assert {both.index(True) for both in seen} == {0, 1}


def test_without_room_a_run_computes_everything_and_says_so(phantoms, tmp_path, monkeypatch):
    monkeypatch.setattr(cut_maps, "MOST_CUT_BYTES", 1000)
    events = []
    run, _ = trained(
        dataclasses.replace(FINE, phases=(dataclasses.replace(FINE.phases[0], epochs=1),)),
        phantoms,
        tmp_path / "plain",
        report=events.append,
    )
    assert isinstance(run._inputs(FINE.phases[0]), WholeImages)
    [warning] = {
        event["sentence"] for event in events if event["kind"] == "warning" and event["about"] == "cached maps"
    }
    assert "computed anew in every step" in warning


def test_a_file_of_maps_gives_back_what_was_written_and_leaves_nothing(tmp_path):
    written = np.arange(5 * 2 * 3 * 4, dtype=np.float32).reshape(5, 2, 3, 4)
    file = MapFile(tmp_path, (2, 3, 4))
    file.append(written[:2])
    file.append(written[2:])
    np.testing.assert_array_equal(file[np.array([4, 0, 3])], written[[4, 0, 3]])
    np.testing.assert_array_equal(file[1:9], written[1:])
    assert len(file) == 5
    assert not list(tmp_path.iterdir()), "it has no name that could be left behind"
