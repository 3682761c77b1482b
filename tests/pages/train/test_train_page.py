"""The Train page before a run, on a job centre that trains nothing: settings, terms, recipes."""

from __future__ import annotations

import json

import pytest

from pages.ui.shared.session import TRAINING_POLICY
from pages.ui.train.state import BENCH
from pages.ui.train.terms import TERMS
from tests.pages.conftest import open_page, text_of
from tests.support.labelled import save_class_folders
from tests.support.train_visit import PAGE, choose, config, load_settings, started
from tests.support.weights_server import WEIGHTS
from xray_model import NOTICE, PRESETS, RECIPES, DataChoice, RunSettings
from xray_model.recipes.imagenet_weights import keras_file
from xray_model.recipes.presets import quick


def test_without_imagenet_the_page_opens_with_quick_at_another_hospital_and_says_what_it_costs(app):
    assert not app.exception
    text = text_of(app)
    assert text.count(NOTICE) == 2  # whole and folded, of which the width shows one
    assert "Phantoms of another hospital** · 500 images" in text
    assert "starts from the **bundled model**" in text
    assert "Licence: Apache-2.0" in text
    assert text.count("<figure>") == 6
    assert config(app) == RECIPES["quick"]
    assert not app.button(key="train-start").disabled
    assert "of memory" in text
    assert "import keras" in app.code[0].value


def test_with_imagenet_at_hand_it_opens_with_phantoms(monkeypatch, tmp_path):
    kept = tmp_path / "models"
    kept.mkdir()
    (kept / keras_file("MobileNetV2", 1.0, 192)).write_bytes(b"x")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    app = open_page(PAGE)
    assert "Synthetic phantoms** · 400 images" in text_of(app)
    assert "starts from **ImageNet**" in text_of(app)
    assert config(app) == quick("imagenet")
    choose(app, "train-data", "other-hospital")
    assert config(app) == quick()


def test_imagenet_weights_are_offered_with_their_size_and_used_once_they_are_here(app, imagenet_cache, imagenet_server):
    choose(app, "train-recipe", "Custom")
    assert not [button for button in app.button if button.key == "train-weights"]
    app.selectbox(key="train-set-weights").set_value("imagenet").run()
    assert app.button(key="train-weights").label == "Download MobileNetV2's ImageNet weights now (about 9 MB)"
    imagenet_server.answer = (b"<html>sign in</html>", 20)
    app.button(key="train-weights").click().run()
    assert not app.exception
    assert "what came is no weights file" in app.error[0].value
    imagenet_server.answer = (WEIGHTS, len(WEIGHTS))
    app.button(key="train-weights").click().run()
    assert not app.exception
    assert not app.error
    assert not [button for button in app.button if button.key == "train-weights"]
    assert [file.read_bytes() for file in imagenet_cache.iterdir()] == [WEIGHTS]
    choose(app, "train-recipe", "Quick")
    choose(app, "train-data", "phantoms")
    assert config(app) == quick("imagenet"), "what is there is used"


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


def test_custom_begins_with_the_default_run_and_says_what_was_changed(app):
    choose(app, "train-recipe", "Article")
    choose(app, "train-recipe", "Custom")
    assert config(app) == RECIPES["quick"], "not hours of VGG16"
    assert "What you changed: nothing yet." in text_of(app)
    app.selectbox(key="train-set-batch").set_value(8).run()
    app.selectbox(key="train-set-1-learning_rate").set_value(1e-4).run()
    assert "What you changed: batch 8 instead of 16; fine-tune: learning rate 0.0001 instead of 0.0003." in text_of(app)
    app.toggle(key="train-set-fine").set_value(False).run()
    assert "no fine-tune" in text_of(app)
    app.button(key="train-usual").click().run()
    assert not app.exception
    assert config(app) == RECIPES["quick"]


def test_only_a_linear_head_can_answer_from_the_lungs_alone(app):
    choose(app, "train-recipe", "Custom")
    assert app.selectbox(key="train-set-lungs").value == config(app).lungs == "pooled"
    app.selectbox(key="train-set-head").set_value("article").run()
    assert not app.exception
    assert config(app).lungs == "gate"
    assert "train-set-lungs" not in {box.key for box in app.selectbox}
    app.selectbox(key="train-set-head").set_value("linear").run()
    app.selectbox(key="train-set-lungs").set_value("pooled").run()
    assert config(app).lungs == "pooled"


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
        ('{"pace": -1}', "name no backbone"),
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


def test_weights_that_must_be_downloaded_are_announced_with_what_works_without(app, monkeypatch, tmp_path):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    choose(app, "train-recipe", "Article")
    assert not app.button(key="train-start").disabled
    assert "the recipe Quick" in text_of(app)
    choose(app, "train-recipe", "Quick")
    assert "not on this server" not in text_of(app)


def test_a_policy_from_the_augmentation_page_is_taken_over_and_can_be_put_aside(app):
    app.session_state[TRAINING_POLICY] = PRESETS["Article"]
    app.run()
    assert config(app).augmentation == PRESETS["Article"]
    assert "From the Augmentation page" in text_of(app)
    app.button(key="train-policy-off").click().run()
    assert config(app) == RECIPES["quick"]
