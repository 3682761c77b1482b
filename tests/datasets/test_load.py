"""Loading images: phantoms, a server's folders, an archive."""

from dataclasses import replace

import numpy as np
import pytest

from tests.support.labelled import class_files, save_class_folders
from xray_model.datasets import phantom_sets
from xray_model.datasets.choice import DataChoice
from xray_model.datasets.load import load_data, peek
from xray_model.datasets.phantom_sets import shipped_phantoms
from xray_model.datasets.server_folders import list_server_folders
from xray_model.datasets.summary import describe_data
from xray_model.errors import InvalidDataset


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache of small files with small phantoms; none ship."""
    monkeypatch.setattr(phantom_sets, "shipped_phantoms", lambda *_: None)
    monkeypatch.setattr(phantom_sets, "cache_folder", lambda: tmp_path / "phantoms")
    monkeypatch.setattr(phantom_sets, "CHUNK", 20)
    monkeypatch.setattr(phantom_sets, "UPLOAD_SIZE", 64)
    return tmp_path / "phantoms"


@pytest.fixture(scope="module")
def radiographs(tmp_path_factory):
    root = tmp_path_factory.mktemp("data")
    save_class_folders(root / "mine", 12)
    return root


def test_phantoms_are_drawn_once(cache):
    told = []
    first = phantom_sets.training_phantoms(30, 32, workers=1, advance=lambda *step: told.append(step))
    assert told == [(20, 30), (30, 30)]
    assert len(list(cache.iterdir())) == 2
    again = phantom_sets.training_phantoms(10, 32, advance=lambda *step: told.append(step))
    assert len(told) == 2
    np.testing.assert_array_equal(first.grey[:10], again.grey)
    assert first.names[:10] == again.names
    assert len(set(first.groups)) == 30


@pytest.mark.parametrize("kind", phantom_sets.SETS)
def test_shipped_phantoms_are_the_same_as_drawn_ones(kind, monkeypatch):
    of = phantom_sets.SETS[kind]
    monkeypatch.setattr(phantom_sets, "draw_chunk", lambda *_: pytest.fail("drawn"))
    shipped = phantom_sets.training_phantoms(of.shipped, 64, of)
    assert shipped.counts() == describe_data(DataChoice(kind, of.shipped)).counts  # stated before anything is opened
    assert phantom_sets.shipped_phantoms(2, 225, of) is None  # too small to be enlarged
    drawn = phantom_sets.phantom_images(range(of.first, of.first + 2), 224, of.hospital)
    first = phantom_sets.training_phantoms(2, 224, of)
    assert (first.names, first.groups, first.labels.tolist()) == (drawn.names, drawn.groups, drawn.labels.tolist())
    assert np.abs(first.grey.astype(int) - drawn.grey).mean() < 2  # grey levels: JPEG's loss


def test_phantoms_beyond_the_shipped_ones_are_drawn(cache, monkeypatch):
    monkeypatch.setattr(phantom_sets, "shipped_phantoms", shipped_phantoms)
    of = replace(phantom_sets.AT_HOME, file=cache / "few.zip")
    cache.mkdir()
    everything = phantom_sets.phantom_images(range(of.first, of.first + 30), 64)
    phantom_sets.write_shipped(everything.take(range(20)), cache / "few.zip")
    told = []
    found = phantom_sets.training_phantoms(30, 64, of, workers=1, advance=lambda *step: told.append(step))
    assert found.names == everything.names
    np.testing.assert_array_equal(found.grey[20:], everything.grey[20:])
    assert told == [(30, 30)]


@pytest.mark.usefixtures("cache")
def test_a_full_disk_costs_time_only(monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(phantom_sets.np, "savez", full)
    assert len(phantom_sets.training_phantoms(20, 32, workers=1)) == 20


@pytest.mark.usefixtures("cache")
def test_phantoms_as_data():
    training, validation = load_data(DataChoice(count=20), 32, 0.25, 1)
    assert len(training) + len(validation) == 20
    assert not set(training.groups) & set(validation.groups)
    summary = describe_data(DataChoice(count=41))
    assert (summary.images, summary.licence) == (41, "Apache-2.0")
    assert peek(DataChoice(), 4, 32).grey.shape == (4, 32, 32)


def test_server_folder(radiographs, monkeypatch):
    monkeypatch.setenv("XRAY_DATA_DIR", str(radiographs))
    assert list_server_folders() == ["mine"]
    choice = DataChoice("folder", None, "mine")
    summary = describe_data(choice)
    assert summary.counts == {"NORMAL": 12, "PNEUMONIA": 12}
    assert "ask whoever runs this server" in summary.licence
    training, validation = load_data(choice, 32, 0.25, 1)
    assert len(training) + len(validation) == 24
    assert set(peek(choice, 4, 32).labels) == {0, 1}
    for path in ("../mine", "/etc", "other", None):
        outside = DataChoice("folder", None, path)
        assert describe_data(outside).problems
        with pytest.raises(InvalidDataset, match="no such folder"):
            load_data(outside, 32, 0.25, 1)


def test_a_part_of_a_server_folder(radiographs, monkeypatch):
    monkeypatch.setenv("XRAY_DATA_DIR", str(radiographs))
    choice = DataChoice("folder", 20, "mine")
    assert describe_data(choice).counts == {"NORMAL": 10, "PNEUMONIA": 10}
    assert "20 of its 24 images" in describe_data(choice).note
    told = []
    parts = load_data(choice, 32, 0.25, 1, lambda *step: told.append(step))
    assert sum(map(len, parts)) == 20
    assert told[-1][3] == "Reading radiographs: 20 of 20 files."


def test_a_server_folder_with_parts_a_licence_and_a_broken_file(tmp_path, monkeypatch):
    monkeypatch.setenv("XRAY_DATA_DIR", str(tmp_path))
    root = tmp_path / "Chest"
    files = {
        **class_files(11, "train/{label}/{seed}.png"),
        **class_files(3, "val/{label}/{seed}.png", first=30),
        **class_files(2, "test/{label}/{seed}.png", first=60),
        "train/NORMAL/broken.png": b"x",
        "train/NORMAL/notes.txt": b"x",
    }
    for name, data in files.items():
        path = root / name.lower().replace("normal", "Normal")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    (root / "LICENSE").write_text("CC BY 4.0\n\nSomebody")
    assert list_server_folders() == ["Chest"]
    choice, warned = DataChoice("folder", None, "Chest"), []
    assert describe_data(choice).licence == "CC BY 4.0 Somebody"
    assert describe_data(choice).counts == {"NORMAL": 15, "PNEUMONIA": 14}
    training, validation = load_data(choice, 32, 0.25, 1, warn=lambda *said: warned.append(said))
    assert (len(training), len(validation)) == (22, 6)
    named = "train/Normal/broken.png, train/Normal/notes.txt"
    assert warned == [("files", f"Left out, because they could not be read as images: 2 files ({named}).")]


def test_without_a_server_folder(monkeypatch):
    monkeypatch.delenv("XRAY_DATA_DIR", raising=False)
    assert list_server_folders() == []


def test_an_archives_images_must_be_given():
    with pytest.raises(InvalidDataset, match="give that ZIP archive"):
        load_data(DataChoice("zip", None, "films.zip"), 32, 0.25, 1)
