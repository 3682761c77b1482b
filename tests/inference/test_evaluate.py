"""`evaluate` and `predict` with a gate: what is measured, counted, refused and reported."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.support import command_line
from tests.support.bundle_factory import tiny_card, with_lungs
from xray_model.bundles.bundle import load_bundle
from xray_model.cli import main
from xray_model.datasets.manifest import list_labelled
from xray_model.errors import InvalidDataset
from xray_model.evaluation.conformal import NotSureBand
from xray_model.evaluation.metrics import COVERAGES, evaluate_probabilities
from xray_model.evaluation.population import PopulationCheck
from xray_model.imaging.radiograph import Radiograph
from xray_model.inference.analyze import analyze
from xray_model.inference.evaluate import evaluate_bundle, figures_table
from xray_model.notice import NOTICE_SHORT
from xray_model.phantoms import draw_phantom

REFUSED, BROKEN = "PNEUMONIA/person9_virus_9.png", "NORMAL/broken.png"


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Six films of each label, two per patient; one more that is inverted, and one that is damaged."""
    root = tmp_path_factory.mktemp("labelled")
    for label, finding in (("NORMAL", "none"), ("PNEUMONIA", "lobar")):
        (root / label).mkdir()
        for seed in range(6):
            name = f"person{seed // 2}_virus_{seed}.png" if label == "PNEUMONIA" else f"IM-000{seed // 2}-{seed}.png"
            Image.fromarray(draw_phantom(seed, finding, 160).pixels).save(root / label / name)
    Image.fromarray(255 - draw_phantom(20, "none", 160).pixels).save(root / REFUSED)
    (root / BROKEN).write_bytes((root / REFUSED).read_bytes()[:600])
    return root


@pytest.fixture(scope="module")
def figures(folder, pooled_bundle):
    return evaluate_bundle(load_bundle(pooled_bundle), list_labelled(folder))


def test_unanswered_images_are_counted_but_not_measured(figures):
    assert [figures[name] for name in ("images", "refused", "unreadable", "n")] == [14, 1, 1, 12]
    assert [figures[name] for name in ("normal", "pneumonia", "patients")] == [6, 6, 6]


def test_figures_are_those_of_the_answers(figures, folder, pooled_bundle):
    bundle = load_bundle(pooled_bundle)
    files = [file for file in list_labelled(folder) if str(file.path.relative_to(folder)) not in (REFUSED, BROKEN)]
    answers = [analyze(Radiograph.from_file(file.path), bundle) for file in files]
    p = np.array([answer.prediction.probability for answer in answers])
    y = np.array([file.label == "PNEUMONIA" for file in files])
    assert figures["brier"]["value"] == pytest.approx(float(np.mean((p - y) ** 2)), abs=2e-3)
    threshold = bundle.card.operating_point().threshold
    assert figures["accuracy"]["value"] == pytest.approx(float(np.mean((p >= threshold) == y)))
    assert figures["flagged"] == sum(answer.admission.outside for answer in answers)
    assert figures["not_sure"]["share"]["value"] == pytest.approx(np.mean([a.prediction.unsure for a in answers]))
    assert (figures["bundle"], figures["hash"]) == (bundle.name, bundle.hash)
    assert figures["evidence_in_lungs"] > 0.9, "the answers are pooled over the lungs"


def test_every_figure_lies_in_its_interval(figures):
    found = [figures[name] for name in ("auc", "ece", "brier", "accuracy")]
    found += [step["accuracy"] for step in figures["risk_coverage"]]
    found += [point[kind] for point in figures["operating_points"].values() for kind in ("sensitivity", "specificity")]
    assert len(found) == 4 + len(COVERAGES) + 6
    for figure in found:
        low, high = figure["interval"]
        assert 0 <= low <= high <= 1
        assert low - 1e-9 <= figure["value"] <= high + 1e-9


def test_flagged_images_are_measured_all_the_same(folder, pooled_bundle, monkeypatch):
    monkeypatch.setattr(PopulationCheck, "is_outside", lambda *_: True)
    flagged = evaluate_bundle(load_bundle(pooled_bundle), list_labelled(folder))
    assert (flagged["flagged"], flagged["n"]) == (12, 12)


def test_a_bundle_without_a_gate_refuses_and_flags_nothing(folder, tiny_bundle):
    plain = evaluate_bundle(load_bundle(tiny_bundle), list_labelled(folder))
    assert [plain[name] for name in ("refused", "unreadable", "flagged", "n")] == [0, 1, 0, 13]
    assert plain["evidence_in_lungs"] is None
    assert "not_sure" not in plain
    assert "evidence in the lungs" not in figures_table(plain)


def test_nothing_can_be_measured_when_a_label_is_refused(folder, gated_bundle):
    only = [file for file in list_labelled(folder) if file.label == "NORMAL" or file.path.name == Path(REFUSED).name]
    with pytest.raises(InvalidDataset, match="No image of one label could be answered"):
        evaluate_bundle(load_bundle(gated_bundle), only)


