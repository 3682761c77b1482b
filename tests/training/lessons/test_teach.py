"""A small lesson that has everything, run once in this process."""

from __future__ import annotations

from dataclasses import replace

import pytest

from xray_model.augmentation.policy import RADIOGRAPH_SAFE
from xray_model.bundles.card import POOLED
from xray_model.recipes.config import BUNDLED
from xray_model.recipes.lessons.catalogue import LESSONS
from xray_model.recipes.lessons.lesson import EVERYTHING, Training, lesson_outcome
from xray_model.training.lessons.images import LessonImages, is_on_marker
from xray_model.training.lessons.worker import teach
from xray_model.training.watch import Watch

pytestmark = pytest.mark.usefixtures("short_mobilenet")
SMALL = {"weights": None, "backbone": "MobileNet", "alpha": 0.25, "last_layer": "conv_pw_1_relu", "images": 40}
MARKED, LUNGS, CUT, STOPS, ALL = "marked", "lungs", "cut", "stops", "all"
LESSON = replace(
    LESSONS["shortcut"],
    trainings=(
        Training(MARKED, BUNDLED, epochs=12, rate=1e-2, images=40),
        Training(LUNGS, BUNDLED, epochs=2, rate=1e-2, images=40, lungs=POOLED),
        Training(CUT, epochs=8, rate=3.0, schedule="plateau", augmentation=RADIOGRAPH_SAFE, **SMALL),
        Training(STOPS, epochs=8, rate=3.0, patience=2, **SMALL),
        Training(ALL, epochs=1, rate=1e-3, learns=EVERYTHING, **SMALL),
    ),
    shifted=False,
    sweep=True,
    pace=0.0,
)


@pytest.fixture(scope="module")
def events():
    told = []
    teach(LESSON, dict(enumerate(LESSON.trainings)), LessonImages(40, 24), Watch(report=told.append))
    return told


@pytest.fixture(scope="module")
def outcome(events):
    return lesson_outcome(LESSON, events)


def test_a_shortcut_is_learned_and_seen_on_the_map(events, outcome):
    marked = outcome.one(MARKED)
    assert len(marked.points) == 13
    assert marked.points[0]["epoch"] == 0
    assert marked.last("accuracy") > 0.85 > marked.points[0]["accuracy"]
    assert marked.last("loss") < marked.last("plain_loss"), "it relies on the marker"
    assert outcome.one(LUNGS).measures["peak_on_marker"] == 0
    pictures = [event for event in events if event["kind"] == "picture" and event["run"] == 0]
    assert len(pictures) == 3
    assert all(len(event["evidence"]) == event["shape"][0] * event["shape"][1] for event in pictures)


def test_a_plateau_cuts_the_rate_and_patience_ends_a_training(outcome):
    rates = outcome.one(CUT).values("rate")
    assert rates[-1] < rates[0]
    stopped = outcome.one(STOPS)
    best, _ = stopped.lowest("loss")
    assert len(stopped.points) - 1 == min(8, best + 2)


def test_a_range_test_comes_first_and_the_trainings_take_turns(events, outcome):
    kinds = [event["kind"] for event in events if event["kind"] in ("sweep", "point")]
    assert kinds.index("point") == len(outcome.sweep) > 50
    rates = [rate for rate, _ in outcome.sweep]
    assert rates == sorted(rates)
    runs = [event["run"] for event in events if event["kind"] == "point"]
    assert runs[:10] == [0, 1, 2, 3, 4] * 2
    assert outcome.one(ALL).last("train_loss") > 0


def test_the_marker_lies_where_it_is_looked_for_on_a_map():
    images = LessonImages(8, 4)
    changed = (images.marked != images.grey).reshape(12, 8, 16, 8, 16).sum(axis=(2, 4))
    peaks = [divmod(int(cells.argmax()), 8) for cells in changed]
    assert all(is_on_marker(row, column, 8) for row, column in peaks)
    assert not is_on_marker(3, 5, 8), "a cell in the lung beside it"
    assert (images.telling[images.labels == 0] == images.grey[images.labels == 0]).all()
