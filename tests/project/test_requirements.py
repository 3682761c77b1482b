"""The accepted version ranges and the tested pins name the same distributions, and agree."""

from __future__ import annotations

import tomllib
from importlib.metadata import version
from itertools import chain

from packaging.requirements import Requirement

from tests.support.places import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
RANGES = {line.name: line for line in map(Requirement, PROJECT["dependencies"])}
LINES = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
PINS = {line.name: line for line in map(Requirement, (line for line in LINES if line and not line.startswith("#")))}


def test_ranges_and_pins_name_the_same_distributions_on_the_same_machines():
    assert {name: str(line.marker) for name, line in RANGES.items()} == {
        name: str(line.marker) for name, line in PINS.items()
    }


def test_every_pin_is_one_version_inside_its_range():
    for name, pin in PINS.items():
        (only,) = pin.specifier
        assert only.operator == "=="
        assert RANGES[name].specifier.contains(only.version), name
        assert {bound.operator for bound in RANGES[name].specifier} == {">=", "<"}, "loose at both ends"


def test_what_is_tested_is_what_is_pinned():
    for name, pin in PINS.items():
        if pin.marker is None or pin.marker.evaluate():
            assert pin.specifier.contains(version(name)), name


def test_what_an_extra_needs_is_tested_inside_its_range():
    for line in map(Requirement, chain.from_iterable(PROJECT["optional-dependencies"].values())):
        assert line.specifier.contains(version(line.name)), line.name
        assert {bound.operator for bound in line.specifier} == {">=", "<"}