def test_the_table_states_the_figures(figures):
    table = figures_table(figures)
    assert "of 14 images 1 refused, 1 unreadable" in table
    assert f"on 12 images of {figures['patients']} patients: 6 NORMAL, 6 PNEUMONIA" in table
    for name in ("AUC", "ECE", "BRIER", "accuracy, balanced", "specificity, rule-in", "accuracy on 90%", "not sure"):
        assert name in table
    low, high = figures["auc"]["interval"]
    assert f"AUC                       {figures['auc']['value']:.3f}  ({low:.3f}-{high:.3f})" in table
    assert f"evidence in the lungs     {figures['evidence_in_lungs']:.3f}" in table


def test_a_table_of_paths_gives_the_same_json(folder, pooled_bundle, figures, tmp_path, capsys):
    """The command, with numbers for labels and paths from the table's own folder."""
    rows = [f"{file.path},{int(file.label == 'PNEUMONIA')},{file.patient}" for file in list_labelled(folder)]
    (tmp_path / "films.csv").write_text("\n".join(["path,label,patient", *rows]), encoding="utf-8-sig")
    out = tmp_path / "figures.json"
    assert main(["evaluate", str(tmp_path / "films.csv"), "--bundle", str(pooled_bundle), "--json", str(out)]) == 0
    assert json.loads(out.read_text()) == figures
    assert figures_table(figures) in capsys.readouterr().out


def test_answering_fewer_of_the_surest_is_right_more_often():
    """Counted by hand, on probabilities with errors near the threshold."""
    p = np.array([0.02, 0.05, 0.1, 0.2, 0.45, 0.55, 0.8, 0.9, 0.95, 0.98])
    y = np.array([0, 0, 0, 0, 1, 0, 1, 1, 1, 1])
    band = NotSureBand(0.4, 0.6, 0.02, 100, 100)
    groups = [str(i) for i in range(10)]
    found = evaluate_probabilities(p, y, groups, tiny_card("a-card-v1").operating_points, "balanced", band)
    steps = {step["coverage"]: step["accuracy"]["value"] for step in found["risk_coverage"]}
    assert steps[1.0] == pytest.approx(0.8)
    assert steps[0.9] == pytest.approx(8 / 9)
    assert steps[0.8] == steps[0.5] == 1.0
    assert found["not_sure"]["share"]["value"] == pytest.approx(0.2)
    assert found["not_sure"]["accuracy_of_the_others"]["value"] == 1.0


@pytest.fixture
def predict(capsys):
    """`predict(bundle, path)` -> rows by file name."""

    def run(bundle: Path, path: Path) -> dict[str, dict[str, str]]:
        code, rows, _ = command_line.predict(capsys, path, "--bundle", bundle)
        assert code == 0
        return {Path(row["file"]).name: row for row in rows}

    return run


def test_a_refused_image_is_a_row_without_probability(predict, folder, gated_bundle):
    rows = predict(gated_bundle, folder)
    assert [row["status"] for row in rows.values()].count("ok") == 12
    row = rows[Path(REFUSED).name]
    assert row["status"] == "refused"
    assert {row[name] for name in ("probability", "label", "operating_point")} == {""}
    assert row["message"].startswith("The image looks inverted")
    assert "at least 1.0% is asked" in row["message"]
    assert rows["broken.png"]["status"] == "unreadable"


def test_refused_images_do_not_count_as_read(folder, gated_bundle, tmp_path, capsys):
    options = ("--bundle", gated_bundle, "--overlays", tmp_path / "o")
    code, _, err = command_line.predict(capsys, folder / REFUSED, *options)
    assert code == 1
    assert "Read 0 of 1 files." in err
    assert list((tmp_path / "o").iterdir()) == [], "and no overlay"


def test_a_bundle_without_a_gate_gives_it_a_probability(predict, folder, tiny_bundle):
    row = predict(tiny_bundle, folder / REFUSED)[Path(REFUSED).name]
    assert row["status"] == "ok"
    assert 0 <= float(row["probability"]) <= 1


def test_the_message_holds_the_warnings(predict, folder, tiny_bundle, tmp_path, monkeypatch):
    """Unlike the children, and not sure: both are stated, and the answer is given."""
    band = {"low": 0.0, "high": 1.0, "error": 0.02, "normal": 100, "pneumonia": 100}
    unsure = with_lungs(tiny_bundle, tmp_path / "unsure-v1", "gate", not_sure=band)
    path = sorted((folder / "NORMAL").glob("IM*"))[0]
    calm = predict(with_lungs(tiny_bundle, tmp_path / "calm-v1", "gate"), path)[path.name]
    assert "Not sure" not in calm["message"]
    monkeypatch.setattr(PopulationCheck, "is_outside", lambda *_: True)
    monkeypatch.setattr(PopulationCheck, "rank", lambda *_: 0.995)
    row = predict(unsure, path)[path.name]
    assert "Looks unlike the children of 1-5 years that the model learned from: more unusual than" in row["message"]
    assert "Not sure: the probability rules out neither PNEUMONIA nor NORMAL." in row["message"]
    assert row["message"].endswith(f"{NOTICE_SHORT}.")
    assert (row["status"], row["probability"]) == ("ok", calm["probability"])
