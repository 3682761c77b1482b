"""A space of recipes: the documents' example, what a trial becomes, and what is refused before anything is trained."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.places import ROOT
from xray_model.errors import InvalidConfig
from xray_model.recipes.presets import RADIOGRAPH
from xray_model.recipes.space import Range, SearchSpace, described, read_space

START = 'data = "films"\n'


def test_the_documents_example_can_be_searched():
    space = read_space(ROOT / "docs" / "hosting" / "sweep.toml")
    assert (space.trials, space.cores, space.base) == (24, None, RADIOGRAPH.with_epochs(6))
    assert space.settings["phases.fine-tune.learning_rate"] == Range(1e-4, 1e-3, log=True)


def test_a_trial_is_the_start_with_what_was_chosen():
    space = SearchSpace.from_toml(f"{START}[space]\ndropout = [0.1]\n", Path())
    chosen = {"dropout": 0.25, "phases.fine-tune.learning_rate": 1e-3, "augmentation.rotation": 3}
    config = space.config(chosen)
    assert (config.dropout, config.augmentation.rotation) == (0.25, 3)
    assert [phase.learning_rate for phase in config.phases] == [1e-3, 1e-3]
    assert config.phases[0] == RADIOGRAPH.phases[0]
    assert described(chosen) == "dropout 0.25, phases.fine-tune.learning_rate 0.001, augmentation.rotation 3"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("data =", "cannot be read as TOML"),
        ('colour = "red"', "Unknown in the space: colour"),
        ("[space]\ndropout = [0.1]", "The space needs data"),
        (START, "at least one setting"),
        (f'{START}recipe = "soup"\n[space]\ndropout = [0.1]', "recipe = one of radiograph, article, quick"),
        (f"{START}trials = 0\n[space]\ndropout = [0.1]", "Got trials = 0; expected a whole number from 1"),
        (f"{START}[space]\ndepth = [1]", "There is no setting depth"),
        (f"{START}[space]\naugmentation = [1]", "There is no setting augmentation"),
        (f'{START}[space]\n"phases.middle.epochs" = [1]', "There is no setting phases.middle.epochs"),
        (f"{START}[space]\ndropout = 0.1", "Got dropout = 0.1; expected [a, b, …]"),
        (f"{START}[space]\ndropout = {{ low = 0.5, high = 0.1 }}", "expected low < high"),
        (f"{START}[space]\ndropout = {{ low = 0.5, high = 1.5 }}", "Expected dropout and label_smoothing in [0, 1)"),
        (f'{START}[space]\nbatch = ["many"]', "The setting batch is 'many'"),
    ],
)
def test_what_cannot_be_searched_is_refused_with_a_reason(text, words):
    with pytest.raises(InvalidConfig) as caught:
        SearchSpace.from_toml(text, Path())
    assert words in str(caught.value)
