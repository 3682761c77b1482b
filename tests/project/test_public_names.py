"""The package's public names: complete, documented, and working as the documentation shows."""

from __future__ import annotations

import importlib
import inspect
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import xray_model
from tests.support.places import ROOT
from tests.support.public_names import MODULE_OF

FIRST_LINES = """
import xray_model
model = xray_model.load_bundle({bundle})
analysis = xray_model.analyze(xray_model.Radiograph.from_file("chest.png"), model)
print(analysis.prediction.label, analysis.prediction.probability)
picture = analysis.heatmap.overlay(analysis.radiograph)
"""


@pytest.fixture
def chest(tmp_path, monkeypatch) -> Path:
    """`chest.png` in the current folder."""
    from PIL import Image

    Image.fromarray(xray_model.draw_phantom(1, size=256).pixels).save(tmp_path / "chest.png")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "chest.png"


def test_the_stub_lists_what_the_package_offers():
    assert "analyze" in MODULE_OF
    assert xray_model.__all__ == sorted(MODULE_OF) == dir(xray_model)


@pytest.mark.parametrize("name", xray_model.__all__)
def test_name_resolves_to_what_its_module_has(name):
    module = importlib.import_module(MODULE_OF[name])
    assert getattr(xray_model, name) is getattr(module, name)
    assert name in vars(xray_model)  # cached for the next access


def is_code(name: str) -> bool:
    """Whether a public name is a class or a function, not a constant."""
    value = getattr(xray_model, name)
    return inspect.isclass(value) or inspect.isfunction(value)


@pytest.mark.parametrize("name", [name for name in xray_model.__all__ if is_code(name)])
def test_name_is_documented(name):
    written = getattr(xray_model, name).__doc__ or ""
    assert len(written.split()) >= 4
    assert not written.startswith(f"{name}(")  # a dataclass's automatic docstring


@pytest.mark.parametrize("name", [name for name in xray_model.__all__ if inspect.isclass(getattr(xray_model, name))])
def test_methods_are_documented_and_annotated(name):
    for member, value in vars(getattr(xray_model, name)).items():
        function = getattr(value, "fget", None) or getattr(value, "__func__", value)
        if member.startswith("_") or not inspect.isfunction(function):
            continue
        assert function.__doc__, f"{name}.{member}"
        assert "return" in function.__annotations__, f"{name}.{member}"


def test_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="No xray_model attribute diagnose"):
        _ = xray_model.diagnose


def test_errors_are_one_tree():
    errors = [getattr(xray_model, name) for name, module in MODULE_OF.items() if module == "xray_model.errors"]
    assert len(errors) > 5
    assert all(issubclass(error, xray_model.XrayModelError) for error in errors)


def test_first_lines_work_without_tensorflow(chest, tiny_bundle):
    """As a reader would type them, in a new Python process."""
    script = FIRST_LINES.format(bundle=repr(str(tiny_bundle))) + (
        "import sys\nassert picture.shape == (256, 256, 3)\nassert not {'keras', 'tensorflow'} & set(sys.modules)\n"
    )
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, cwd=chest.parent, env=environment, capture_output=True, text=True, check=True)
    label, probability = done.stdout.split()
    assert label in xray_model.LABELS
    assert 0 <= float(probability) <= 1


def test_classifier_is_the_same_network():
    """`load_classifier` returns the bundle's own network, for further training."""
    import keras

    classifier = xray_model.load_classifier()
    bundle = xray_model.load_bundle()
    assert isinstance(classifier, keras.Model)
    grey = xray_model.Radiograph.from_array(xray_model.draw_phantom(1, size=256).pixels).grey(bundle.card.input_size)
    logit = bundle.runtime.forward(grey[None]).logit[0]
    assert float(classifier.predict(grey[None], verbose=0)[0, 0]) == pytest.approx(1 / (1 + np.exp(-logit)), abs=1e-3)
