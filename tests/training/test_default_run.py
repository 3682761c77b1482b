"""The default run, cut short. Without ImageNet the bundled model meets another hospital; with it, a network that has
never seen a radiograph meets phantoms. Both learn."""

import dataclasses

import numpy as np
import pytest

from xray_model.datasets.choice import ELSEWHERE, PHANTOMS, DataChoice
from xray_model.datasets.phantom_sets import OTHER_HOSPITAL, shipped_phantoms
from xray_model.datasets.splitting import split_images
from xray_model.evaluation.metrics import roc_auc
from xray_model.jobs.result import load_result
from xray_model.jobs.run_files import EVENTS, REQUEST, read_events, write_json
from xray_model.recipes.presets import default_data, quick, quick_for
from xray_model.training import finish, worker
from xray_model.training.finish import bundled_probabilities

IMAGES, EPOCHS = 140, 2


def run(folder, config, choice, epochs):
    """(events, result) of a run on this part of the phantoms, with so many epochs of fine-tuning."""
    head, tune = config.phases
    config = dataclasses.replace(config, pace=0.0, phases=(head, dataclasses.replace(tune, epochs=epochs)))
    request = {"config": config.to_dict(), "data": choice.to_dict(), "bundle": "mine-v1", "resume": False}
    write_json(folder / REQUEST, request)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(finish, "VISITOR_TRIAL_SEEDS", range(2))
        assert worker.main(folder) == 0
    return read_events(folder / EVENTS, 0)[0], load_result(folder / "result" / "mine-v1")


@pytest.fixture(scope="module")
def ended(tmp_path_factory):
    return run(tmp_path_factory.mktemp("run"), quick(), DataChoice(ELSEWHERE, IMAGES), EPOCHS)


def test_the_first_point_is_where_the_bundled_model_stands(ended):
    events, result = ended
    [start] = [event for event in events if event["kind"] == "start"]
    assert start["val_auc"] == pytest.approx(roc_auc(result.before, result.labels), abs=0.02)
    assert [row["epoch"] for row in result.history] == ["-1", "0", "1", "2"]
    assert [row["phase"] for row in result.history] == ["start", "head", "fine-tune", "fine-tune"]


def test_it_adapts_and_says_so(ended):
    events, result = ended
    points = [event for event in events if event["kind"] in ("start", "epoch")]
    assert points[-1]["val_loss"] < points[0]["val_loss"] - 0.1, "its probabilities fit the new hospital"
    assert points[-1]["auc"] > points[0]["auc"]
    assert not [event for event in events if event["kind"] == "warning"]
    assert "before" in result.sentence
    assert not result.worse


def test_what_it_forgot_of_the_old_hospital_is_measured(ended):
    _, result = ended
    assert result.old.images == 100
    assert result.old.before > 0.99
    assert 0.8 < result.old.after <= 1


def test_the_film_changes_as_it_learns(ended):
    events, _ = ended
    first, *_, last = (event["film"] for event in events if event["kind"] in ("start", "epoch"))
    apart = [np.abs(np.subtract(a["evidence"], b["evidence"])).max() for a, b in zip(first, last, strict=True)]
    assert max(apart) > 0.01


def test_the_bundled_model_is_worse_at_another_hospital():
    """On the phantoms that a run holds back, and on as many others; docs/experiments.md tells of all 500."""
    images = shipped_phantoms(500, 192, OTHER_HOSPITAL)
    _, held_out = split_images(images, 0.2, 1)
    assert roc_auc(bundled_probabilities(held_out), held_out.labels) <= 0.85
    first = images.take(range(150))
    assert roc_auc(bundled_probabilities(first), first.labels) <= 0.9


@pytest.mark.real_data
def test_from_imagenet_it_begins_near_chance_and_learns(tmp_path, data_dir):
    assert data_dir
    choice = default_data()
    assert choice.kind == PHANTOMS
    config = quick_for(choice.kind)
    assert config.weights == "imagenet"
    events, _ = run(tmp_path, config, dataclasses.replace(choice, count=120), 3)
    points = [event["val_auc"] for event in events if event["kind"] in ("start", "epoch")]
    assert points[0] <= 0.75
    assert points[-1] >= max(0.75, points[0] + 0.15), points
