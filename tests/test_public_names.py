"""What the package promises at its root: complete, documented, and the lines that the documentation begins with."""

from __future__ import annotations

import ast
import importlib
import inspect
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import xray_model
from tests.imports import ROOT

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


def type_checking_names() -> list[str]:
    """Names that the root imports for type checkers and editors."""
    tree = ast.parse(Path(xray_model.__file__).read_text(encoding="utf-8"))
    [block] = [node for node in tree.body if isinstance(node, ast.If)]
    return [alias.asname or alias.name for node in block.body for alias in node.names]


def test_all_is_the_lazy_table_and_what_type_checkers_see():
    assert sorted(xray_model.__all__) == sorted(xray_model._MODULE_OF) == sorted(type_checking_names())
    assert len(set(xray_model.__all__)) == len(xray_model.__all__)
    assert dir(xray_model) == sorted(xray_model.__all__)


@pytest.mark.parametrize("name", xray_model.__all__)
def test_name_resolves_to_what_its_module_has(name):
    module = importlib.import_module(f"xray_model.{xray_model._MODULE_OF[name]}")
    assert getattr(xray_model, name) is getattr(module, name)
    assert name in vars(xray_model)  # the second access is an ordinary one


@pytest.mark.parametrize("name", xray_model.__all__)
def test_name_is_documented(name):
    value = getattr(xray_model, name)
    if not (inspect.isclass(value) or inspect.isfunction(value)):  # a constant: its module tells
        value = importlib.import_module(f"xray_model.{xray_model._MODULE_OF[name]}")
    written = value.__doc__ or ""
    assert len(written.split()) >= 4
    assert not written.startswith(f"{name}(")  # what a dataclass writes for itself


@pytest.mark.parametrize("name", [name for name in xray_model.__all__ if inspect.isclass(getattr(xray_model, name))])
def test_methods_are_documented_and_annotated(name):
    for member, value in vars(getattr(xray_model, name)).items():
        function = getattr(value, "fget", None) or getattr(value, "__func__", value)
        if member.startswith("_") or not inspect.isfunction(function):
            continue
        assert function.__doc__, f"{name}.{member}"
        assert "return" in function.__annotations__, f"{name}.{member}"


def test_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="'xray_model' has no attribute 'predict'"):
        _ = xray_model.predict


def test_errors_are_one_tree():
    errors = [getattr(xray_model, name) for name in xray_model._MODULES["errors"]]
    assert all(issubclass(error, xray_model.XrayModelError) for error in errors)


def test_first_lines_work_without_tensorflow(chest, tiny_bundle):
    """As a reader would type them, in a fresh Python."""
    script = FIRST_LINES.format(bundle=repr(str(tiny_bundle))) + (
        "import sys\nassert picture.shape == (256, 256, 3)\nassert not {'keras', 'tensorflow'} & set(sys.modules)\n"
    )
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, cwd=chest.parent, env=environment, capture_output=True, text=True, check=True)
    label, probability = done.stdout.split()
    assert label in xray_model.LABELS
    assert 0 <= float(probability) <= 1


def test_first_lines_work_with_the_bundled_default(chest):
    names = {}
    exec(FIRST_LINES.format(bundle=""), names)
    assert names["model"].name == xray_model.list_bundles()[-1]
    assert names["picture"].shape == (256, 256, 3)
    assert chest.name == "chest.png"


def test_classifier_is_the_same_network():
    """The last of the lines: for whoever wants to go on training."""
    import keras

    classifier = xray_model.load_classifier()
    bundle = xray_model.load_bundle()
    assert isinstance(classifier, keras.Model)
    grey = xray_model.Radiograph.from_array(xray_model.draw_phantom(1, size=256).pixels).grey(bundle.card.input_size)
    logit = bundle.runtime.forward(grey[None]).logit[0]
    assert float(classifier.predict(grey[None], verbose=0)[0, 0]) == pytest.approx(1 / (1 + np.exp(-logit)), abs=1e-3)
