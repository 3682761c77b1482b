"""Series of films told by file names, and a recipe judged on the series that it did not learn from."""

from dataclasses import replace

import numpy as np
import pytest

from tests.support.tiny_run import TINY
from tests.support.two_series import EACH
from xray_model.bundles.card import SERIES
from xray_model.bundles.card_text import percent, render_model_card
from xray_model.datasets.folder_reader import load_folder
from xray_model.datasets.kermany_series import has_two_series, series_of
from xray_model.datasets.phantom_sets import phantom_images
from xray_model.evaluation.calibration import Calibration
from xray_model.training import cross_series, runs, write_bundle


@pytest.fixture(scope="module")
def card(two_series, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(write_bundle, "TRIAL_SEEDS", range(2))
        config = replace(TINY.with_epochs(1), across_series=True)
        return runs.run_training(two_series, config, tmp_path_factory.mktemp("trained") / "tiny-v1", "the command")


def test_series_are_told_by_the_patients_name():
    groups = ("IM-0115", "NORMAL2-IM-0115", "person999", "person1000", "person12", "phantom7", "00000193")
    assert series_of(groups).tolist() == [0, 1, 0, 1, 0, -1, -1]


def test_images_without_two_series_are_not_judged_across_them():
    assert not has_two_series(phantom_images(range(4), 64))


def test_every_film_is_answered_without_its_series_and_the_thresholds_are_chosen_on_that(card):
    figures = card.evaluation[SERIES]
    assert (figures["normal"], figures["pneumonia"], figures["patients"]) == (2 * EACH, 2 * EACH, 4 * EACH)
    assert {point.n for point in card.operating_points} == {4 * EACH}
    for point in card.operating_points:
        assert point.sensitivity == figures["operating_points"][point.name]["sensitivity"]["value"]
        assert point.specificity == figures["operating_points"][point.name]["specificity"]["value"]
    assert "saw nothing of its series" in card.operating_point().data


def test_prose_says_what_the_thresholds_were_chosen_on(card):
    prose = render_model_card(card)
    assert f"| {SERIES} | {4 * EACH} |" in prose
    assert "chosen on the left-out series" in prose
    assert "those with a sensitivity of 97%, if" in prose
    assert "the recipe was run twice more" in prose
    assert prose.count("persons below 1000") == 1  # what the series are: with the runs, or with the table's rows
    plain = replace(card, evaluation={name: part for name, part in card.evaluation.items() if name != SERIES})
    assert "by what the file names tell (series: first `IM-` and persons below 1000" in render_model_card(plain)


def test_figures_of_each_series_add_up_to_those_of_both(card):
    groups = card.evaluation[SERIES]["subgroups"]
    for label, figure in (("PNEUMONIA", "sensitivity"), ("NORMAL", "specificity")):
        parts = [groups[f"{label}, {which} series"] for which in ("first", "second")]
        assert [part["n"] for part in parts] == [EACH, EACH]
        assert np.mean([part["right"] for part in parts]) == pytest.approx(getattr(card.operating_point(), figure))
    assert f"{percent(groups['NORMAL, second series']['right'])} of {EACH} |\n" in render_model_card(card)


def test_no_network_learns_from_the_series_it_answers(two_series, monkeypatch):
    learned = []

    def spy(config, training, validation, folder):
        learned.append(set(series_of((*training.groups, *validation.groups)).tolist()))
        return train(config, training, validation, folder)

    train = cross_series.train_classifier
    monkeypatch.setattr(cross_series, "train_classifier", spy)
    answers = cross_series.answer_across_series(TINY.with_epochs(1), load_folder(two_series, 64))
    assert learned == [{1}, {0}]
    assert len(answers.log_odds) == 4 * EACH
    assert np.isfinite(answers.log_odds).all()


def test_a_calibration_after_a_calibration_is_one():
    first, second = Calibration(2.0, 0.5), Calibration(0.7, -0.2)
    logits = np.linspace(-3, 3, 7)
    np.testing.assert_allclose(first.then(second).probability(logits), second.probability(first.log_odds(logits)))
