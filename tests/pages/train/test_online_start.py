"""A real run from the page to its end, from ImageNet on, with nothing but its number of images made smaller."""

import time

import pytest

from pages.ui.shared import cache
from pages.ui.train.state import BENCH
from tests.pages.conftest import open_page, text_of
from tests.support.train_visit import PAGE, owner, started
from xray_model import JobCenter, point_records

pytestmark = pytest.mark.real_data
PATIENCE = 180.0  # seconds


@pytest.fixture
def center(monkeypatch):
    real = JobCenter(nice=0)
    monkeypatch.setattr(cache, "jobs", lambda: real)
    yield real
    real.close()


def test_with_imagenet_at_hand_the_default_run_begins_near_chance_and_learns(center, data_dir):
    assert data_dir
    app = open_page(PAGE)
    assert "starts from **ImageNet**" in text_of(app)
    app.select_slider(key="train-count-phantoms").set_value(80).run()
    started(app)
    [run] = center.list_runs(owner(app))
    end = time.monotonic() + PATIENCE
    while not center.view(owner(app), run.run_id).ended and time.monotonic() < end:
        app.run()
        assert not app.exception
        time.sleep(6)
    app.run()
    assert "#### Finished" in text_of(app)
    assert app.button(key="train-use")
    points = [point["val_auc"] for point in point_records(app.session_state[BENCH].events[run.run_id])]
    assert points[0] <= 0.75
    assert points[-1] >= max(0.8, points[0] + 0.2), points
