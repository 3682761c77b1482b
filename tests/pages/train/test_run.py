"""The Train page with runs in each state, on a job centre that trains nothing, and what follows a run."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

import xray_model
from pages.ui.train import curves, live, take_away
from pages.ui.train.measures import Measured
from pages.ui.train.state import BENCH
from tests.pages.conftest import open_page, text_of
from tests.support import fake_runs
from tests.support.train_visit import PAGE, choose, owner, started
from xray_model.evaluation.metrics import roc_auc
from xray_model.jobs.result import OldHospital


@pytest.fixture(scope="module")
def result():
    return fake_runs.result(xray_model.load_bundle().folder)


def finished(app, center, monkeypatch, result, *events):
    """The page after a run that has finished with these events."""
    monkeypatch.setattr("pages.ui.train.result.load_result", lambda _: result)
    started(app)
    center.events["run1"] += events
    folder = xray_model.load_bundle().folder
    center.set(owner(app), "run1", state="finished", sentence="It has finished.", result=folder)
    return app.run()


def test_what_a_run_leaves_is_handed_out(app, center, monkeypatch, result):
    finished(app, center, monkeypatch, result)
    ids = " ".join(element.proto.id for element in app.get("download_button"))
    assert all(key in ids for key in ("train-bundle", "train-history", "train-logs", "train-result-settings"))


def test_a_run_is_started_watched_paused_and_discarded(app, center):
    started(app)
    text = text_of(app)
    assert "#### Training" in text
    assert "6 of 20" in text
    assert "batch 7 of 15" in app.get("progress")[0].proto.text
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
    for state, words in live.STATES.items():
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


def test_where_the_run_computes_is_said(app, center):
    started(app)
    center.events["run1"].append({"kind": "device", "sentence": "Computes on a GPU, Imagined 9000."})
    assert "Imagined 9000" in text_of(app.run())


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


def test_before_and_after_on_the_visitors_own_upload(center, monkeypatch, result):
    app = open_page("pages/analyze.py")
    app.button(key="sample-12").click().run()
    app.switch_page(PAGE).run()
    finished(app, center, monkeypatch, result)
    [shown] = [table.value for table in app.dataframe if "Bundled model" in table.value]
    [reading] = app.session_state["session"].readable
    [row] = shown.to_dict("records")
    assert row["File"] == reading.name
    assert row["Bundled model"] == row["This run"]  # the bundled model's folder stands for the new one's
    assert 0 <= row["This run"] <= 100


def test_a_model_that_met_a_new_hospital_says_what_it_gained_and_forgot(app, center, monkeypatch, result):
    monkeypatch.setattr("pages.ui.train.result.load_result", lambda _: replace(result, old=OldHospital(1.0, 0.9, 100)))
    started(app)
    center.set(owner(app), "run1", state="finished", result=xray_model.load_bundle().folder)
    app.run()
    assert not app.exception
    [hospitals] = [table.value for table in app.table if "Before" in table.value]
    assert list(hospitals.iloc[1]) == ["On the old hospital's phantoms", "1.000", "0.900"]
    assert "forgotten a part of what it knew" in text_of(app)


def test_the_point_before_the_first_step_is_on_every_curve_and_no_epoch(app, center):
    started(app)
    center.events["run1"][:] = fake_runs.events(0)
    app.session_state[BENCH].events.clear()
    app.session_state[BENCH].following.clear()
    app.run()
    assert "0 of 20" in text_of(app)
    assert len(app.get("vega_lite_chart")) == len(curves.CHARTS)
    assert all(re.search(rf"\*\*{title}\*\*\xa0[\d.]", text_of(app)) for title in curves.CHARTS.values())


def test_worse_than_the_start_is_said_before_anything_else(app, center, monkeypatch, result):
    finished(app, center, monkeypatch, result, {"kind": "result", "worse": True, "sentence": "Worse than the start."})
    assert "Worse than the start." in app.warning[0].value


def test_use_in_analyze_is_this_sessions_and_can_be_taken_back(app, center, monkeypatch, result):
    monkeypatch.setattr(take_away, "ANALYZE", "pages/analyze.py")
    finished(app, center, monkeypatch, result)
    app.button(key="train-use").click().run()
    assert not app.exception
    assert app.session_state["session"].own is not None
    app.switch_page("pages/analyze.py").run()
    assert "Your own model is in use" in text_of(app)
    assert "phantoms of the other hospital, which it learned from" in text_of(app)
    app.button(key="sample-21").click().run()
    app.button(key="own-model-back").click().run()
    assert not app.exception
    assert app.session_state["session"].own is None
    assert "Your own model" not in text_of(app)
    assert "other hospital" not in text_of(app)
    assert len(app.session_state["session"].readings) == 1


def test_two_runs_are_laid_over_each_other_and_compared(app):
    started(app)
    choose(app, "train-pick", "new")
    started(app)
    app.multiselect[0].set_value(["run1"]).run()
    assert not app.exception
    keys = next(element.proto.body for element in app.html if "curve-key" in element.proto.body)
    assert "1. Quick, Another hospital" in keys
    assert list(app.dataframe[-1].value["Run"]) == ["2. Quick, Another hospital", "1. Quick, Another hospital"]


def test_measures_agree_with_the_models_own(result):
    measured = Measured(result.labels, result.probabilities, result.threshold)
    assert measured.figures()["AUC"] == pytest.approx(roc_auc(result.probabilities, result.labels))
    cells = [measured.cell(truth, called) for truth in (0, 1) for called in (0, 1)]
    assert sorted(index for cell in cells for index in cell) == list(range(len(result.labels)))
    assert len(measured.mistakes()) == len(cells[1]) + len(cells[2])
    assert sum(count for *_, count in measured.calibration()) == len(result.labels)


def test_charts_keep_their_shape_while_epochs_come(app, center):
    """A browser draws a chart with another specification anew, and the page would jump."""
    started(app)
    shapes = []
    for count in (1, 4, 8):
        center.events["run1"][:] = fake_runs.events(count)
        app.session_state[BENCH].events.clear()
        app.session_state[BENCH].following.clear()
        shapes.append([chart.proto.spec for chart in app.run().get("vega_lite_chart")])
    assert len(shapes[0]) == len(curves.CHARTS)
    assert shapes[0] == shapes[1] == shapes[2]
