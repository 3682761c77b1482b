"""Every bundle that ships: whole, described truly, and answering as it did when it was made."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

import xray_model
from xray_model.bundles.card_text import render_model_card
from xray_model.bundles.folders import WEIGHTS
from xray_model.bundles.golden import GOLDEN_SEEDS, golden_inputs
from xray_model.evaluation.pointing_game import run_phantom_trial
from xray_model.explanation.heatmap import signed_evidence
from xray_model.imaging.resize import input_grey
from xray_model.inference.phantom_failures import find_failures

FILES = {"model.keras", "model.tflite", "card.json", "MODEL_CARD.md", "history.csv", "golden.json", "answers.npz"}
FILES |= {"DATA_LICENSE"}
LATER = {"ablation.csv", "phantom_failures.csv"}  # made after the bundle, by commands of their own
UNSEEN_SEEDS = range(200, 230)  # neither trained on (10,000 and up) nor used for the card (0 to 199)

pytestmark = pytest.mark.parametrize("name", xray_model.list_bundles())


def golden(name):
    return json.loads((WEIGHTS / name / "golden.json").read_text())["records"]


def test_there_is_a_default_bundle(name):
    assert xray_model.load_bundle().name == xray_model.list_bundles()[-1]
    assert name.rpartition("-v")[2].isdigit()


def test_folder_holds_exactly_its_files_and_is_small(name):
    files = list((WEIGHTS / name).iterdir())
    assert {file.name for file in files} == FILES | LATER
    assert sum(file.stat().st_size for file in files) <= 30 * 2**20


def test_card_hashes_every_other_file_and_names_its_folder(name):
    card = xray_model.load_bundle(name).card
    assert set(card.files) == FILES - {"card.json"}
    assert card.name == name
    assert card.training["command"].startswith("python -m xray_model train")


def test_prose_card_says_what_the_json_says(name):
    folder = WEIGHTS / name
    card = xray_model.ModelCard.from_file(folder / "card.json")
    assert (folder / "MODEL_CARD.md").read_text() == render_model_card(card)
    assert f"{card.operating_point().threshold:.4f}" in render_model_card(card)


def test_new_decisions_left_the_network_and_its_golden_answers_as_they_were(name):
    """The hashes that the former bundle had of both; calibration changed, no logit did."""
    card = xray_model.load_bundle(name).card
    former = card.training["redecided"]
    assert card.files["model.tflite"] == former["network"]
    assert card.files["golden.json"] == former["golden"]
    assert card.files["model.tflite"].startswith("40ba83c8f4e1")  # of v9, which was judged


def without_intervals(part):
    if isinstance(part, dict):
        return {key: without_intervals(value) for key, value in part.items() if key != "interval"}
    return [without_intervals(item) for item in part] if isinstance(part, list) else part


def test_the_kept_answers_give_every_figure_of_the_card(name, monkeypatch):
    from xray_model.evaluation import metrics
    from xray_model.evaluation.groups import cell_figures
    from xray_model.evaluation.metrics import evaluate_probabilities

    monkeypatch.setattr(metrics, "BOOTSTRAP_ROUNDS", 1)  # a thousand take half a minute, and no figure needs them

    bundle = xray_model.load_bundle(name)
    card, kept = bundle.card, xray_model.load_answers(bundle.folder)
    assert card.prevalence == 0.5
    assert list(kept) == ["validation", "left-out series"]
    for which, rows in kept.items():
        figures = card.evaluation[which]
        groups = cell_figures(rows.probability, rows.label, rows.group, rows.condition, card.operating_points)
        assert groups == figures["groups"]
        films = rows.take(rows.as_taken)
        patients = [str(patient) for patient in films.patient]
        found = evaluate_probabilities(
            films.probability, films.label, patients, card.operating_points, "balanced", card.not_sure
        )
        assert without_intervals(found | {"groups": groups}) == without_intervals(figures)


def test_the_worst_group_set_the_thresholds(name):
    card = xray_model.load_bundle(name).card
    groups = card.evaluation["left-out series"]["groups"]
    worst = {
        (point.name, label): xray_model.worst_cell(groups, point.name, label)["right"][point.name]["value"]
        for point in card.operating_points
        for label in xray_model.LABELS
    }
    assert worst["screening", "PNEUMONIA"] >= 0.97
    assert worst["rule-in", "NORMAL"] >= 0.97
    assert worst["balanced", "PNEUMONIA"] == pytest.approx(worst["balanced", "NORMAL"], abs=0.01)
    kept = xray_model.load_answers(xray_model.load_bundle(name).folder)["left-out series"]
    sure = (kept.probability < card.not_sure.low) | (kept.probability > card.not_sure.high)
    wrong = sure & ((kept.probability >= card.operating_point().threshold) != (kept.label > 0))
    for cell in np.unique(kept.cell):
        assert wrong[kept.cell == cell].mean() <= card.not_sure.error, cell


def test_what_was_judged_is_entered_into_both_cards(name, tmp_path):
    from xray_model.cli import main

    folder = shutil.copytree(WEIGHTS / name, tmp_path / name)
    figures = [{"on": "a test folder", "n": 624, "refused": 1, "auc": {"value": 0.9876, "interval": [0.98, 0.99]}}]
    file = tmp_path / "judged.json"
    file.write_text(json.dumps({"date": "2026-12-24", "figures": figures}))
    assert main(["enter-judged", str(folder), str(file)]) == 0
    card = xray_model.load_bundle(folder).card
    assert card.judged["figures"] == figures
    prose = (folder / "MODEL_CARD.md").read_text()
    assert "2026-12-24. Measured independently; this split has been looked at twice" in prose
    assert "| a test folder | 624 | 1 | 0.9876 (0.980-0.990) |" in prose
    assert "Not judged yet" not in prose
    for wrong in ({"figures": figures}, {"date": "", "figures": [figures[0] | {"auc": {"value": 98.8}}]}):
        file.write_text(json.dumps(wrong))
        assert main(["enter-judged", str(folder), str(file)]) == 2
    assert xray_model.load_bundle(folder).card == card


def test_input_contract_matches_the_graph(name):
    bundle = xray_model.load_bundle(name)
    classifier = xray_model.load_classifier(WEIGHTS / name)
    size = bundle.card.input_size
    assert classifier.input_shape == (None, size, size)
    assert bundle.runtime.input_size == size


def test_golden_answers_through_litert(name):
    bundle = xray_model.load_bundle(name)
    inputs = golden_inputs(bundle.card.input_size)
    forward = bundle.runtime.forward(inputs)
    check_golden(golden(name), inputs, forward.logit, forward.evidence())


def test_golden_answers_through_keras(name):
    from xray_model.models.export import explained_model

    network = explained_model(xray_model.load_classifier(WEIGHTS / name))
    inputs = golden_inputs(network.input_shape[1])
    out = {key: np.asarray(value) for key, value in network(inputs).items()}
    check_golden(golden(name), inputs, out["logit"][:, 0], signed_evidence(out["feature_map"], out["pooler_gradient"]))


def check_golden(records, inputs, logits, evidence):
    assert [record["phantom_seed"] for record in records] == list(GOLDEN_SEEDS)
    for record, image, logit, cells in zip(records, inputs, logits, evidence, strict=True):
        assert image.mean() == pytest.approx(record["input_mean"], abs=0.05), "the phantom changed, not the network"
        assert logit == pytest.approx(record["logit"], abs=0.02)
        assert cells.max() == pytest.approx(record["evidence_maximum"], abs=0.01)
        assert cells.min() == pytest.approx(record["evidence_minimum"], abs=0.01)


def test_unseen_phantoms_are_called_right_and_pointed_at(name):
    bundle = xray_model.load_bundle(name)

    def answer(grey):
        return xray_model.answer_pictures(grey, bundle)

    trial = run_phantom_trial(answer, UNSEEN_SEEDS, bundle.card.input_size, bundle.card.operating_point().threshold)
    assert trial.accuracy >= 0.90
    assert trial.pointing >= 0.70


@pytest.mark.parametrize("finding", ["none", "interstitial"])
def test_one_radiograph_at_four_sizes_gives_one_probability(name, finding):
    import cv2

    bundle = xray_model.load_bundle(name)
    pixels = xray_model.draw_phantom(321, finding, size=2048).pixels
    sizes = {side: cv2.resize(pixels, (side, side), interpolation=cv2.INTER_AREA) for side in (224, 512, 1024)}
    answers = [
        xray_model.analyze(xray_model.Radiograph.from_array(image), bundle).prediction.probability
        for image in (*sizes.values(), pixels)
    ]
    assert max(answers) - min(answers) <= 0.02


@pytest.mark.real_data
def test_real_held_out_radiographs_give_the_card_s_figures(name, split_kermany):
    """The card's figures come out again from the files, through the exported network."""
    from xray_model.evaluation.metrics import roc_auc

    bundle = xray_model.load_bundle(name)
    config = bundle.card.training["config"]
    _, held_out = split_kermany(config["validation_share"], config["seed"])
    reduced = np.stack([input_grey(image, bundle.card.input_size) for image in held_out.grey])
    held_out = replace(held_out, grey=reduced)
    assert held_out.fingerprint() == bundle.card.training["validation"]["fingerprint"]
    probabilities, _ = xray_model.answer_pictures(held_out.grey.astype(np.float32), bundle)
    figures = bundle.card.evaluation["validation"]
    assert roc_auc(probabilities, held_out.labels) == pytest.approx(figures["auc"]["value"], abs=1e-3)
    called = probabilities >= bundle.card.operating_point().threshold
    assert np.mean(called == (held_out.labels > 0)) == pytest.approx(figures["accuracy"]["value"], abs=0.004)


def test_the_failures_shown_are_real_ones(name):
    """Each kept phantom is still called wrong, with the probability that is shown; a page shows them with the truth."""
    bundle = xray_model.load_bundle(name)
    failures = xray_model.read_failures(bundle.folder)
    assert len(failures) > 3
    again = find_failures(bundle, [failure.seed for failure in failures])
    assert [(one.seed, one.finding, one.called, one.refused) for one in again] == [
        (one.seed, one.finding, one.called, one.refused) for one in failures
    ]
    np.testing.assert_allclose([one.probability for one in again], [one.probability for one in failures], atol=0.02)
    assert all(one.label != one.called and one.seed < xray_model.SEEDS_TRIED for one in failures)
