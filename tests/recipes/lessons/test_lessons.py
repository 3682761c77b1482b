"""Every lesson is complete, and its words fit the figures: those it was made for, and those that nobody expected."""

from __future__ import annotations

import pytest

from xray_model.recipes.lessons.at_hand import at_hand, lesson_offline_note
from xray_model.recipes.lessons.catalogue import LESSONS
from xray_model.recipes.lessons.lesson import IMAGENET, SKIP, lesson_outcome

SURPRISE = ("This time", "did not reach", "Only one pre-trained")
# lesson -> (expected, surprising): measure -> value at the end for each name of a training, or for all of them
ENDS = {
    "head-start": ({"auc": (0.64, 0.96, 0.99)}, {"auc": (0.64, 0.7, 0.8)}),
    "few-images": (
        {"auc": lambda t: 0.6 if t.weights is None else {20: 0.7, 50: 0.8, 100: 0.93, 300: 0.96}[t.images]},
        {"auc": 0.6},
    ),
    "freeze": ({"auc": (0.9, 0.96, 0.5)}, {"auc": (0.9, 0.95, 0.97)}),
    "augmentation": (
        {"auc": (0.84, 0.8, 0.83), "shifted_auc": (0.7, 0.81, 0.8)},
        {"auc": (0.84, 0.8, 0.83), "shifted_auc": (0.8, 0.8, 0.79)},
    ),
    "learning-rate": ({"loss": (0.75, 0.2, 2.0, 0.3)}, {"loss": (0.7, 0.3, 0.25, 0.26)}),
    "shortcut": (
        {"accuracy": (1.0, 0.97), "plain_accuracy": (0.55, 0.9)},
        {"accuracy": (0.98, 0.97), "plain_accuracy": (0.97, 0.96)},
    ),
    "when-to-stop": (
        {"loss": (0.9, 0.5, 0.2), "auc": 0.9, "train_loss": 0.01},
        {"loss": (0.3, 0.3, 0.2), "auc": 0.9, "train_loss": 0.01},
    ),
    "which-network": ({"auc": lambda t: 0.99 if t.weights == "bundled" else 0.9}, {"auc": 0.9}),
}
BEGIN = {"auc": 0.5, "shifted_auc": 0.5, "loss": 0.7, "accuracy": 0.5, "plain_accuracy": 0.5, "train_loss": 0.7}


def value(given, lesson, training) -> float:
    """A measure's end for one training."""
    names = list(dict.fromkeys(each.name for each in lesson.trainings))
    return (
        given(training) if callable(given) else given[names.index(training.name)] if isinstance(given, tuple) else given
    )


def outcome(lesson, ends, only=None):
    """Three points for each training: the start, the lowest loss, the end."""
    events = []
    for run, training in enumerate(lesson.trainings):
        if only and training.weights not in only:
            continue
        last = {measure: value(given, lesson, training) for measure, given in ends.items()}
        middle = last | {"loss": min(0.3, last.get("loss", 1.0))}
        points = enumerate((BEGIN, middle, *[last] * 5))
        events += [{"kind": "point", "run": run, "epoch": epoch, **measures} for epoch, measures in points]
        values = {"megabytes": 2.0 + run, "seconds": 1.0}
        events.append({"kind": "measure", "run": run, "values": values})
    return lesson_outcome(lesson, events)


@pytest.mark.parametrize("key", LESSONS)
def test_words_and_verdict_follow_the_figures(key):
    lesson = LESSONS[key]
    expected, surprising = ENDS[key]
    usual = lesson.conclude(outcome(lesson, expected))
    only = {"bundled"} if key == "which-network" else None
    strange = lesson.conclude(outcome(lesson, surprising, only))
    assert usual.answer != strange.answer
    for found in (usual, strange):
        assert 0 <= found.answer < len(lesson.choices)
        assert all(sentence.endswith(".") and "nan" not in sentence for sentence in found.sentences)
    text = " ".join(strange.sentences)
    assert any(words in text for words in SURPRISE)
    assert text != " ".join(usual.sentences)


def test_a_marker_that_costs_a_little_bears_out_no_expectation():
    lesson = LESSONS["shortcut"]
    found = lesson.conclude(outcome(lesson, {"accuracy": (0.965, 0.97), "plain_accuracy": (0.895, 0.96)}))
    assert found.answer is None
    assert "it lost 7.0 percentage points" in found.sentences[-1]


def test_a_verdict_names_the_run_s_own_figures():
    lesson = LESSONS["head-start"]
    sentences = lesson.conclude(outcome(lesson, ENDS["head-start"][0])).sentences
    assert "ended at 0.640" in sentences[0]
    assert "after 1 epoch, having looked at 400 images" in sentences[2]


@pytest.mark.parametrize("key", LESSONS)
def test_a_lesson_is_complete_and_short(key):
    lesson = LESSONS[key]
    assert lesson.key == key == key.lower().replace(" ", "-")
    assert lesson.question.endswith("?")
    assert len(set(lesson.choices)) == len(lesson.choices) > 1
    assert lesson.source[1].startswith("https://")
    assert len({(t.name, t.images, t.seed) for t in lesson.trainings}) == len(lesson.trainings) > 1
    points = sum(training.epochs + 1 for training in lesson.trainings)
    assert lesson.pace * points / (len(lesson.trainings) if lesson.together else 1) < 30, "seconds of pacing alone"


def test_without_imagenet_weights_a_lesson_runs_on_what_ships_and_says_so(tmp_path, monkeypatch):
    monkeypatch.delenv("XRAY_DATA_DIR", raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    for lesson in LESSONS.values():
        trainings = at_hand(lesson)
        assert trainings
        assert IMAGENET not in {training.weights for training in trainings.values()}
        wants = IMAGENET in {training.weights for training in lesson.trainings}
        assert bool(lesson_offline_note(lesson)) == wants
        assert (len(trainings) < len(lesson.trainings)) == (wants and lesson.offline == SKIP)
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_192_no_top.h5").touch()
    assert len(at_hand(LESSONS["head-start"])) == 3, "weights that were trained at another size will do"
