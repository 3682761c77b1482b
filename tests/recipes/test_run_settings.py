"""What goes into a run survives a file, and what is no such file is refused."""

import json

import pytest

from xray_model.datasets.choice import DataChoice
from xray_model.errors import InvalidConfig
from xray_model.recipes.config import QUICK, RECIPES
from xray_model.recipes.run_settings import RunSettings

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
    "wrong",
    [
        {"batch": 8.5},
        {"batch": "8"},
        {"batch": True},
        {"seed": -1},
        {"dropout": 1.0},
        {"label_smoothing": 2},
        {"pace": float("nan")},
        {"weights": 3},
        {"head": "moon"},
        {"phases": [3]},
        {"phases": None},
        {"phases": [{"name": "x", "epochs": 1.5, "learning_rate": 1e-3}]},
        {"phases": [{"name": "x", "epochs": 10**6, "learning_rate": 1e-3}]},
        {"phases": [{"name": "x", "epochs": 1, "learning_rate": 1e-3, "early_stopping": -1}]},
    ],
)
def test_settings_of_the_wrong_kind_are_refused(wrong):
    with pytest.raises(InvalidConfig):
        RunSettings.from_json(json.dumps(QUICK.to_dict() | wrong))
