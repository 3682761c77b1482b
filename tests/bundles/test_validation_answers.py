"""The answers that a bundle keeps: what is written is read back, small, and a damaged file is said to be one."""

from __future__ import annotations

import numpy as np
import pytest

from xray_model.bundles.validation_answers import ANSWERS_FILE, ValidationAnswers, load_answers, save_answers
from xray_model.errors import InvalidBundle
from xray_model.evaluation.calibration import Calibration, sigmoid


def drawn(rows: int, seed: int) -> ValidationAnswers:
    rng = np.random.default_rng(seed)
    return ValidationAnswers(
        film=np.arange(rows),
        patient=np.arange(rows) // 2,
        label=rng.integers(0, 2, rows).astype(np.int8),
        group=np.where(rng.random(rows) < 0.5, "NORMAL", "PNEUMONIA, viral"),
        condition=np.where(np.arange(rows) % 3, "mild framing", "as taken"),
        fold=rng.integers(-1, 2, rows).astype(np.int8),
        log_odds=rng.normal(0, 4, rows),
    ).calibrated(Calibration(1, 0))


def test_what_is_written_is_read_back_in_few_bytes(tmp_path):
    sets = {"left-out series": drawn(9000, 1), "validation": drawn(500, 2)}
    save_answers(tmp_path, sets)
    found = load_answers(tmp_path)
    assert list(found) == list(sets)
    for name, rows in sets.items():
        for column, values in vars(rows).items():
            np.testing.assert_array_equal(vars(found[name])[column], values)
        assert len(found[name]) == len(rows)
        np.testing.assert_array_equal(found[name].as_taken, rows.condition == "as taken")
        np.testing.assert_allclose(found[name].probability, sigmoid(rows.log_odds))
    assert (tmp_path / ANSWERS_FILE).stat().st_size < 6 * 9500


def test_extreme_answers_stay_in_the_file_s_range(tmp_path):
    rows = drawn(4, 3).calibrated(Calibration(1e6, 0))
    save_answers(tmp_path, {"validation": rows})
    assert np.abs(load_answers(tmp_path)["validation"].log_odds).max() == pytest.approx(32.767)


@pytest.mark.parametrize("damage", [lambda file: file.unlink(), lambda file: file.write_bytes(file.read_bytes()[:300])])
def test_a_missing_or_damaged_file_is_one_sentence(tmp_path, damage):
    save_answers(tmp_path, {"validation": drawn(50, 4)})
    damage(tmp_path / ANSWERS_FILE)
    with pytest.raises(InvalidBundle, match=r"answers\.npz is missing or damaged"):
        load_answers(tmp_path)
