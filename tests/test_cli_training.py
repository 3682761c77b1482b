"""`train` and `evaluate` as they are typed, on phantoms saved as files."""

import json

import pytest
from PIL import Image

from xray_model import bundling
from xray_model.cli import main
from xray_model.phantoms import draw_phantom

TINY = {
    "weights": None,
    "last_layer": "conv_pw_1_relu",
    "alpha": 0.25,
    "input_size": 64,
    "batch": 8,
    "validation_share": 0.3,
    "phases": [{"name": "head", "epochs": 5, "learning_rate": 1e-3}],
}


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    root = tmp_path_factory.mktemp("labelled")
    for label, finding in (("NORMAL", "none"), ("PNEUMONIA", "patchy")):
        (root / label).mkdir()
        for seed in range(10):
            Image.fromarray(draw_phantom(seed, finding, size=96).pixels).save(root / label / f"{label}{seed}.png")
    return root


@pytest.fixture(scope="module")
def bundle(data, tmp_path_factory):
    root = tmp_path_factory.mktemp("trained")
    settings = root / "settings.json"
    settings.write_text(json.dumps(TINY))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bundling, "TRIAL_SEEDS", range(6))  # drawing 200 phantoms takes longer than this training
        code = main(["train", str(data), "--out", str(root / "tiny-v2"), "--config", str(settings), "--epochs", "1"])
    assert code == 0
    return root / "tiny-v2"


def test_train_follows_the_settings_file(bundle):
    card = json.loads((bundle / "card.json").read_text())
    assert card["training"]["config"]["phases"][0]["epochs"] == 1
    assert card["training"]["config"]["last_layer"] == "conv_pw_1_relu"
    assert len((bundle / "history.csv").read_text().splitlines()) == 2


def test_evaluate_prints_a_table_and_writes_the_same_figures(bundle, data, tmp_path, capsys):
    out = tmp_path / "figures.json"
    assert main(["evaluate", str(data), "--bundle", str(bundle), "--json", str(out)]) == 0
    figures = json.loads(out.read_text())
    table = capsys.readouterr().out
    assert figures["n"] == 20
    assert f"{figures['auc']['value']:.3f}" in table
    assert "specificity, rule-in" in table
    assert "not a medical device" in table.lower()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--recipe", "alchemy"], "Unknown recipe 'alchemy': choose one of radiograph, article, quick."),
        (["--config", "missing.json"], "The settings file cannot be read."),
    ],
)
def test_train_refuses_what_it_does_not_know(arguments, message, data, tmp_path, capsys):
    assert main(["train", str(data), "--out", str(tmp_path / "new"), *arguments]) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "new").exists()


def test_evaluate_needs_both_classes(bundle, tmp_path, capsys):
    (tmp_path / "NORMAL").mkdir()
    assert main(["evaluate", str(tmp_path), "--bundle", str(bundle)]) == 2
    assert "no images in NORMAL/" in capsys.readouterr().err
