"""A bundle opens when all of it is right, and says which file is wrong when it is not."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.support.bundle_factory import SIZE, edit_card, tiny_card, write_card
from xray_model.bundles import folders
from xray_model.bundles.bundle import load_bundle
from xray_model.bundles.folders import find_bundle, list_bundles
from xray_model.errors import InvalidBundle

POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 6454712\n"


@pytest.fixture
def folder(tiny_bundle, tmp_path) -> Path:
    """A copy that a test may break."""
    return Path(shutil.copytree(tiny_bundle, tmp_path / "weights" / tiny_bundle.name))


@pytest.fixture
def weights(folder, monkeypatch) -> Path:
    """`weights/` holds the copy and two other versions' cards."""
    for name in ("tiny-random-v2", "tiny-random-v10", "not-a-bundle"):
        shutil.copytree(folder, folder.parent / name)
    (folder.parent / "not-a-bundle" / "card.json").unlink()
    monkeypatch.setattr(folders, "WEIGHTS", folder.parent)
    return folder.parent


def refusal(folder: Path) -> str:
    with pytest.raises(InvalidBundle) as caught:
        load_bundle(folder)
    assert str(caught.value).endswith(".")
    return str(caught.value)


def test_sound_bundle_opens_and_answers(folder):
    bundle = load_bundle(folder, threads=1)
    assert bundle.name == "tiny-random-v1"
    assert bundle.hash == bundle.card.files["model.tflite"][:12]
    assert len(bundle.hash) == 12
    assert bundle.folder == folder
    assert bundle.runtime.forward(np.zeros((1, SIZE, SIZE), np.float32)).logit.shape == (1,)


def test_sibling_answers_the_same_with_a_network_of_its_own(folder):
    bundle = load_bundle(folder)
    sibling = bundle.sibling()
    grey = np.random.default_rng(0).uniform(0, 255, (1, SIZE, SIZE)).astype(np.float32)
    assert sibling.runtime is not bundle.runtime
    assert (sibling.card, sibling.hash) == (bundle.card, bundle.hash)
    assert np.allclose(sibling.runtime.forward(grey).logit, bundle.runtime.forward(grey).logit, atol=1e-6)


BREAK: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing": (lambda path: path.unlink(), "is missing"),
    "truncated": (lambda path: path.write_bytes(path.read_bytes()[:-100]), "is damaged or cut off"),
    "empty": (lambda path: path.write_bytes(b""), r"is damaged or cut off (0 bytes"),
    "no text": (lambda path: path.write_bytes(b"\xff\xfe\x00"), "is damaged or cut off"),
    "one bit": (
        lambda path: path.write_bytes(bytes([path.read_bytes()[0] ^ 1]) + path.read_bytes()[1:]),
        "wrong SHA-256",
    ),
    "pointer": (
        lambda path: path.write_bytes(POINTER),
        "is a Git LFS pointer, not the file itself. Run `git lfs pull`",
    ),
}


@pytest.mark.parametrize("name", ["model.tflite", "model.keras"])
@pytest.mark.parametrize("how", BREAK)
def test_broken_file_is_named_with_what_is_wrong(folder, name, how):
    breaks, words = BREAK[how]
    breaks(folder / name)
    said = refusal(folder)
    assert said.startswith(f"tiny-random-v1/{name} ")
    assert words in said
    assert "Clone the repository again" in said


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("missing", "missing or unreadable"),
        ("no text", "missing or unreadable"),
        ("empty", "cannot be read"),
        ("pointer", "Git LFS"),
    ],
)
def test_broken_card_is_named(folder, how, words):
    BREAK[how][0](folder / "card.json")
    said = refusal(folder)
    assert "card.json" in said
    assert words in said


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda card: card["files"].pop("model.tflite"), "card.json lists no model.tflite"),
        (lambda card: card["files"].update({"../../secret": "0" * 64}), "lists '../../secret'; expected a file of its"),
        (lambda card: card.update(input_size=224), f"model.tflite takes {SIZE} pixels, card.json says 224"),
    ],
)
def test_card_that_contradicts_its_folder_is_refused(folder, change, words):
    edit_card(folder, change)
    assert words in refusal(folder)


def test_network_that_is_none_is_refused_even_with_the_right_hash(folder):
    (folder / "model.tflite").write_bytes(b"TFL3 but no more")
    write_card(folder, tiny_card(folder.name))
    assert "model.tflite is not an exported network" in refusal(folder)


def test_bundles_are_listed_by_version_and_the_newest_is_the_default(weights):
    assert list_bundles() == ["tiny-random-v1", "tiny-random-v2", "tiny-random-v10"]
    assert find_bundle() == weights / "tiny-random-v10"
    assert load_bundle().folder == weights / "tiny-random-v10"


def test_bundle_is_found_by_name_and_by_folder(weights, monkeypatch):
    assert find_bundle("tiny-random-v2") == weights / "tiny-random-v2"
    assert find_bundle(str(weights / "tiny-random-v2")) == weights / "tiny-random-v2"
    monkeypatch.chdir(weights)
    assert find_bundle("./tiny-random-v1") == Path("tiny-random-v1")


def test_name_in_weights_wins_over_a_folder_beside_the_caller(weights, tmp_path, monkeypatch):
    (tmp_path / "tiny-random-v2").mkdir()
    monkeypatch.chdir(tmp_path)
    assert find_bundle("tiny-random-v2") == weights / "tiny-random-v2"


def test_unknown_bundle_names_the_known_ones(weights):
    for name in ("resnet", weights.parent / "elsewhere" / "tiny-random-v2"):
        with pytest.raises(InvalidBundle, match=r"no bundle .*tiny-random-v1, tiny-random-v2, tiny-random-v10"):
            find_bundle(name)


def test_no_bundle_at_all_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(folders, "WEIGHTS", tmp_path / "absent")
    with pytest.raises(InvalidBundle, match=r"no bundle in absent/\. Clone the repository"):
        find_bundle()
