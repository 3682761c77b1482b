"""A space of recipes to search: a TOML file with a start, the settings that vary, and how far to go."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xray_model.errors import InvalidConfig
from xray_model.recipes.config import TrainingConfig
from xray_model.recipes.presets import RECIPES
from xray_model.recipes.run_settings import RunSettings

MOST_TRIALS = 10_000
KEYS = {"data", "recipe", "config", "epochs", "trials", "cores", "seed", "space"}
Value = float | int | str | bool


@dataclass(frozen=True)
class Range:
    """Numbers from low to high, whole ones if both are; log: as many between 1 and 10 as between 10 and 100."""

    low: float
    high: float
    log: bool = False

    def __post_init__(self) -> None:
        numbers = all(isinstance(one, int | float) and not isinstance(one, bool) for one in (self.low, self.high))
        if not numbers or not self.low < self.high or (self.log and self.low <= 0):
            raise InvalidConfig(
                f"Got a range from {self.low} to {self.high}; expected low < high, and with log = true a low above 0."
            )


@dataclass(frozen=True)
class SearchSpace:
    """What `sweep` searches. data: a folder of class folders, or its address. base: the settings that all share.

    settings: name -> the values that it may take. trials: recipes to try. cores: of each training; None for a whole
    machine. Names are those of `TrainingConfig`, with dots: `augmentation.rotation`, `phases.fine-tune.learning_rate`.
    """

    data: str
    base: TrainingConfig
    settings: Mapping[str, Range | list[Value]]
    trials: int
    cores: int | None
    seed: int

    @classmethod
    def from_toml(cls, text: str, folder: Path) -> SearchSpace:
        """Parse and check; `config` lies below `folder`. Raises `InvalidConfig` on what is unknown or out of range."""
        try:
            found = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise InvalidConfig(f"The space cannot be read as TOML ({error}).") from error
        if unknown := set(found) - KEYS:
            raise InvalidConfig(
                f"Unknown in the space: {', '.join(sorted(unknown))}. Known: {', '.join(sorted(KEYS))}."
            )
        data, settings, base = found.get("data"), found.get("space"), _base(found, folder)
        if not isinstance(data, str) or not isinstance(settings, dict) or not settings:
            raise InvalidConfig('The space needs data = "FOLDER" and a table [space] with at least one setting.')
        epochs, cores = _count(found, "epochs", 1000), _count(found, "cores", 1024)
        base = base.with_epochs(epochs) if epochs else base
        varied = {name: _values(name, value) for name, value in settings.items()}
        space = cls(
            data, base, varied, _count(found, "trials", MOST_TRIALS) or 1, cores, _count(found, "seed", 2**31) or 1
        )
        for first in (True, False):  # what cannot be trained at one end is said before anything is trained
            space.config({name: _end(value, first) for name, value in varied.items()})
        return space

    def config(self, chosen: Mapping[str, Value]) -> TrainingConfig:
        """The settings of one trial; raises `InvalidConfig`."""
        settings = self.base.to_dict()
        for name, value in chosen.items():
            _put(settings, name, value)
        return TrainingConfig.from_dict(settings)


def described(chosen: Mapping[str, Value]) -> str:
    """What one trial changes, in words: "dropout 0.2, mixup 0.1"."""
    return ", ".join(
        f"{name} {value:.4g}" if isinstance(value, float) else f"{name} {value}" for name, value in chosen.items()
    )


def read_space(path: Path) -> SearchSpace:
    """The space in a file; raises `InvalidConfig` and `OSError`."""
    try:
        return SearchSpace.from_toml(path.read_text(encoding="utf-8"), path.parent)
    except UnicodeDecodeError as error:
        raise InvalidConfig("The space is no text in UTF-8.") from error


def _base(found: Mapping[str, Any], folder: Path) -> TrainingConfig:
    """The settings to start from: a named recipe's, or those in a file, as the Train page writes them."""
    recipe, file = found.get("recipe", "radiograph"), found.get("config")
    if isinstance(file, str) and "recipe" not in found:
        return RunSettings.from_json((folder / file).read_bytes()).config
    if file is not None or recipe not in RECIPES:
        raise InvalidConfig(f'The space needs recipe = one of {", ".join(RECIPES)}, or config = "settings.json".')
    return RECIPES[recipe]


def _values(name: str, value: Any) -> Range | list[Value]:
    if isinstance(value, list) and value and all(isinstance(one, float | int | str | bool) for one in value):
        return value
    if isinstance(value, dict) and {"low", "high"} <= set(value) <= {"low", "high", "log"}:
        return Range(**value)
    raise InvalidConfig(f"Got {name} = {value!r}; expected [a, b, …], or {{ low = …, high = …, log = true }}.")


def _end(value: Range | list[Value], first: bool) -> Value:
    if isinstance(value, Range):
        return value.low if first else value.high
    return value[0 if first else -1]


def _put(settings: dict[str, Any], name: str, value: Value) -> None:
    """Set what a dotted name leads to; phases go by their names."""
    *path, last = name.split(".")
    place: Any = settings
    for step in path:
        named = {phase["name"]: phase for phase in place} if isinstance(place, list) else place
        place = named.get(step) if isinstance(named, dict) else None
    if not isinstance(place, dict) or last not in place or isinstance(place[last], dict | list):
        raise InvalidConfig(f"There is no setting {name}. Name one of those that a run's settings.json has.")
    place[last] = value


def _count(found: Mapping[str, Any], name: str, most: int) -> int | None:
    value = found.get(name)
    if value is None or (isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= most):
        return value
    raise InvalidConfig(f"Got {name} = {value!r}; expected a whole number from 1 to {most:,}.")
