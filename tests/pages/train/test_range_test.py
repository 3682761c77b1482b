"""The range test in Custom, on a job centre that trains nothing."""

from __future__ import annotations

import numpy as np
import pytest

from pages.ui.shared.owner import RANGE_TEST, discard_runs
from pages.ui.train.state import BENCH
from tests.pages.conftest import open_page, text_of
from tests.pages.train.test_data import upload_zip
from tests.support.labelled import class_files
from tests.support.train_visit import PAGE, choose, config, owner, started
from xray_model import UnknownRun

RATES = np.geomspace(1e-5, 3.0, 70)
SWEEP = [
    {"kind": "sweep", "rate": float(rate), "loss": float(50 if rate > 0.3 else 0.2 + 0.5 / (1 + (rate / 3e-3) ** 2))}
    for rate in RATES
]


@pytest.fixture
def custom(app):
    return choose(app, "train-recipe", "Custom")


def begun(app):
    app.button(key="train-range").click().run()
    assert not app.exception
    return app


def run_of(app, center):
    """(owner, id) of the range test."""
    whose = owner(app) + RANGE_TEST
    return whose, center.list_runs(whose)[0].run_id


def ended(app, center, **changes):
    whose, run_id = run_of(app, center)
    center.events[run_id] += SWEEP
    center.set(whose, run_id, **({"state": "finished", "sentence": "Finished."} | changes))
    app.run()
    assert not app.exception
    return app


def test_one_press_ends_in_a_rate_that_another_press_takes(custom, center):
    begun(custom)
    assert custom.button(key="train-range").disabled
    assert "Looking at the images" in custom.get("progress")[0].proto.text
    center.events[run_of(custom, center)[1]] += SWEEP[:9]
    assert "Loss by learning rate" in custom.run().get("vega_lite_chart")[0].proto.alt
    ended(custom, center)
    assert "it explodes from 0.3 on" in text_of(custom)
    use = custom.button(key="train-range-use")
    use.click().run()
    assert not custom.exception
    rate = config(custom).phases[0].learning_rate
    assert use.label == f"Use {rate:g}"
    assert 1e-3 <= rate <= 1e-2
    assert custom.selectbox(key="train-set-0-learning_rate").value == rate
    assert "falls fastest" in text_of(custom), "the rate is no part of what was tested"
    assert custom.session_state[BENCH].runs() == [], "it is none of the visitor's runs"


def test_a_result_of_other_settings_is_marked_and_offers_nothing(custom, center):
    ended(begun(custom), center)
    custom.selectbox(key="train-set-batch").set_value(64).run()
    assert "Of other settings or images" in text_of(custom)
    assert "train-range-use" not in {button.key for button in custom.button}
    custom.selectbox(key="train-set-batch").set_value(16).run()
    assert "Of other settings or images" not in text_of(custom)
    choose(custom, "train-data", "pneumoniamnist")
    assert "Of other settings or images" in text_of(custom)


def test_it_is_stopped_by_a_button_and_by_a_training(custom, center):
    begun(custom)
    custom.button(key="train-range-stop").click().run()
    assert center.list_runs(owner(custom) + RANGE_TEST) == []
    assert not custom.button(key="train-range").disabled
    begun(custom)
    started(custom)
    assert [run.name for run in center.list_runs(owner(custom))] == ["1. Custom, Another hospital"]
    assert center.list_runs(owner(custom) + RANGE_TEST) == []


def test_why_it_failed_or_was_refused_is_said(custom, center):
    ended(begun(custom), center, state="failed", sentence="The weights could not be fetched.")
    assert custom.error[0].value == "The weights could not be fetched."
    center.memory_mb = 1000.0
    begun(custom)
    assert any("was not started" in error.value and "this host gives" in error.value for error in custom.error)


def test_it_takes_a_visitors_own_archive_and_waits_for_one(custom, center):
    choose(custom, "train-data", "zip")
    assert custom.button(key="train-range").disabled
    upload_zip(custom, class_files(24))
    begun(custom)
    assert len(center.images.images) == 48


def test_another_session_of_the_browser_finds_it_and_leaving_removes_it(custom, center):
    begun(custom)
    whose, run_id = run_of(custom, center)
    again = open_page(PAGE)
    again.session_state[BENCH].owner = owner(custom)
    choose(again, "train-recipe", "Custom")
    assert again.button(key="train-range-stop")
    discard_runs(owner(custom))
    with pytest.raises(UnknownRun):
        center.view(whose, run_id)
    assert not custom.run().exception
    assert not custom.button(key="train-range").disabled
