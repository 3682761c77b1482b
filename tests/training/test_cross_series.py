"""Series of films told by file names, and a recipe judged on the series that it did not learn from."""

import shutil
from dataclasses import replace

import numpy as np
import pytest

from tests.support.tiny_run import TINY
from tests.support.two_series import EACH
from xray_model.bundles.bundle import load_bundle
from xray_model.bundles.card import CARD_FILE, SERIES, VALIDATION, ModelCard
from xray_model.bundles.card_text import percent, render_model_card
from xray_model.bundles.judged import NOTE
from xray_model.bundles.validation_answers import load_answers
from xray_model.cli import main
from xray_model.datasets.folder_reader import load_folder
from xray_model.datasets.kermany_series import film_groups, has_two_series, series_of
from xray_model.datasets.phantom_sets import phantom_images
from xray_model.evaluation.calibration import Calibration
from xray_model.training import cross_series, runs, write_bundle

pytestmark = pytest.mark.usefixtures("short_mobilenet")


@pytest.fixture(scope="module", autouse=True)
def few_phantoms():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(write_bundle, "TRIAL_SEEDS", range(2))
        yield


@pytest.fixture(scope="module")
def learned():
    """For each training of this module so far, the series that it saw."""
    return []


@pytest.fixture(scope="module")
def bundle(two_series, learned, tmp_path_factory):
    """A folder with the bundle of a run across series."""
    train = cross_series.train_classifier

    def spy(config, training, validation, folder):
        learned.append(set(series_of((*training.groups, *validation.groups)).tolist()))
        return train(config, training, validation, folder)

    folder = tmp_path_factory.mktemp("trained") / "tiny-v1"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cross_series, "train_classifier", spy)
        runs.run_training(two_series, replace(TINY.with_epochs(1), across_series=True), folder, "the command")
    return folder


@pytest.fixture(scope="module")
def card(bundle):
    return ModelCard.from_file(bundle / CARD_FILE)


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
    assert "set by the group of films that it serves worst" in prose
    assert "(in " not in prose.partition("the recipe was run twice more")[2][:40]  # as long as the recipe itself
    assert "the recipe was run twice more" in prose
    assert prose.count("persons below 1000") == 1  # what the series are: with the runs, or with the table's rows
    plain = replace(card, evaluation={name: part for name, part in card.evaluation.items() if name != SERIES})
    assert "Series: first `IM-` and persons below 1000" in render_model_card(plain)


def test_figures_of_the_groups_add_up_to_those_of_all(card):
    records = card.evaluation[SERIES]["groups"]
    as_taken = [record for record in records if record["condition"] == "as taken"]
    assert {(record["group"], record["n"]) for record in as_taken} == {
        ("NORMAL, first series", EACH), ("NORMAL, second series", EACH),
        ("PNEUMONIA, bacterial, first series", EACH), ("PNEUMONIA, viral, second series", EACH),
    }  # fmt: skip
    for label, figure in (("PNEUMONIA", "sensitivity"), ("NORMAL", "specificity")):
        shares = [record["right"]["balanced"]["value"] for record in as_taken if record["label"] == label]
        assert np.mean(shares) == pytest.approx(getattr(card.operating_point(), figure))
    conditions = {record["condition"] for record in records}
    assert conditions >= {"as taken", "mild framing", "full detail", "all of these"}
    worst = min(record["right"]["balanced"]["value"] for record in records)
    assert f"{percent(worst)} (" in render_model_card(card)


def test_the_kept_answers_give_the_card_s_figures(bundle, card):
    kept = load_answers(bundle)
    assert list(kept) == [VALIDATION, SERIES]
    films = kept[SERIES].take(kept[SERIES].as_taken)
    assert (len(films), len(set(films.film)), len(set(films.patient))) == (4 * EACH, 4 * EACH, 4 * EACH)
    assert (films.fold == [int("second" in group) for group in films.group]).all()
    assert set(kept[VALIDATION].fold) == {-1}
    called = films.probability >= card.operating_point().threshold
    assert np.mean(called == (films.label > 0)) == card.evaluation[SERIES]["accuracy"]["value"]


def test_groups_are_told_by_label_kind_and_series(two_series):
    assert set(film_groups(phantom_images(range(12), 64))) == {"NORMAL", "PNEUMONIA"}
    groups = film_groups(load_folder(two_series, 64))
    assert groups.count("PNEUMONIA, viral, second series") == EACH


def test_no_network_learns_from_the_series_it_answers(bundle, learned):
    assert load_bundle(bundle).card.evaluation[SERIES]
    assert learned[:2] == [{-1, 1}, {-1, 0}]  # -1: the phantoms that every training takes


def test_decisions_are_made_anew_and_the_network_stays(bundle, card, two_series, tmp_path, monkeypatch, capsys):
    """With networks that are kept for the next time, and what was judged of the former bundle."""
    source = shutil.copytree(bundle, tmp_path / "tiny-v1")
    figures = [{"on": "a test", "n": 10, "auc": {"value": 0.9, "interval": [0.8, 1.0]}}]
    judged = replace(card, judged={"note": NOTE, "date": "then", "figures": figures})
    (source / CARD_FILE).write_text(judged.to_json(), encoding="utf-8")
    words = ["redecide", str(source), str(two_series), "--networks", str(tmp_path / "kept")]
    monkeypatch.setattr("sys.argv", ["xray-lab", *words, "--out", str(tmp_path / "tiny-v2")])
    assert main([*words, "--out", str(tmp_path / "tiny-v2")]) == 0
    made = load_bundle(tmp_path / "tiny-v2").card
    same = ("model.keras", "model.tflite", "golden.json", "history.csv")
    assert {name: made.files[name] for name in same} == {name: card.files[name] for name in same}
    again = made.training["redecided"]
    assert (again["from"], again["network"]) == ("tiny-v1", card.files["model.tflite"])
    assert made.training["command"] == "the command"
    assert made.judged["figures"] == []
    assert made.judged["former"]["figures"] == figures
    prose = render_model_card(made)
    assert f"the command\n{again['command']}\n```" in prose
    assert "Not judged yet. The former bundle tiny-v1" in prose
    assert made.calibration.scale == pytest.approx(card.calibration.scale)  # the same films, networks and rules

    monkeypatch.setattr(cross_series, "train_classifier", None)  # a second training would fail
    assert main([*words, "--out", str(tmp_path / "tiny-v3")]) == 0
    assert ModelCard.from_file(tmp_path / "tiny-v3" / CARD_FILE).operating_points == made.operating_points
    assert main([*words, "--epochs", "1", "--out", str(tmp_path / "tiny-v3")]) == 2
    assert "never overwritten" in capsys.readouterr().err
    (source / "model.tflite").write_bytes(b"other")
    assert main([*words, "--out", str(tmp_path / "tiny-v4")]) == 2


def test_a_calibration_after_a_calibration_is_one():
    first, second = Calibration(2.0, 0.5), Calibration(0.7, -0.2)
    logits = np.linspace(-3, 3, 7)
    np.testing.assert_allclose(first.then(second).probability(logits), second.probability(first.log_odds(logits)))
