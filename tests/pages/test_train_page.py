"""The Train page on a job centre that trains nothing: images, settings, a run in each state, what follows it."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile

import numpy as np
import pytest

import xray_model
from pages.ui import cache, train_curves, train_result, train_take
from pages.ui.augmentation_state import TRAINING_POLICY
from pages.ui.train_measures import Measured
from pages.ui.train_state import BENCH
from pages.ui.train_terms import TERMS
from tests.labelled import class_files, film, save_class_folders, zipped
from tests.pages import fake_runs
from tests.pages.conftest import open_page, text_of
from xray_model import NOTICE, PRESETS, RECIPES, DataChoice, RunSettings, TrainingConfig, imagenet, pneumoniamnist

PAGE = "pages/train.py"


@pytest.fixture
def center(monkeypatch):
    found = fake_runs.FakeCenter()
    monkeypatch.setattr(cache, "jobs", lambda: found)
    monkeypatch.setattr(imagenet, "_refusal", lambda *_: None)  # whatever this machine reaches
    monkeypatch.delenv("XRAY_DATA_DIR", raising=False)
    return found


@pytest.fixture
def app(center):
    assert not center.runs
    return open_page(PAGE)


@pytest.fixture(scope="module")
def result():
    return fake_runs.result(xray_model.load_bundle().folder)


def choose(app, key, value):
    app.button_group(key=key).set_value(value)
    return app.run()


def config(app) -> TrainingConfig:
    return app.session_state[BENCH].config


def owner(app) -> str:
    return app.session_state[BENCH].owner


def started(app):
    app.button(key="train-start").click().run()
    assert not app.exception
    return app


def finished(app, center, monkeypatch, result):
    """The page after a run that has finished."""
    monkeypatch.setattr(train_result, "load_result", lambda _: result)
    started(app)
    folder = str(xray_model.load_bundle().folder)
    center.set(owner(app), "run1", state="finished", sentence="It has finished.", result=folder)
    return app.run()


def test_the_page_opens_with_quick_on_phantoms_and_says_what_it_costs(app):
    assert not app.exception
    text = text_of(app)
    assert text.count(NOTICE) == 1
    assert "600 images" in text
    assert "Licence: Apache-2.0" in text
    assert text.count("<figure>") == 6
    assert config(app) == RECIPES["quick"]
    assert not app.button(key="train-start").disabled
    assert "of memory" in text
    assert "import keras" in app.code[0].value


def test_every_setting_has_a_tooltip_that_teaches(app):
    choose(app, "train-recipe", "Custom")
    app.toggle(key="train-set-fine").set_value(True).run()
    assert not app.exception
    widgets = [*app.selectbox, *app.number_input, *app.toggle]
    ours = [widget for widget in widgets if widget.key.startswith("train-set-")]
    assert len(ours) >= 20
    assert all(widget.help in TERMS.values() for widget in ours)


def test_custom_settings_become_the_configuration(app):
    choose(app, "train-recipe", "Custom")
    app.number_input(key="train-set-seed").set_value(7).run()
    app.selectbox(key="train-set-0-learning_rate").set_value(1e-4).run()
    app.selectbox(key="train-set-augmentation").set_value("Article").run()
    app.toggle(key="train-set-fine").set_value(True).run()
    assert config(app).seed == 7
    assert config(app).phases[0].learning_rate == 1e-4
    assert config(app).augmentation == PRESETS["Article"]
    assert [phase.name for phase in config(app).phases] == ["head", "fine-tune"]
    app.selectbox(key="train-set-backbone").set_value("VGG16").run()
    assert not app.exception
    assert config(app).weights == "imagenet"
    assert config(app).last_layer is None
    assert config(app).phases[1].unfreeze == "block5_conv1"


def load_settings(app, text: str):
    app.file_uploader(key="train-import").set_value([("a.json", text.encode(), "application/json")])
    app.run()
    assert not app.exception
    return app


def test_settings_come_in_with_their_images(app):
    load_settings(app, RunSettings(RECIPES["article"], DataChoice("pneumoniamnist", 77, size=128)).to_json())
    assert config(app) == RECIPES["article"]
    assert app.button_group(key="train-recipe").value == "Custom"
    assert app.button_group(key="train-data").value == "pneumoniamnist"
    assert app.button_group(key="train-size").value == 128
    assert app.select_slider(key="train-count-pneumoniamnist").value == 77
    started(app)
    assert app.session_state[BENCH].runs()[0].data == DataChoice("pneumoniamnist", 77, size=128)


def test_settings_without_images_leave_the_images_alone(app):
    choose(app, "train-data", "pneumoniamnist")
    load_settings(app, json.dumps(RECIPES["article"].to_dict()))
    assert config(app) == RECIPES["article"]
    assert app.button_group(key="train-data").value == "pneumoniamnist"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('{"pace": -1}', "at least one phase"),
        ("[]", "Expected a JSON file"),
        (RunSettings(RECIPES["quick"], DataChoice("folder", None, "elsewhere")).to_json(), "does not have"),
    ],
)
def test_settings_that_cannot_be_used_are_refused(app, text, why):
    assert "were not loaded" in load_settings(app, text).error[0].value
    assert why in app.error[0].value.replace("\\", "")
    assert config(app) == RECIPES["quick"]


def test_the_command_is_one_for_the_chosen_images(app, monkeypatch, tmp_path):
    assert "train --config settings.json" in app.code[1].value
    monkeypatch.setenv("XRAY_DATA_DIR", str(save_class_folders(tmp_path / "mine", 12).parent))
    app.run()
    choose(app, "train-data", "folder")
    assert "train --config settings.json" in app.code[1].value
    assert "XRAY_DATA_DIR" in text_of(app)
    choose(app, "train-data", "zip")
    assert "train FOLDER --config" in app.code[1].value


def upload_zip(app, files, name="films.zip"):
    choose(app, "train-data", "zip")
    data = files if isinstance(files, bytes) else zipped(files)
    app.file_uploader(key="train-zip").set_value([(name, data, "application/zip")])
    app.run()
    assert not app.exception
    return app


def test_an_archive_is_read_described_and_given_to_the_run(app, center):
    choose(app, "train-data", "zip")
    assert "Nothing to train on yet" in text_of(app)
    upload_zip(app, class_files(24, "X-rays/{label}/person{seed}_virus_1.png"))
    text = text_of(app)
    assert "48 images" in text
    assert "NORMAL 24 (50%)" in text
    assert "24 patients" in text
    assert "until it has finished" in text
    assert text.count("<figure>") == 6
    assert "train ARCHIVE.zip --config settings.json" in app.code[1].value
    started(app)
    run = center.list_runs(owner(app))[0]
    assert (run.data.kind, run.data.path) == ("zip", "films.zip")
    assert len(center.images.images) == 48
    assert run.data.sha256 == center.images.sha256


def test_an_archives_images_stay_until_they_are_forgotten(app):
    upload_zip(app, class_files(12))
    app.switch_page("pages/analyze.py").run()
    app.switch_page(PAGE).run()
    assert "From **films" in text_of(app)
    assert "24 images" in text_of(app)
    app.button(key="train-zip-forget").click().run()
    assert not app.exception
    assert "24 images" not in text_of(app)
    assert app.session_state[BENCH].upload is None


def test_an_archive_taken_off_the_list_is_forgotten(app):
    upload_zip(app, class_files(12))
    app.file_uploader(key="train-zip").set_value([])
    app.run()
    assert not app.exception
    assert app.session_state[BENCH].upload is None


def test_unreadable_files_of_an_archive_are_named(app):
    upload_zip(app, class_files(24) | {"NORMAL/_broken_.png": b"x", "../../PNEUMONIA/evil.png": film("NORMAL", 1)})
    assert app.expander[0].label == "2 files could not be read and are left out"
    lines = app.expander[0].markdown[0].value.replace("\\", "")
    assert "NORMAL/_broken_.png" in lines
    assert "leads out of the archive" in lines
    assert not app.button(key="train-start").disabled


@pytest.mark.parametrize(
    ("files", "why"),
    [
        (b"no archive", "damaged"),
        (class_files(3), "expected 10 or more of each"),
        ({f"NORMAL/{seed}.png": film("NORMAL", seed) for seed in range(12)}, "no images in PNEUMONIA/"),
    ],
    ids=["no archive", "too few", "one class"],
)
def test_an_archive_that_cannot_be_used_is_refused_in_words(app, files, why):
    upload_zip(app, files)
    assert why in app.error[0].value
    assert "Nothing to train on yet" in text_of(app)
    upload_zip(app, class_files(24), "better.zip")
    assert not app.error
    assert "48 images" in text_of(app)


def test_settings_of_an_archive_ask_for_it(app):
    other = DataChoice("zip", None, "theirs.zip", sha256="0" * 64)
    load_settings(app, RunSettings(RECIPES["quick"], other).to_json())
    assert "theirs" in app.info[0].value
    upload_zip(app, class_files(10))
    assert "theirs" in app.info[0].value


def test_a_server_folder_is_described_and_a_part_of_it_can_be_taken(app, center, monkeypatch, tmp_path):
    root = save_class_folders(tmp_path / "mine", 60).parent
    (root / "LICENSE").write_text("CC BY 4.0 *somebody*")
    monkeypatch.setenv("XRAY_DATA_DIR", str(root))
    app.run()
    choose(app, "train-data", "folder")
    text = text_of(app).replace("\\", "")
    assert "120 images" in text
    assert "Licence: CC BY 4.0 *somebody*." in text
    assert text.count("<figure>") == 6
    app.select_slider(key="train-count-folder").set_value(100).run()
    assert "NORMAL 50 (50%)" in text_of(app)
    started(app)
    assert center.list_runs(owner(app))[0].data == DataChoice("folder", 100, "mine")


@pytest.fixture
def record(tmp_path, monkeypatch):
    """A small PneumoniaMNIST on this machine, to be downloaded."""
    rng = np.random.default_rng(0)
    (tmp_path / "origin").mkdir()
    file = tmp_path / "origin" / "pneumoniamnist_64.npz"
    arrays = {}
    for part, count in (("train", 30), ("val", 10)):
        arrays |= {f"{part}_images": rng.integers(0, 255, (count, 64, 64), np.uint8)}
        arrays |= {f"{part}_labels": np.arange(count)[:, None] % 2}
    np.savez(file, **arrays)
    monkeypatch.setitem(pneumoniamnist.MD5, 64, hashlib.md5(file.read_bytes()).hexdigest())
    monkeypatch.setattr(pneumoniamnist, "default_folder", lambda: tmp_path / "kept")
    monkeypatch.setenv("XRAY_PNEUMONIAMNIST_ORIGIN", file.parent.as_uri())
    return file


@pytest.mark.usefixtures("record")
def test_the_public_set_can_be_downloaded_and_looked_at_before_a_run(app):
    choose(app, "train-data", "pneumoniamnist")
    text = text_of(app)
    assert "when a run begins: about 20 MB" in text
    assert "CC BY 4.0" in text
    assert "600 images" in text
    assert "<figure>" not in text
    app.button(key="train-download").click().run()
    assert not app.exception
    assert text_of(app).count("<figure>") == 6
    assert "downloaded" not in text_of(app)


def test_the_public_set_offline_says_so_and_the_page_goes_on(app, monkeypatch, tmp_path):
    monkeypatch.setattr(pneumoniamnist, "default_folder", lambda: tmp_path)
    monkeypatch.setenv("XRAY_PNEUMONIAMNIST_ORIGIN", "http://127.0.0.1:9")
    choose(app, "train-data", "pneumoniamnist")
    app.button(key="train-download").click().run()
    assert not app.exception
    assert "could not be downloaded (Connection refused)" in app.error[0].value
    assert "train on the phantoms" in app.error[0].value


def test_weights_that_cannot_be_had_forbid_the_start_and_say_what_works(app, monkeypatch):
    monkeypatch.setattr(imagenet, "_refusal", lambda *_: "Connection refused")
    choose(app, "train-recipe", "Article")
    assert app.button(key="train-start").disabled
    assert "the recipe Quick" in app.error[0].value
    choose(app, "train-recipe", "Quick")
    assert not app.button(key="train-start").disabled


def test_logs_for_tensorboard_are_handed_out(app, center, monkeypatch, result):
    finished(app, center, monkeypatch, result)
    with zipfile.ZipFile(io.BytesIO(xray_model.tensorboard_zip(result.folder))) as archive:
        assert sorted(name.split("/")[1] for name in archive.namelist()) == ["train", "validation"]
    ids = " ".join(element.proto.id for element in app.get("download_button"))
    assert all(key in ids for key in ("train-bundle", "train-history", "train-logs", "train-result-settings"))


def test_a_policy_from_the_augmentation_page_is_taken_over_and_can_be_put_aside(app):
    app.session_state[TRAINING_POLICY] = PRESETS["Article"]
    app.run()
    assert config(app).augmentation == PRESETS["Article"]
    assert "From the Augmentation page" in text_of(app)
    app.button(key="train-policy-off").click().run()
    assert config(app) == RECIPES["quick"]


def test_a_run_is_started_watched_paused_and_discarded(app, center):
    started(app)
    text = text_of(app)
    assert "#### Training" in text
    assert "6 of 20" in text
    assert "batch 7 of 15" in app.get("progress")[0].proto.text
    assert app.button(key="train-step").disabled
    for action in ("pause", "step", "resume", "stop"):
        app.button(key=f"train-{action}").click().run()
        assert not app.exception
        assert center.asked[-1] == ("run1", action)
    assert "Stopped early" in text_of(app)
    app.button(key="train-continue").click().run()
    assert "Waiting" in text_of(app)
    app.button(key="train-discard").click().run()
    assert not app.exception
    assert app.button(key="train-start")


def test_every_state_has_words_and_none_breaks_the_page(app, center):
    started(app)
    from pages.ui.train_live import STATES

    for state, words in STATES.items():
        center.set(owner(app), "run1", state=state, sentence="Said by the engine.", place=2)
        app.run()
        assert not app.exception
        assert words in text_of(app)
        assert "Said by the engine." in text_of(app)


def test_warnings_are_said_once_with_their_epoch(app, center):
    started(app)
    for epoch in (3, 4):
        warning = {"kind": "warning", "about": "overfitting", "sentence": "It learns by heart.", "epoch": epoch}
        center.events["run1"].append(warning)
    app.run()
    assert [warning.value for warning in app.warning] == ["Epoch 5. It learns by heart."]


def test_other_visitors_see_nothing_of_a_run(app, center):
    started(app)
    stranger = open_page(PAGE)
    assert owner(stranger) != owner(app)
    assert "Your runs" not in [group.label for group in stranger.button_group]
    assert len(center.runs) == 1


def test_the_result_opens_cells_and_says_what_is_better(app, center, monkeypatch, result):
    finished(app, center, monkeypatch, result)
    assert not app.exception
    text = text_of(app)
    assert "It has finished." in text
    assert "The worst mistakes" in text
    app.button(key="confusion-11").click().run()
    measured = Measured(result.labels, result.probabilities, result.threshold)
    assert "Truly PNEUMONIA, called PNEUMONIA" in text_of(app)
    assert text_of(app).count("<figure>") == min(12, len(measured.cell(1, 1)))


def test_before_and_after_on_the_visitors_own_upload(center, monkeypatch, result):
    app = open_page("pages/analyze.py")
    app.button(key="sample-12").click().run()
    app.switch_page(PAGE).run()
    finished(app, center, monkeypatch, result)
    [shown] = [table.value for table in app.dataframe if "Bundled model" in table.value]
    [reading] = app.session_state["session"].readable
    [row] = shown.to_dict("records")
    assert row["File"] == reading.name
    assert row["Bundled model"] == row["This run"]  # the bundled model's folder stands for the new one's
    assert 0 <= row["This run"] <= 100


def test_worse_than_the_start_is_said_before_anything_else(app, center, monkeypatch, result):
    started(app)
    center.events["run1"].append({"kind": "result", "folder": "", "worse": True, "sentence": "Worse than the start."})
    monkeypatch.setattr(train_result, "load_result", lambda _: result)
    center.set(owner(app), "run1", state="finished", result=str(xray_model.load_bundle().folder))
    app.run()
    assert "Worse than the start." in app.warning[0].value


def test_use_in_analyze_is_this_sessions_and_can_be_taken_back(app, center, monkeypatch, result):
    monkeypatch.setattr(train_take, "ANALYZE", "pages/analyze.py")
    finished(app, center, monkeypatch, result)
    app.button(key="train-use").click().run()
    assert not app.exception
    assert app.session_state["session"].own is not None
    app.switch_page("pages/analyze.py").run()
    assert "Your own model answers here" in text_of(app)
    app.button(key="sample-12").click().run()
    app.button(key="own-model-back").click().run()
    assert not app.exception
    assert app.session_state["session"].own is None
    assert "Your own model" not in text_of(app)
    assert len(app.session_state["session"].readings) == 1


def test_two_runs_are_laid_over_each_other_and_compared(app):
    started(app)
    choose(app, "train-pick", "new")
    started(app)
    app.multiselect[0].set_value(["run1"]).run()
    assert not app.exception
    assert "1. Quick, Phantoms" in next(element.proto.body for element in app.html if "curve-key" in element.proto.body)
    assert list(app.dataframe[-1].value["Run"]) == ["2. Quick, Phantoms", "1. Quick, Phantoms"]


def test_measures_agree_with_the_models_own(result):
    from xray_model.evaluation import roc_auc

    measured = Measured(result.labels, result.probabilities, result.threshold)
    assert measured.figures()["AUC"] == pytest.approx(roc_auc(result.probabilities, result.labels))
    cells = [measured.cell(truth, called) for truth in (0, 1) for called in (0, 1)]
    assert sorted(index for cell in cells for index in cell) == list(range(len(result.labels)))
    assert len(measured.mistakes()) == len(cells[1]) + len(cells[2])
    assert sum(count for *_, count in measured.calibration()) == len(result.labels)


def test_charts_keep_their_shape_while_epochs_come():
    records = [event for event in fake_runs.events(8) if event["kind"] == "epoch"]
    shapes = [
        train_curves._spec("auc", train_curves._table("auc", records[:n], {}), 20, [], train_curves.COLOURS)
        for n in (0, 4, 8)
    ]
    assert shapes[0] == shapes[1] == shapes[2]
