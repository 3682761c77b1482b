"""The Train page on a job centre that trains nothing: settings, a run in each of its states, what follows it."""

from __future__ import annotations

import json

import pytest

import xray_model
from pages.ui import cache, train_curves, train_result, train_take
from pages.ui.augmentation_state import TRAINING_POLICY
from pages.ui.train_measures import Measured
from pages.ui.train_state import BENCH
from pages.ui.train_terms import TERMS
from tests.pages import fake_runs
from tests.pages.conftest import open_page, text_of
from xray_model import NOTICE, PRESETS, RECIPES, TrainingConfig

PAGE = "pages/train.py"


@pytest.fixture
def center(monkeypatch):
    found = fake_runs.FakeCenter()
    monkeypatch.setattr(cache, "jobs", lambda: found)
    return found


@pytest.fixture
def app(center):
    assert not center.runs
    return open_page(PAGE)


@pytest.fixture(scope="module")
def result():
    return fake_runs.result(xray_model.load_bundle().folder)


def choose(app, key, value):
    app.button_group(key=key).set_value(value)
    return app.run()


def config(app) -> TrainingConfig:
    return app.session_state[BENCH].config


def owner(app) -> str:
    return app.session_state[BENCH].owner


def started(app):
    app.button(key="train-start").click().run()
    assert not app.exception
    return app


def finished(app, center, monkeypatch, result):
    """The page after a run that has finished."""
    monkeypatch.setattr(train_result, "load_result", lambda _: result)
    started(app)
    folder = str(xray_model.load_bundle().folder)
    center.set(owner(app), "run1", state="finished", sentence="It has finished.", result=folder)
    return app.run()


def test_the_page_opens_with_quick_on_phantoms_and_says_what_it_costs(app):
    assert not app.exception
    text = text_of(app)
    assert text.count(NOTICE) == 1
    assert "600 images" in text
    assert "Licence: Apache-2.0" in text
    assert text.count("<figure>") == 8
    assert config(app) == RECIPES["quick"]
    assert not app.button(key="train-start").disabled
    assert "of memory" in text
    assert "import keras" in app.code[0].value


def test_every_setting_has_a_tooltip_that_teaches(app):
    choose(app, "train-recipe", "Custom")
    app.toggle(key="train-set-fine").set_value(True).run()
    assert not app.exception
    widgets = [*app.selectbox, *app.number_input, *app.toggle]
    ours = [widget for widget in widgets if widget.key.startswith("train-set-")]
    assert len(ours) >= 20
    assert all(widget.help in TERMS.values() for widget in ours)


def test_custom_settings_become_the_configuration(app):
    choose(app, "train-recipe", "Custom")
    app.number_input(key="train-set-seed").set_value(7).run()
    app.selectbox(key="train-set-0-learning_rate").set_value(1e-4).run()
    app.selectbox(key="train-set-augmentation").set_value("Article").run()
    app.toggle(key="train-set-fine").set_value(True).run()
    assert config(app).seed == 7
    assert config(app).phases[0].learning_rate == 1e-4
    assert config(app).augmentation == PRESETS["Article"]
    assert [phase.name for phase in config(app).phases] == ["head", "fine-tune"]
    app.selectbox(key="train-set-backbone").set_value("VGG16").run()
    assert not app.exception
    assert config(app).weights == "imagenet"
    assert config(app).last_layer is None
    assert config(app).phases[1].unfreeze == "block5_conv1"


def test_settings_go_out_as_json_and_come_in_again(app):
    text = json.dumps(RECIPES["article"].to_dict()).encode()
    app.file_uploader(key="train-import").set_value([("a.json", text, "application/json")])
    app.run()
    assert config(app) == RECIPES["article"]
    assert app.button_group(key="train-recipe").value == "Custom"
    app.file_uploader(key="train-import").set_value([("b.json", b'{"pace": -1}', "application/json")])
    assert "were not loaded" in app.run().error[0].value
    assert config(app) == RECIPES["article"]


def test_a_policy_from_the_augmentation_page_is_taken_over_and_can_be_put_aside(app):
    app.session_state[TRAINING_POLICY] = PRESETS["Article"]
    app.run()
    assert config(app).augmentation == PRESETS["Article"]
    assert "From the Augmentation page" in text_of(app)
    app.button(key="train-policy-off").click().run()
    assert config(app) == RECIPES["quick"]


