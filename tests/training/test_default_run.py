"""The default run without ImageNet, cut short: the bundled model meets another hospital, and learns.

With ImageNet: tests/pages/train/test_online_start.py. Whole: tests/browser/test_train.py.
"""

import dataclasses

import numpy as np
import pytest

from xray_model.datasets.choice import ELSEWHERE, DataChoice
from xray_model.datasets.phantom_sets import OTHER_HOSPITAL, shipped_phantoms
from xray_model.datasets.splitting import split_images
from xray_model.evaluation.metrics import roc_auc
from xray_model.jobs.result import load_result
from xray_model.jobs.run_files import EVENTS, REQUEST, read_events, write_json
from xray_model.recipes.presets import quick
from xray_model.training import finish, worker
from xray_model.training.finish import bundled_probabilities

IMAGES, EPOCHS = 100, 2


@pytest.fixture(scope="module")
def ended(tmp_path_factory):
    """(events, result) of a run on a part of the phantoms, with two epochs of fine-tuning."""
    folder = tmp_path_factory.mktemp("run")
    head, tune = quick().phases
    config = dataclasses.replace(quick(), pace=0.0, phases=(head, dataclasses.replace(tune, epochs=EPOCHS)))
    choice = DataChoice(ELSEWHERE, IMAGES)
    request = {"config": config.to_dict(), "data": choice.to_dict(), "bundle": "mine-v1", "resume": False}
    write_json(folder / REQUEST, request)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(finish, "VISITOR_TRIAL_SEEDS", range(2))
        assert worker.main(folder) == 0
    return read_events(folder / EVENTS, 0)[0], load_result(folder / "result" / "mine-v1")


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
