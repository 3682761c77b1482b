"""The table of what each choice is worth: a row for each change, judged on the series that was left out."""

import csv
from dataclasses import replace

import numpy as np
import pytest

from tests.support.tiny_run import TINY
from xray_model import load_bundle
from xray_model.bundles.card import POOLED
from xray_model.cli import main
from xray_model.datasets.folder_reader import load_folder
from xray_model.datasets.kermany_series import series_of
from xray_model.training import ablation

pytestmark = pytest.mark.usefixtures("short_mobilenet")
BASE = ablation.BASE  # before the fixture makes it small


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(ablation, "BASE", replace(TINY.with_epochs(1), phantoms=0, lungs=POOLED))
    monkeypatch.setattr(ablation, "LEARNED", 8)
    monkeypatch.setattr(ablation, "JUDGED", 8)


def test_what_is_judged_is_of_a_series_that_nothing_is_learned_from(two_series):
    learned, judged = ablation.left_out_series(load_folder(two_series, 64))
    assert set(series_of(learned.groups).tolist()) == {0}
    assert set(series_of(judged.groups).tolist()) == {1}
    assert learned.counts() == judged.counts() == {"NORMAL": 4, "PNEUMONIA": 4}


def test_a_row_for_each_change_and_none_twice(two_series, tmp_path):
    table = tmp_path / "table.csv"
    command = ["ablate", str(two_series), "--out", str(table), "--only", "average of three"]
    assert main(command) == 0
    written = table.read_text()
    assert main(command) == 0
    assert table.read_text() == written
    [row] = csv.DictReader(written.splitlines())
    assert tuple(row) == ablation.COLUMNS
    assert row["change"] == "average of three framings"
    for low, high in (("auc_low", "auc_high"), ("shifted_low", "shifted_high")):
        assert 0 <= float(row[low]) <= float(row[high]) <= 1
    assert 0.5 <= float(row["accuracy"]) <= 1


def test_a_contender_runs_again_for_longer_and_is_otherwise_the_same():
    rows = {row.name: replace(BASE, **dict(row.settings)) for row in ablation.ROWS}
    assert len(rows) == len(ablation.ROWS)
    for name in ablation.CONTENDERS:
        short, long = rows[name], rows[f"{name}: 12 epochs"]
        (head, body), (same, more) = short.phases, long.phases
        assert (head, replace(body, epochs=12)) == (same, more)
        assert (body.epochs, replace(long, phases=short.phases)) == (2, short)


def test_the_bundled_table_is_whole_and_no_contender_beats_the_recipe_beyond_its_interval():
    text = (load_bundle().folder / "ablation.csv").read_text()
    table = {row["change"]: row for row in csv.DictReader(text.splitlines())}
    assert tuple(text.splitlines()[0].split(",")) == ablation.COLUMNS
    assert list(table) == [row.name for row in ablation.ROWS]
    most = float(table["the recipe, shortened: 12 epochs"]["shifted_high"])
    assert all(float(row["shifted_auc"]) < most for row in table.values())


def test_best_accuracy_is_that_of_the_best_threshold():
    labels = np.array([0, 0, 1, 1, 1], np.int8)
    assert ablation._best_accuracy(np.array([0.1, 0.2, 0.3, 0.4, 0.5]), labels) == 1
    assert ablation._best_accuracy(np.array([0.1, 0.6, 0.3, 0.4, 0.5]), labels) == pytest.approx(0.8)
