"""The audit, on few phantoms and with few masks: its form, and that a better map gets better figures."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest

import xray_model
from tests.support.places import ROOT
from xray_model.bundles.seal import enter_audit
from xray_model.bundles.shuffled import shuffled
from xray_model.cli import main
from xray_model.errors import InvalidConfig
from xray_model.explanation import other_maps
from xray_model.inference import audit
from xray_model.inference.audit_text import audit_tables


@pytest.fixture(scope="module")
def shipped():
    return xray_model.load_bundle().card.audit


def test_the_command_measures_every_map(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(other_maps, "MASKS", 12)
    for name, value in (("FEW", 1), ("LAYERS", (2, None)), ("MOVES", ((4, 0),)), ("SHARES", (0.0, 0.2, 1.0))):
        monkeypatch.setattr(audit, name, value)
    itself = xray_model.load_bundle().name
    assert main(["audit", "--films", "3", "--json", str(tmp_path / "audit.json"), "--beside", itself]) == 0
    figures = json.loads((tmp_path / "audit.json").read_text())
    assert audit_tables(figures) in capsys.readouterr().out
    assert set(figures["methods"]) == set(audit.METHODS)
    means = {name: method["all"] for name, method in figures["methods"].items()}
    assert means[audit.SHIPPED]["n"] == 3
    assert means[audit.SHIPPED]["auprc"][0] > 2 * means[audit.RANDOM]["auprc"][0]
    assert means[audit.SHIPPED]["deletion"][0] < means[audit.LUNGS]["deletion"][0]
    assert [step["layers"] for step in figures["randomisation"]] == [2, None]
    (again,) = figures["reproducibility"]
    assert (again["bundle"], again["rank_correlation"], again["peak_stays"]) == (itself, 1.0, 1.0)


def test_another_training_draws_another_map_and_another_input_size_is_refused(tiny_bundle):
    bundle = xray_model.load_bundle()
    film = audit.audit_film(xray_model.draw_phantom(audit.SEEDS, "lobar", audit.UPLOAD_SIZE), bundle)
    assert audit._agreement([film], shuffled(bundle, None))["rank_correlation"] < 0.8
    with pytest.raises(InvalidConfig, match="cannot be laid on each other"):
        audit.audit_bundle(bundle, beside=[xray_model.load_bundle(tiny_bundle)])


def test_moves_are_undone():
    rng = np.random.default_rng(2)
    picture = rng.random((64, 64)).astype(np.float32)
    back = audit._moved(audit._moved(picture, 3 / 64, -2 / 64), -3 / 64, 2 / 64)
    assert back[8:-8, 8:-8] == pytest.approx(picture[8:-8, 8:-8], abs=1e-5)


def test_the_default_bundle_has_an_audit_that_the_document_quotes(shipped):
    assert shipped["films"] >= 200
    assert audit_tables(shipped) in (ROOT / "docs" / "audit.md").read_text(encoding="utf-8")


def test_its_map_passes(shipped):
    """What is claimed of the map, and would be wrong of one that is no better than its alternatives."""
    means = {name: method["all"] for name, method in shipped["methods"].items()}
    ours = means.pop(audit.SHIPPED)
    assert all(ours["hit"][0] > other["hit"][0] for other in means.values())
    assert ours["deletion"][0] < min(means[name]["deletion"][0] for name in (audit.RANDOM, audit.BLOB, audit.LUNGS))
    assert abs(shipped["randomisation"][-1]["rank_correlation"]) < 0.5
    assert shipped["repeatability"][audit.SHIPPED]["rank_correlation"] > 0.9


def test_figures_are_entered_into_the_cards_of_their_own_network(shipped, pooled_bundle, tiny_bundle, tmp_path):
    folder = shutil.copytree(pooled_bundle, tmp_path / "pooled-v1")
    card = enter_audit(folder, shipped)
    assert xray_model.load_bundle(folder).card.audit == card.audit == shipped
    prose = (folder / "MODEL_CARD.md").read_text(encoding="utf-8")
    value, half = shipped["methods"][audit.SHIPPED]["all"]["hit"]
    assert f"| {audit.SHIPPED} | {value:.2f} ({half:.2f})" in prose
    with pytest.raises(InvalidConfig, match="another network"):
        enter_audit(tiny_bundle, shipped)