def test_a_run_is_started_watched_paused_and_discarded(app, center):
    started(app)
    text = text_of(app)
    assert "#### Training" in text
    assert "6 of 20" in text
    assert app.button(key="train-step").disabled
    for action in ("pause", "step", "resume", "stop"):
        app.button(key=f"train-{action}").click().run()
        assert not app.exception
        assert center.asked[-1] == ("run1", action)
    assert "Stopped early" in text_of(app)
    app.button(key="train-continue").click().run()
    assert "Waiting" in text_of(app)
    app.button(key="train-discard").click().run()
    assert not app.exception
    assert app.button(key="train-start")


def test_every_state_has_words_and_none_breaks_the_page(app, center):
    started(app)
    from pages.ui.train_live import STATES

    for state, words in STATES.items():
        center.set(owner(app), "run1", state=state, sentence="Said by the engine.", place=2)
        app.run()
        assert not app.exception
        assert words in text_of(app)
        assert "Said by the engine." in text_of(app)


def test_warnings_are_said_once_with_their_epoch(app, center):
    started(app)
    for epoch in (3, 4):
        warning = {"kind": "warning", "about": "overfitting", "sentence": "It learns by heart.", "epoch": epoch}
        center.events["run1"].append(warning)
    app.run()
    assert [warning.value for warning in app.warning] == ["Epoch 5. It learns by heart."]


def test_other_visitors_see_nothing_of_a_run(app, center):
    started(app)
    stranger = open_page(PAGE)
    assert owner(stranger) != owner(app)
    assert "Your runs" not in [group.label for group in stranger.button_group]
    assert len(center.runs) == 1


def test_the_result_opens_cells_and_says_what_is_better(app, center, monkeypatch, result):
    finished(app, center, monkeypatch, result)
    assert not app.exception
    text = text_of(app)
    assert "It has finished." in text
    assert "The worst mistakes" in text
    app.button(key="confusion-11").click().run()
    measured = Measured(result.labels, result.probabilities, result.threshold)
    assert "Truly PNEUMONIA, called PNEUMONIA" in text_of(app)
    assert text_of(app).count("<figure>") == min(12, len(measured.cell(1, 1)))


def test_worse_than_the_start_is_said_before_anything_else(app, center, monkeypatch, result):
    started(app)
    center.events["run1"].append({"kind": "result", "folder": "", "worse": True, "sentence": "Worse than the start."})
    monkeypatch.setattr(train_result, "load_result", lambda _: result)
    center.set(owner(app), "run1", state="finished", result=str(xray_model.load_bundle().folder))
    app.run()
    assert "Worse than the start." in app.warning[0].value


def test_use_in_analyze_is_this_sessions_and_can_be_taken_back(app, center, monkeypatch, result):
    monkeypatch.setattr(train_take, "ANALYZE", "pages/analyze.py")
    finished(app, center, monkeypatch, result)
    app.button(key="train-use").click().run()
    assert not app.exception
    assert app.session_state["session"].own is not None
    app.switch_page("pages/analyze.py").run()
    assert "Your own model answers here" in text_of(app)
    app.button(key="sample-12").click().run()
    app.button(key="own-model-back").click().run()
    assert not app.exception
    assert app.session_state["session"].own is None
    assert "Your own model" not in text_of(app)
    assert len(app.session_state["session"].readings) == 1


def test_two_runs_are_laid_over_each_other_and_compared(app):
    started(app)
    choose(app, "train-pick", "new")
    started(app)
    app.multiselect[0].set_value(["run1"]).run()
    assert not app.exception
    assert "1. Quick, Phantoms" in next(element.proto.body for element in app.html if "curve-key" in element.proto.body)
    assert list(app.dataframe[-1].value["Run"]) == ["2. Quick, Phantoms", "1. Quick, Phantoms"]


def test_measures_agree_with_the_models_own(result):
    from xray_model.evaluation import roc_auc

    measured = Measured(result.labels, result.probabilities, result.threshold)
    assert measured.figures()["AUC"] == pytest.approx(roc_auc(result.probabilities, result.labels))
    cells = [measured.cell(truth, called) for truth in (0, 1) for called in (0, 1)]
    assert sorted(index for cell in cells for index in cell) == list(range(len(result.labels)))
    assert len(measured.mistakes()) == len(cells[1]) + len(cells[2])
    assert sum(count for *_, count in measured.calibration()) == len(result.labels)


def test_charts_keep_their_shape_while_epochs_come():
    records = [event for event in fake_runs.events(8) if event["kind"] == "epoch"]
    shapes = [
        train_curves._spec("auc", train_curves._table("auc", records[:n], {}), 20, [], train_curves.COLOURS)
        for n in (0, 4, 8)
    ]
    assert shapes[0] == shapes[1] == shapes[2]
