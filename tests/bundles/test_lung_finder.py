"""The lung finder's files: opened for several threads, and refused by name when they are damaged."""

from __future__ import annotations

import hashlib
import json
import shutil

import numpy as np
import pytest

from xray_model.bundles.finder_card import CARD, FINDER, KERAS, LITERT
from xray_model.bundles.lung_finder import load_lung_finder
from xray_model.errors import InvalidBundle
from xray_model.phantoms import draw_phantom


def test_a_sibling_finds_the_same():
    finder, chest = load_lung_finder(), draw_phantom(1, size=256).pixels
    first, second = finder.find(chest), finder.sibling().find(chest)
    assert np.array_equal(first.masks, second.masks)
    assert second.features == pytest.approx(first.features, abs=1e-4)


@pytest.fixture
def folder(tmp_path):
    return shutil.copytree(FINDER, tmp_path / "lung-finder-v9")


def damage(folder) -> str:
    with pytest.raises(InvalidBundle) as caught:
        load_lung_finder(folder)
    return str(caught.value)


@pytest.mark.parametrize("name", [LITERT, KERAS, "FINDER_CARD.md"])
def test_a_damaged_or_missing_finder_file_is_named(name, folder):
    file = folder / name
    file.write_bytes(file.read_bytes()[:-7])
    assert f"lung-finder-v9/{name} is damaged or cut off" in damage(folder)
    file.unlink()
    assert f"lung-finder-v9/{name} is missing" in damage(folder)
    file.write_text("version https://git-lfs.github.com/spec/v1\n")
    assert "Git LFS pointer" in damage(folder)


@pytest.mark.parametrize("text", [None, "", "[]", "null", "{", '{"population": {}}', '{"population": 3}', "\x00"])
def test_a_finder_without_its_card_is_named(text, folder):
    (folder / CARD).unlink()
    if text is not None:
        (folder / CARD).write_text(text)
    said = damage(folder)
    assert "lung-finder-v9: finder.json is missing or unreadable." in said
    assert said.endswith("release.")


@pytest.mark.parametrize(
    ("changes", "words"),
    [({"files": {}}, "lists no finder.keras"), ({"files": ["finder.tflite"]}, "missing or unreadable"),
     ({"files": None}, "missing or unreadable"), ({"colour": "red"}, "missing or unreadable")],
)  # fmt: skip
def test_a_finder_card_that_lists_nothing_is_refused(changes, words, folder):
    fields = json.loads((folder / CARD).read_text())
    (folder / CARD).write_text(json.dumps(fields | changes))
    assert words in damage(folder)


def test_a_classifier_in_the_finder_s_place_is_refused(folder, tiny_bundle):
    shutil.copy(tiny_bundle / "model.tflite", folder / LITERT)
    fields = json.loads((folder / CARD).read_text())
    fields["files"][LITERT] = hashlib.sha256((folder / LITERT).read_bytes()).hexdigest()
    (folder / CARD).write_text(json.dumps(fields))
    assert "finder.tflite takes ['grey'] and gives" in damage(folder)
