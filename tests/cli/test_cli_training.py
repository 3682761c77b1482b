"""`train` and `evaluate` on phantoms; a run from the page and one from the command line give the same model."""

import csv
import json
import shlex

import numpy as np
import pytest

from tests.support.labelled import class_files, save_class_folders, zipped
from xray_model.augmentation.policy import RADIOGRAPH_SAFE
from xray_model.bundles.bundle import load_bundle
from xray_model.cli import build_parser, main
from xray_model.cli import training as training_commands
from xray_model.datasets import phantom_sets
from xray_model.datasets.choice import DataChoice
from xray_model.evaluation.calibration import sigmoid
from xray_model.jobs.result import load_result
from xray_model.jobs.run_files import REQUEST, write_json
from xray_model.models.classifier import load_classifier
from xray_model.recipes.config import Phase, TrainingConfig
from xray_model.recipes.presets import QUICK
from xray_model.recipes.run_settings import RunSettings
from xray_model.training import finish, runs, worker, write_bundle

pytestmark = pytest.mark.usefixtures("short_mobilenet")
TINY = TrainingConfig(
    "MobileNet",
    weights=None,
    last_layer="conv_pw_1_relu",
    alpha=0.25,
    input_size=64,
    batch=8,
    augmentation=RADIOGRAPH_SAFE,
    validation_share=0.3,
    phases=(Phase("head", 2, 1e-3), Phase("fine-tune", 1, 1e-3, unfreeze="all")),
    cached_features=True,
    views=2,
    phantoms=8,
)
MEASURED = ("images_per_second", "seconds")  # columns that depend on the machine
FEW = range(2)  # drawing 200 phantoms takes longer than this training


@pytest.fixture(scope="module", autouse=True)
def small(tmp_path_factory):
    folder = tmp_path_factory.mktemp("phantoms")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(write_bundle, "TRIAL_SEEDS", FEW)
        patch.setattr(finish, "VISITOR_TRIAL_SEEDS", FEW)
        patch.setattr(phantom_sets, "cache_folder", lambda: folder / "kept")
        yield


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return save_class_folders(tmp_path_factory.mktemp("labelled"), 10)


@pytest.fixture(scope="module")
def bundle(data, tmp_path_factory):
    """The bundle that `train FOLDER` writes."""
    root = tmp_path_factory.mktemp("trained")
    settings = root / "settings.json"
    settings.write_text(json.dumps(TINY.to_dict()))
    assert main(["train", str(data), "--out", str(root / "tiny-v2"), "--config", str(settings), "--epochs", "1"]) == 0
    return root / "tiny-v2"


def history(folder):
    with (folder / "history.csv").open(newline="") as stream:
        return [{name: row[name] for name in row if name not in MEASURED} for row in csv.DictReader(stream)]


def test_train_follows_the_settings_file_and_leaves_a_whole_bundle(bundle):
    card = load_bundle(bundle).card
    assert (card.version, card.name) == (2, "tiny-v2")
    assert card.training["command"].startswith("python -m xray_model")
    assert card.training["config"]["phases"][0]["epochs"] == 1
    assert card.training["config"]["last_layer"] == "conv_pw_1_relu"
    assert [row["epoch"] for row in history(bundle)] == ["-1", "0", "1"]
    assert {path.name for path in bundle.parent.iterdir()} == {"settings.json", "tiny-v2"}


def test_the_bundle_answers_like_keras(bundle):
    grey = phantom_sets.phantom_images(range(4), 64).grey.astype(np.float32)
    expected = load_classifier(bundle).predict(grey, verbose=0)[:, 0]
    np.testing.assert_allclose(sigmoid(load_bundle(bundle).runtime.forward(grey).logit), expected, atol=1e-4)


def test_a_bundle_is_never_overwritten(bundle, data, capsys):
    assert main(["train", str(data), "--recipe", "quick", "--out", str(bundle)]) == 2
    assert "never overwritten" in capsys.readouterr().err


