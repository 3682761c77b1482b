"""One small range test from the request to its last event, in this process, on images of a visitor's own."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tests.support.tiny_run import TINY
from xray_model.datasets.choice import ARCHIVE, DataChoice
from xray_model.datasets.labelled_images import LabelledImages
from xray_model.datasets.zip_reader import IMAGES_FILE, UploadedImages
from xray_model.jobs.range_run import RangeRun
from xray_model.recipes.range_test import HIGHEST, LOWEST, MOST_IMAGES, STEPS, read_range_test
from xray_model.training import range_worker
from xray_model.training.watch import Watch

COUNT = 320


def bright_and_dark(size: int) -> LabelledImages:
    """PNEUMONIA is brighter, with exceptions: what a head can read from random features too."""
    rng = np.random.default_rng(1)
    labels = (np.arange(COUNT) % 2).astype(np.int8)
    levels = np.clip(rng.normal(90 + 70 * labels, 35), 0, 255).astype(np.uint8)
    names = tuple(map(str, range(COUNT)))
    return LabelledImages(np.repeat(levels, size * size).reshape(COUNT, size, size), labels, names, names)


def test_the_rates_rise_and_one_of_them_is_suggested(tmp_path, monkeypatch):
    monkeypatch.setattr(range_worker, "PACE", 0.0)
    config = replace(TINY, last_layer="conv1_relu", class_weights=True, balanced=False)
    own = UploadedImages("films.zip", "0" * 64, bright_and_dark(config.input_size), {}, 0, None, COUNT)
    run = RangeRun.of(config, DataChoice(ARCHIVE, None, "films.zip"), tmp_path / "run", "run", "me")
    run.write_request("range test", own)
    events = []
    range_worker.run_range_test(run.folder, Watch(report=events.append))
    sweep = [(event["rate"], event["loss"]) for event in events if event["kind"] == "sweep"]
    rates, losses = np.array(sweep).T
    assert len(rates) == STEPS
    assert (np.diff(rates) > 0).all()
    assert np.isfinite(losses).all()
    assert losses.min() < 0.9 * losses[0]
    assert LOWEST < read_range_test(sweep).rate < HIGHEST
    assert [event["state"] for event in events if event["kind"] == "state"][-1] == "finished"
    assert next(event["total"] for event in events if event.get("what") == "features") == MOST_IMAGES
    assert not (run.folder / IMAGES_FILE).exists()
