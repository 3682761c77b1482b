"""What goes into a run survives a file, and what is no such file is refused."""

import json

import pytest

from xray_model.datasets.choice import DataChoice
from xray_model.errors import InvalidConfig
from xray_model.recipes.presets import QUICK, RECIPES
from xray_model.recipes.run_settings import RunSettings

PHASE = {"name": "x", "epochs": 1, "learning_rate": 1e-3}
CHOICES = (
    DataChoice("phantoms", 40),
    DataChoice("pneumoniamnist", None, size=128),
    DataChoice("folder", 200, "mine"),
    DataChoice("zip", None, "films.zip", sha256="0" * 64),
)


@pytest.mark.parametrize("choice", CHOICES, ids=lambda choice: choice.kind)
def test_settings_and_images_survive_a_file(choice):
    for config in RECIPES.values():
        settings = RunSettings(config, choice)
        assert RunSettings.from_json(settings.to_json()) == settings


def test_settings_of_a_card_name_no_images():
    assert RunSettings.from_json(json.dumps(QUICK.to_dict())) == RunSettings(QUICK)


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "moon"},
        {"count": 3},
        {"count": "many"},
        {"count": 40.5},
        {"count": None},
        {"size": 100},
        {"colour": 1},
        {"kind": "folder", "path": 3},
        {"kind": "zip", "sha256": "../x"},
        [1],
    ],
)
def test_wrong_images_are_refused(wrong):
    with pytest.raises(InvalidConfig):
        RunSettings.from_json(json.dumps(QUICK.to_dict() | {"data": wrong}))


@pytest.mark.parametrize("text", ["", "{", "[1]", "3", "null", '"a"', b"\xff\xfe\x00"])
def test_what_is_no_settings_file_is_refused(text):
    with pytest.raises(InvalidConfig, match="cannot be read"):
        RunSettings.from_json(text)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"batch": 8.5}, "batch is 8.5; expected int"),
        ({"batch": "8"}, "batch is '8'"),
        ({"batch": True}, "batch is True"),
        ({"batch": 1}, "batch >= 2"),
        ({"seed": -1}, "a seed from 0"),
        ({"dropout": 1.0}, "Expected dropout"),
        ({"label_smoothing": 2}, "label_smoothing in"),
        ({"pace": float("nan")}, "pace is nan"),
        ({"weights": 3}, "weights is 3"),
        ({"head": "moon", "lungs": "gate"}, "head 'moon'"),
        ({"colour": 1}, "Unknown training settings: colour"),
        ({"augmentation": {"zoom": 7}}, "zoom = 7"),
        ({"phases": []}, "at least one phase"),
        ({"phases": [3]}, "phases cannot be read"),
        ({"phases": None}, "phases cannot be read"),
        ({"phases": [PHASE | {"epochs": 1.5}]}, "epochs is 1.5"),
        ({"phases": [PHASE | {"epochs": 0}]}, "at least 1 epoch"),
        ({"phases": [PHASE | {"epochs": 10**6}]}, "1000000 epochs"),
        ({"phases": [PHASE | {"early_stopping": -1}]}, "early_stopping of 0 or more"),
        ({"phases": [PHASE | {"schedule": "moon"}]}, "schedule 'moon'"),
    ],
)
def test_wrong_settings_are_refused(wrong, message):
    with pytest.raises(InvalidConfig, match=message):
        RunSettings.from_json(json.dumps(QUICK.to_dict() | wrong))


def test_settings_without_a_backbone_are_refused():
    with pytest.raises(InvalidConfig, match="name no backbone"):
        RunSettings.from_json(json.dumps({"phases": [PHASE]}))
