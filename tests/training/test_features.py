"""Cached features against the loop that recomputes the frozen base, and runs that were cut against unbroken ones."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from tests.support.tiny_run import HEAD_ONLY
from xray_model.augmentation.policy import RADIOGRAPH_SAFE
from xray_model.augmentation.transforms import warp
from xray_model.bundles.card import GATE, POOLED
from xray_model.datasets.phantom_sets import shipped_phantoms
from xray_model.explanation.lung_pooling import cell_shares, pool_over_lungs
from xray_model.models.export import explained_model
from xray_model.recipes.config import Phase
from xray_model.training.answers import answer_images, keras_answers
from xray_model.training.checkpoint import Progress
from xray_model.training.diagnostics import collapse_sentence, overfitting_sentence
from xray_model.training.features import FeatureStore, keras_maps
from xray_model.training.film import Film, choose_film, head_answer
from xray_model.training.loop import TrainingLoop
from xray_model.training.lung_fields import LungFields, lung_fields
from xray_model.training.setup import start_model
from xray_model.training.views import VIEW_STREAM
from xray_model.training.watch import StopRun, Watch

pytestmark = pytest.mark.usefixtures("short_mobilenet")
TINY = dataclasses.replace(HEAD_ONLY, phases=(Phase("head", 3, 1e-2, schedule="plateau", early_stopping=3),))
BOTH = dataclasses.replace(
    TINY,
    augmentation=RADIOGRAPH_SAFE,
    views=2,
    head="article",
    phases=(Phase("head", 3, 1e-2), Phase("fine-tune", 2, 1e-3, unfreeze="all", schedule="cosine")),
)


@pytest.fixture(scope="module", autouse=True)
def eager():
    """Runs without a graph: building one takes longer than all of these steps. Runs in processes of their own, with
    graphs, are cut and taken up in tests/jobs/test_center.py."""
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


@pytest.fixture(scope="module")
def phantoms():
    return shipped_phantoms(24, 64)


def loop(config, phantoms, folder, **more):
    folder.mkdir(exist_ok=True)
    return TrainingLoop(config, phantoms, phantoms, folder, checkpoints=folder, **more)


@pytest.mark.parametrize(("head", "lungs"), [("linear", GATE), ("linear", POOLED), ("article", GATE)])
def test_cached_features_are_exact_without_augmentation(head, lungs, phantoms, tmp_path, monkeypatch):
    config = dataclasses.replace(TINY, head=head, lungs=lungs)
    cached = loop(config, phantoms, tmp_path / "a").run().get_weights()
    monkeypatch.setattr("xray_model.training.loop.is_cached", lambda *_: False)
    monkeypatch.setattr("xray_model.training.loop.learns_head_only", lambda *_: False)
    plain = loop(config, phantoms, tmp_path / "b").run().get_weights()
    for one, other in zip(cached, plain, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-4)


def test_an_epoch_sees_one_of_the_views_of_each_image(phantoms):
    config = dataclasses.replace(TINY, augmentation=RADIOGRAPH_SAFE, views=2)
    maps = keras_maps(start_model(config))
    store, again = (FeatureStore(maps, phantoms, config, LungFields(phantoms.grey)) for _ in range(2))
    plain = store.view(0)
    np.testing.assert_array_equal(plain, np.concatenate([maps(phantoms.grey[:16])[1], maps(phantoms.grey[16:])[1]]))
    for epoch in (1, 2):
        seen = store.view(epoch)
        np.testing.assert_array_equal(seen, again.view(epoch))
        as_they_are = (seen == plain).all(axis=1)
        assert 4 <= as_they_are.sum() <= 20, "about half of 24 images"
    assert not np.array_equal(store.view(1), store.view(2))


def test_a_view_pools_over_the_lungs_where_they_then_are(phantoms):
    """Each drawn picture beside its own drawn lungs, one by one, against what the store says of all of them."""
    config = dataclasses.replace(TINY, augmentation=RADIOGRAPH_SAFE, views=2, lungs=POOLED)
    maps, fields, expected = keras_maps(start_model(config)), lung_fields(phantoms.grey), []
    for i, (grey, field) in enumerate(zip(phantoms.grey.astype(np.float32), fields, strict=True)):
        assert 0.1 < field.mean() < 0.7
        draw = RADIOGRAPH_SAFE.draw(np.random.default_rng((config.seed, VIEW_STREAM, 1, i)))
        feature_map = maps(draw.apply(grey)[None])[0][0]
        drawn = warp(field.astype(np.float32), draw.matrix(field.shape), "black")
        shares = cell_shares(drawn, *feature_map.shape[:2])
        expected.append((feature_map * shares[..., None]).sum(axis=(0, 1)) / shares.sum())
    pooled, whole = (second_view(maps, phantoms, dataclasses.replace(config, lungs=lungs)) for lungs in (POOLED, GATE))
    np.testing.assert_allclose(pooled, np.stack(expected), rtol=1e-3, atol=1e-8)
    assert not np.allclose(pooled, whole, rtol=0.05, atol=0)


def second_view(maps, images, config):
    """Features of the first augmented view of every image, whichever an epoch would take."""
    store = FeatureStore(maps, images, config, LungFields(images.grey))
    store.view(1)
    return store._views[1]


class Cut(Exception):
    """Stands for a killed process."""


def cut_after(batches):
    """A watch that ends the process, so to speak, in the middle of an epoch."""
    left = iter(range(batches))

    def wait():
        if next(left, None) is None:
            raise Cut

    return Watch(wait=wait)


@pytest.fixture(scope="module")
def whole(phantoms, tmp_path_factory):
    """(weights, events) of `BOTH` in one piece, which is watched as it learns."""
    events = []
    watch = Watch(report=events.append, film=choose_film(phantoms, 4))
    return loop(BOTH, phantoms, tmp_path_factory.mktemp("whole"), watch=watch).run().get_weights(), events


@pytest.mark.parametrize("batches", [9, 15])  # in the head's phase, and in fine-tuning
def test_a_broken_run_goes_on_to_the_same_weights(batches, whole, phantoms, tmp_path):
    with pytest.raises(Cut):
        loop(BOTH, phantoms, tmp_path / "cut", watch=cut_after(batches)).run()
    resumed = loop(BOTH, phantoms, tmp_path / "cut", resume=True)
    assert resumed.progress.epoch > 0
    for one, other in zip(whole[0], resumed.run().get_weights(), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)
    rows = (tmp_path / "cut" / "history.csv").read_text().splitlines()
    assert [line.split(",")[0] for line in rows] == ["epoch", "-1", "0", "1", "2", "3", "4"]


def stop_after(epochs):
    """A watch that asks for the end after so many epochs."""
    done = []

    def wait():
        if len(done) >= epochs:
            raise StopRun

    return Watch(wait=wait, epoch_done=lambda: done.append(1))


def test_stop_keeps_the_best_epoch_so_far(phantoms, tmp_path):
    stopped = loop(BOTH, phantoms, tmp_path / "stop", watch=stop_after(2))
    model = stopped.run()
    assert stopped.stopped
    best = next(row for row in stopped.progress.rows if row["epoch"] == stopped.progress.best_epoch)
    from xray_model.evaluation.metrics import judge
    from xray_model.training.loop import predict

    again = judge(predict(model, phantoms.grey), phantoms.labels)
    assert again["val_loss"] == pytest.approx(best["val_loss"], abs=1e-4)


def test_stop_in_the_first_batch_has_nothing_to_keep(phantoms, tmp_path):
    with pytest.raises(StopRun):
        loop(BOTH, phantoms, tmp_path / "stop", watch=stop_after(0)).run()


@pytest.mark.parametrize(
    "place", ["xray_model.training.checkpoint.Checkpoint.save", "xray_model.training.loop.write_history"]
)
def test_a_full_disk_is_a_warning_and_the_run_goes_on(place, phantoms, tmp_path, monkeypatch):
    written = []

    def full(*_):
        written.append(1)
        if len(written) <= 3:  # there is room again when the run is over
            raise OSError(28, "No space left on device")

    events = []
    monkeypatch.setattr(place, full)
    loop(TINY, phantoms, tmp_path / "full", watch=Watch(report=events.append)).run()
    warnings = [event for event in events if event["kind"] == "warning" and event["about"] == "checkpoint"]
    assert len(warnings) == 3
    assert "No space left on device" in warnings[0]["sentence"]


def test_events_of_a_run(whole):
    _, events = whole
    epochs = [event for event in events if event["kind"] == "epoch"]
    assert [event["epoch"] for event in epochs] == [0, 1, 2, 3, 4]
    points = [event["kind"] for event in events if event["kind"] in ("start", "epoch")]
    assert points == ["start", *["epoch"] * 5]
    assert [event["phase"] for event in events if event["kind"] == "phase"] == ["head", "fine-tune"]
    [start] = [event for event in events if event["kind"] == "start"]
    for point in (start, epochs[0]):
        for name in ("loss", "accuracy", "auc", "sensitivity", "specificity"):
            assert min(point[f"val_{name}"], point[name]) >= 0
    assert (start["epoch"], start["learning_rate"], len(start["film"])) == (-1, epochs[0]["learning_rate"], 4)
    assert epochs[-1]["learning_rate"] < 1e-3
    frame = epochs[0]["film"][3]
    assert np.prod(frame["shape"]) == len(frame["evidence"])
    assert frame["evidence"] != epochs[-1]["film"][3]["evidence"]


@pytest.mark.parametrize("head", ["linear", "article"])
def test_film_shows_what_the_export_would(head, phantoms):
    model = start_model(dataclasses.replace(TINY, head=head))
    out = explained_model(model).predict_on_batch(phantoms.grey[:4].astype(np.float32))
    film, logits = Film(model, keras_maps(model), phantoms.take([0, 1])), np.asarray(out["logit"])[:, 0]
    found, gradient = head_answer(film._head, np.asarray(out["feature_map"]).mean(axis=(1, 2)))
    np.testing.assert_allclose(found, logits, atol=1e-4)
    np.testing.assert_allclose(gradient, np.asarray(out["pooler_gradient"]), atol=1e-4)
    frames = film.frames(backbone_learns=True)
    assert [frame["probability"] for frame in frames] == pytest.approx(1 / (1 + np.exp(-logits[:2])), abs=1e-3)


def test_film_shows_the_answer_of_the_lungs(phantoms):
    config = dataclasses.replace(TINY, lungs=POOLED)
    model, few = start_model(config), phantoms.take([0, 1])
    whole = zip(*answer_images(keras_answers(model), few.grey), lung_fields(few.grey), strict=True)
    answers = [pool_over_lungs(cells, float(logit), field > 0) for logit, cells, field in whole]
    logits, evidence = np.array([logit for logit, _ in answers]), np.stack([cells for _, cells in answers])
    frames = Film(model, keras_maps(model), few, lungs=POOLED).frames(backbone_learns=False)
    assert [frame["probability"] for frame in frames] == pytest.approx(1 / (1 + np.exp(-logits)), abs=1e-3)
    drawn = np.array([frame["evidence"] for frame in frames]).reshape(evidence.shape)
    np.testing.assert_allclose(drawn, evidence, atol=0.01 * np.abs(evidence).max())
    assert (drawn == 0).any(), "cells outside the lungs have no say"


@pytest.mark.parametrize("optimizer", ["adamw", "sgd", "rmsprop"])
def test_every_optimizer_learns(optimizer, phantoms, tmp_path):
    config = dataclasses.replace(TINY, optimizer=optimizer, class_weights=True, phases=(Phase("head", 2, 1e-2),))
    run = loop(config, phantoms, tmp_path / "run")
    before = run.model.get_layer("logit").get_weights()[0].copy()
    assert not np.allclose(before, run.run().get_layer("logit").get_weights()[0])


def test_pace_slows_an_epoch_down(phantoms, tmp_path):
    config = dataclasses.replace(TINY, pace=0.5, phases=(Phase("head", 2, 1e-2),))
    paced = loop(config, phantoms, tmp_path / "run")
    paced.run()
    assert all(row["seconds"] >= 0.5 for row in paced.progress.rows[1:])


def row(epoch, loss, val_loss, sensitivity=0.9, specificity=0.9):
    return {
        **{"epoch": epoch, "loss": loss, "val_loss": val_loss},
        **{"val_sensitivity": sensitivity, "val_specificity": specificity},
    }


def test_trouble_is_said_in_words():
    learning = [row(i, 1 - i / 10, 1 - i / 10) for i in range(5)]
    assert overfitting_sentence(learning) is None
    assert "since epoch 5" in overfitting_sentence(
        [*learning, *[row(5 + i, 0.5 - i / 10, 0.7 + i / 5) for i in range(3)]]
    )
    flat = [row(i, 0.3 - i / 100, 0.3 + (0.02 if i % 2 else 0.0)) for i in range(12)]
    assert overfitting_sentence(flat) is None, "within the noise"
    lucky = [0.330, 0.166, 0.113, 0.036, 0.102, 0.078, 0.080, 0.078, 0.076, 0.077]  # of a default run, on 80 images
    assert overfitting_sentence([row(i, 0.5 / (i + 1), loss) for i, loss in enumerate(lucky)]) is None
    low = [row(i, 0.01 / (i + 1), 0.01 + i * 0.004) for i in range(6)]
    assert overfitting_sentence(low) is None, "three times its best, and nothing to see"
    assert collapse_sentence(learning) is None
    ranked = [row(i, 1, 1, 0.0, 1.0) | {"val_auc": 0.9} for i in range(2)]
    assert collapse_sentence(ranked) is None, "it ranks: its scores only lie below 0.5"
    assert "PNEUMONIA" in collapse_sentence([row(0, 1, 1, 1.0, 0.0), row(1, 1, 1, 1.0, 0.0)])
    assert "NORMAL" in collapse_sentence([row(0, 1, 1, 0.0, 1.0), row(1, 1, 1, 0.0, 1.0)])


def test_plateau_and_early_stopping_count_as_keras_does():
    import keras

    figures = [0.5, 0.6, 0.6, 0.6, 0.55, 0.7, 0.7, 0.7, 0.7, 0.7, 0.7]
    model = keras.Sequential([keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    plateau = keras.callbacks.ReduceLROnPlateau("val_accuracy", factor=0.2, patience=3, mode="max")
    stop = keras.callbacks.EarlyStopping("val_accuracy", patience=4, mode="max")
    for callback in (plateau, stop):
        callback.set_model(model)
        callback.on_train_begin()
    progress, rate = Progress(), float(model.optimizer.learning_rate.numpy())
    for epoch, value in enumerate(figures):
        for callback in (plateau, stop):
            callback.on_epoch_end(epoch, {"val_accuracy": value})
        progress.is_phase_best(value)
        rate *= 0.2 if progress.wants_lower_rate(value) else 1
        assert rate == pytest.approx(float(model.optimizer.learning_rate.numpy()), rel=1e-5)
        assert (progress.phase_wait >= 4) == (stop.stopped_epoch > 0)
        if stop.stopped_epoch:
            break