def test_a_run_of_the_page_and_of_the_command_line_are_the_same(tmp_path, monkeypatch, capsys):
    """Using the worker's settings file and the command in its card."""
    page = tmp_path / "page"
    page.mkdir()
    choice = DataChoice(count=24)
    request = {"config": TINY.to_dict(), "data": choice.to_dict(), "bundle": "mine-v1", "resume": False}
    write_json(page / REQUEST, request)
    assert worker.main(page) == 0
    result = load_result(page / "result" / "mine-v1")
    monkeypatch.chdir(result.folder)
    command = result.card.training["command"]
    assert command == "python -m xray_model train --config settings.json"
    assert main(shlex.split(command)[3:]) == 0
    ours = result.folder / "runs" / "settings-v1"
    assert "settings-v1 is ready in" in capsys.readouterr().err
    assert len(history(ours)) == 4
    assert history(ours) == history(result.folder)
    assert (ours / "settings.json").read_text() == (result.folder / "settings.json").read_text()
    assert len(list((ours / "tensorboard").glob("*/events.out.tfevents.*"))) == 2
    card = json.loads((ours / "card.json").read_text())
    assert card["user_run"]
    assert card["data_licence"] == result.card.data_licence == "Apache-2.0"


def test_a_zip_archive_is_trained_on_and_its_settings_require_the_same_one(tmp_path, capsys):
    archive, other = tmp_path / "films.zip", tmp_path / "other.zip"
    archive.write_bytes(zipped(class_files(10) | {"NORMAL/broken.png": b"x"}))
    other.write_bytes(zipped(class_files(11)))
    settings = tmp_path / "settings.json"
    settings.write_text(RunSettings(TINY).to_json())
    command = ["train", "--config", str(settings), "--epochs", "1"]
    assert main([*command, str(archive), "--out", str(tmp_path / "a-v1")]) == 0
    assert "could not be read as images: 1 file (NORMAL/broken.png)." in capsys.readouterr().err
    made = tmp_path / "a-v1" / "settings.json"
    found = RunSettings.from_json(made.read_text())
    assert (found.data.kind, found.data.path, found.data.count) == ("zip", "films.zip", None)
    again = ["train", "--config", str(made)]
    assert main([*again, "--out", str(tmp_path / "b-v1")]) == 2
    assert "give that ZIP archive as well" in capsys.readouterr().err
    assert main([*again, str(other), "--out", str(tmp_path / "b-v1")]) == 2
    assert "another archive than the one in the settings" in capsys.readouterr().err


def test_a_server_folder_is_found_by_its_name(data, tmp_path, monkeypatch):
    monkeypatch.setenv("XRAY_DATA_DIR", str(data.parent))
    settings = RunSettings(TINY.with_epochs(1), DataChoice("folder", None, data.name))
    card = runs.run_settings(settings, tmp_path / "folder-v1", "the command")
    assert card.training["training"]["NORMAL"] + card.training["validation"]["NORMAL"] >= 10
    assert RunSettings.from_json((tmp_path / "folder-v1" / "settings.json").read_text()) == settings


def test_a_bundle_without_a_place_gets_the_next_free_one(tmp_path, monkeypatch):
    monkeypatch.setattr(training_commands, "RUNS", tmp_path)
    (tmp_path / "quick-v1").mkdir()
    assert training_commands._free_place("quick") == tmp_path / "quick-v2"


@pytest.mark.parametrize(
    "data", [None, DataChoice(), DataChoice("folder", None, "mine"), DataChoice("zip", None, "a.zip")]
)
def test_every_command_that_the_page_shows_is_valid(data):
    options = build_parser().parse_args(shlex.split(RunSettings(QUICK, data).command())[3:])
    assert options.config.name == "settings.json"
    assert (options.data is None) == (data is not None and data.kind != "zip")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--recipe", "alchemy"], "Unknown recipe 'alchemy': choose one of radiograph, article, quick."),
        (["--config", "missing.json"], "The settings file cannot be read."),
    ],
)
def test_train_refuses_unknown_settings(arguments, message, data, tmp_path, capsys):
    assert main(["train", str(data), "--out", str(tmp_path / "new"), *arguments]) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "new").exists()


def test_train_needs_images(tmp_path, capsys):
    assert main(["train", "--recipe", "quick", "--out", str(tmp_path / "new")]) == 2
    assert "Name a folder or a ZIP archive" in capsys.readouterr().err


def test_evaluate_needs_both_classes(bundle, tmp_path, capsys):
    (tmp_path / "NORMAL").mkdir()
    assert main(["evaluate", str(tmp_path), "--bundle", str(bundle)]) == 2
    assert "no NORMAL and no PNEUMONIA images" in capsys.readouterr().err
