"""The script that stands for the settings runs as it stands."""

import dataclasses
import re
import sys

import keras
import pytest

from tests.support.labelled import save_class_folders
from xray_model.augmentation.policy import NONE
from xray_model.recipes.config import BACKBONE_NAMES, Phase, TrainingConfig
from xray_model.recipes.keras_script import keras_script
from xray_model.recipes.presets import QUICK

PLATEAU = Phase("head", 1, 1e-3, schedule="plateau", early_stopping=2)


@pytest.fixture(scope="module")
def radiographs(tmp_path_factory):
    root = tmp_path_factory.mktemp("data")
    save_class_folders(root / "mine", 12)
    return root


@pytest.mark.parametrize("backbone", BACKBONE_NAMES)
def test_every_backbone_is_scaled_by_its_own_family(backbone):
    script = keras_script(TrainingConfig(backbone, None, phases=(PLATEAU,)))
    compile(script, "script", "exec")
    [family] = re.findall(r"keras\.applications\.(\w+)\.preprocess_input", script)
    assert hasattr(getattr(keras.applications, family), backbone)


SCRIPTS = {
    "bundled": dataclasses.replace(QUICK, augmentation=NONE, batch=8, phases=(PLATEAU,), validation_share=0.25),
    "article": TrainingConfig(
        "MobileNet",
        **{"weights": None, "alpha": 0.25, "last_layer": "conv_pw_3_relu", "input_size": 64, "head": "article"},
        phases=(PLATEAU, Phase("fine-tune", 1, 1e-5, unfreeze="conv_dw_3", schedule="cosine")),
        optimizer="sgd",
        batch=8,
        validation_share=0.25,
        weight_averaging=0.9,
    ),
}


@pytest.mark.filterwarnings("error:.shuffle=True. was passed")
@pytest.mark.parametrize("config", SCRIPTS.values(), ids=SCRIPTS)
def test_a_script_runs_as_it_stands(config, radiographs, tmp_path, monkeypatch):
    """Here, not in a Python of its own, which would import Keras once more."""
    from xray_model.bundles.folders import WEIGHTS

    (tmp_path / "weights").symlink_to(WEIGHTS)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["script.py", str(radiographs / "mine")])
    exec(compile(keras_script(config), "script.py", "exec"), {"__name__": "__main__"})
    assert (tmp_path / "my_model.keras").is_file()
