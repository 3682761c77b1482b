"""Where images come from, what is said before a run, and the script that says it in Keras."""

import dataclasses
import hashlib
import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

import numpy as np
import pytest

from tests.labelled import class_files, save_class_folders
from xray_model import datasets, imagenet, phantom_cache, pneumoniamnist, shipped_phantoms, training_costs
from xray_model.augmentation import NONE
from xray_model.data_choice import DataChoice
from xray_model.data_summary import describe_data
from xray_model.errors import InvalidConfig, InvalidDataset
from xray_model.pneumoniamnist import download_pneumoniamnist, find_pneumoniamnist, load_pneumoniamnist
from xray_model.run_settings import RunSettings
from xray_model.script import keras_script
from xray_model.server_folders import list_server_folders
from xray_model.training_checks import check_config
from xray_model.training_config import ARTICLE, QUICK, RADIOGRAPH, RECIPES, Phase, TrainingConfig
from xray_model.training_data import load_data, peek

CHOICES = (
    DataChoice("phantoms", 40),
    DataChoice("pneumoniamnist", None, size=128),
    DataChoice("folder", 200, "mine"),
    DataChoice("zip", None, "films.zip", sha256="0" * 64),
)


@pytest.fixture(autouse=True)
def online(monkeypatch):
    """ImageNet's weights can be had, whatever this machine reaches."""
    monkeypatch.setattr(imagenet, "_refusal", lambda *_: None)


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty one, of small files with small phantoms, none of which ship."""
    monkeypatch.setattr(phantom_cache, "shipped_phantoms", lambda *_: None)
    monkeypatch.setattr(phantom_cache, "cache_folder", lambda: tmp_path / "phantoms")
    monkeypatch.setattr(phantom_cache, "CHUNK", 20)
    monkeypatch.setattr(datasets, "PHANTOM_SIZE", 64)
    return tmp_path / "phantoms"


@pytest.fixture(scope="module")
def radiographs(tmp_path_factory):
    root = tmp_path_factory.mktemp("data")
    save_class_folders(root / "mine", 12)
    return root


def test_phantoms_are_drawn_once(cache):
    told = []
    first = phantom_cache.training_phantoms(30, 32, workers=1, advance=lambda *step: told.append(step))
    assert told == [(20, 30), (30, 30)]
    assert len(list(cache.iterdir())) == 2
    again = phantom_cache.training_phantoms(10, 32, advance=lambda *step: told.append(step))
    assert len(told) == 2
    np.testing.assert_array_equal(first.grey[:10], again.grey)
    assert first.names[:10] == again.names
    assert len(set(first.groups)) == 30


def test_the_first_phantoms_ship_and_are_those_that_would_be_drawn(monkeypatch):
    monkeypatch.setattr(phantom_cache, "draw_chunk", lambda *_: pytest.fail("drawn"))
    shipped = phantom_cache.training_phantoms(600, 64)
    assert shipped.counts() == describe_data(DataChoice(count=600)).counts  # said before anything is opened
    assert phantom_cache.shipped_phantoms(2, 225) is None  # too small to be enlarged
    drawn = datasets.phantom_images(range(phantom_cache.VISITOR_SEEDS, phantom_cache.VISITOR_SEEDS + 2), 224)
    first = phantom_cache.training_phantoms(2, 224)
    assert (first.names, first.groups, first.labels.tolist()) == (drawn.names, drawn.groups, drawn.labels.tolist())
    assert np.abs(first.grey.astype(int) - drawn.grey).mean() < 2  # grey levels: JPEG's loss


def test_phantoms_beyond_those_that_ship_are_drawn(cache, monkeypatch):
    monkeypatch.setattr(phantom_cache, "shipped_phantoms", shipped_phantoms.shipped_phantoms)
    monkeypatch.setattr(shipped_phantoms, "FILE", cache / "few.zip")
    cache.mkdir()
    everything = datasets.phantom_images(range(shipped_phantoms.FIRST_SEED, shipped_phantoms.FIRST_SEED + 30), 64)
    shipped_phantoms.write_shipped(everything.take(range(20)), cache / "few.zip")
    told = []
    found = phantom_cache.training_phantoms(30, 64, workers=1, advance=lambda *step: told.append(step))
    assert found.names == everything.names
    np.testing.assert_array_equal(found.grey[20:], everything.grey[20:])
    assert told == [(30, 30)]


@pytest.mark.usefixtures("cache")
def test_a_full_disk_costs_time_only(monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(phantom_cache.np, "savez", full)
    assert len(phantom_cache.training_phantoms(20, 32, workers=1)) == 20


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
    assert warned == [("files", "Left out, because they could not be read: train/Normal/broken.png.")]


def test_without_a_server_folder(monkeypatch):
    monkeypatch.delenv("XRAY_DATA_DIR", raising=False)
    assert list_server_folders() == []


def test_an_archives_images_must_be_given():
    with pytest.raises(InvalidDataset, match="give their ZIP archive"):
        load_data(DataChoice("zip", None, "films.zip"), 32, 0.25, 1)


@pytest.fixture
def origin(tmp_path):
    """(address, file content, ranges asked for, a switch that cuts the next reply short)."""
    rng = np.random.default_rng(0)
    arrays = {
        f"{name}_{kind}": rng.integers(0, 255, (n, 64, 64), np.uint8) if kind == "images" else np.arange(n)[:, None] % 2
        for name, n in (("train", 40), ("val", 10), ("test", 6))
        for kind in ("images", "labels")
    }
    np.savez(tmp_path / "made.npz", **arrays)
    content, asked, cut = (tmp_path / "made.npz").read_bytes(), [], [False]

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            first = int((self.headers.get("Range") or "bytes=0-")[6:-1])
            asked.append(first)
            self.send_response(206 if first else 200)
            self.send_header("Content-Length", str(len(content) - first))
            self.end_headers()
            end = first + 1000 if cut.pop() else len(content)
            cut.append(False)
            self.wfile.write(content[first:end])

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", content, asked, cut
    server.shutdown()


def test_download_with_progress_checksum_and_resume(origin, tmp_path):
    address, content, asked, cut = origin
    options = {"origin": address, "md5": hashlib.md5(content).hexdigest()}
    cut[0] = True
    with pytest.raises(InvalidDataset, match="ended after 1,000 of"):
        download_pneumoniamnist(64, tmp_path / "d", **options)
    told = []
    file = download_pneumoniamnist(64, tmp_path / "d", on_progress=lambda *step: told.append(step), **options)
    assert asked == [0, 1000]
    assert told[-1] == (len(content), len(content))
    assert file.read_bytes() == content
    assert download_pneumoniamnist(64, tmp_path / "d", **options) == file
    assert len(asked) == 2
    images = load_pneumoniamnist(file, 32)
    assert images.grey.shape == (50, 32, 32)
    assert images.counts() == {"NORMAL": 25, "PNEUMONIA": 25}


def test_the_records_own_parts_are_kept_and_some_can_be_taken(origin, tmp_path, monkeypatch):
    address, content, *_ = origin
    monkeypatch.setenv("XRAY_PNEUMONIAMNIST_ORIGIN", address)
    monkeypatch.setitem(pneumoniamnist.MD5, 64, hashlib.md5(content).hexdigest())
    monkeypatch.setattr(pneumoniamnist, "default_folder", lambda: tmp_path)
    choice = DataChoice("pneumoniamnist", 20)
    assert peek(choice, 4, 32) is None
    assert "when a run begins: about 20 MB" in describe_data(choice).note
    told = []
    training, validation = load_data(choice, 32, 0.3, 1, lambda *step: told.append(step))
    assert told[-1][3].startswith("Downloading PneumoniaMNIST: 0 of 0 MB")
    assert [image.split("/")[1] for image in (training.names[0], validation.names[0])] == ["train", "val"]
    assert (len(training), len(validation)) == (16, 4)
    assert peek(choice, 4).counts() == {"NORMAL": 2, "PNEUMONIA": 2}
    assert "downloaded" not in describe_data(choice).note


def test_the_counts_that_are_said_before_are_the_records_own():
    assert describe_data(DataChoice("pneumoniamnist", None)).counts == {"NORMAL": 1349, "PNEUMONIA": 3883}


@pytest.mark.linux
def test_two_that_fetch_the_same_file_wait_for_each_other(origin, tmp_path):
    address, content, asked, _ = origin
    options = {"origin": address, "md5": hashlib.md5(content).hexdigest()}
    waiting = threading.Thread(target=download_pneumoniamnist, args=(64, tmp_path), kwargs=options)
    with pneumoniamnist._turn(tmp_path / "pneumoniamnist_64.part", None):
        waiting.start()
        time.sleep(0.2)
        assert asked == []
    waiting.join(20)
    assert asked == [0]
    assert find_pneumoniamnist(64, tmp_path).read_bytes() == content


def test_a_damaged_download_is_refused_and_removed(origin, tmp_path):
    with pytest.raises(InvalidDataset, match="wrong MD5"):
        download_pneumoniamnist(64, tmp_path / "d", origin=origin[0])
    assert find_pneumoniamnist(64, tmp_path / "d") is None
    assert not list((tmp_path / "d").glob("*.part"))


def test_a_file_that_is_no_longer_whole_is_said_so(tmp_path):
    (tmp_path / "x.npz").write_bytes(b"no archive")
    with pytest.raises(InvalidDataset, match="Delete it and try again"):
        load_pneumoniamnist(tmp_path / "x.npz", 32)


def test_offline_says_what_works_instead(tmp_path):
    with pytest.raises(InvalidDataset, match="train on the phantoms"):
        download_pneumoniamnist(64, tmp_path, origin="http://127.0.0.1:9")


def replaced(**changes):
    return dataclasses.replace(QUICK, **changes)


@pytest.fixture
def usual_machine(monkeypatch):
    """As fast as the one that the costs were measured on."""
    monkeypatch.setattr(training_costs, "machine_speed", lambda: training_costs.REFERENCE)


@pytest.mark.usefixtures("usual_machine")
def test_recipes_pass_the_check():
    for config in (QUICK, ARTICLE, RADIOGRAPH):
        check = check_config(config, DataChoice(), memory_limit_mb=8000)
        assert check.problems == ()
        assert check.seconds > 0
    assert check_config(QUICK, DataChoice()).seconds < 75
    assert check_config(ARTICLE, DataChoice()).seconds > 60 * check_config(QUICK, DataChoice()).seconds / 10


@pytest.mark.usefixtures("usual_machine")
@pytest.mark.parametrize("backbone", training_costs.COSTS)
def test_more_freedom_more_images_and_larger_batches_cost_more(backbone):
    def check(unfreeze="none", batch=8, count=600):
        phases = (Phase("one", 3, 1e-4, unfreeze=unfreeze),)
        config = TrainingConfig(backbone, None, phases=phases, batch=batch)
        return check_config(config, DataChoice(count=count))

    frozen, all_of_it, large, many = check(), check("all"), check("all", 64), check("all", 8, 2000)
    assert frozen.seconds < all_of_it.seconds < many.seconds
    assert frozen.memory_mb <= all_of_it.memory_mb < large.memory_mb
    assert all_of_it.memory_mb < many.memory_mb


def test_a_slower_machine_takes_longer(monkeypatch):
    monkeypatch.setattr(training_costs, "machine_speed", lambda: training_costs.REFERENCE)
    usual = check_config(ARTICLE, DataChoice()).seconds
    monkeypatch.setattr(training_costs, "machine_speed", lambda: training_costs.REFERENCE / 2)
    assert check_config(ARTICLE, DataChoice()).seconds == pytest.approx(2 * usual)


def test_this_machines_speed_is_a_sane_number():
    assert 1 < training_costs.machine_speed() < 100_000


@pytest.mark.parametrize(
    ("config", "problem"),
    [
        (replaced(backbone="VGG16", last_layer=None), "bundled start weights belong to"),
        (replaced(backbone="Inception"), "no backbone 'Inception'"),
        (replaced(batch=1024), "larger than what 600 images leave"),
        (replaced(input_size=16), "too small"),
        (replaced(weights="/etc/passwd"), "no start weights '/etc/passwd'"),
        (replaced(phases=(Phase("x", 1, 1e-3, unfreeze="block9"),)), "no block 'block9'"),
    ],
)
def test_impossible_settings_are_refused(config, problem):
    assert any(problem in said for said in check_config(config, DataChoice()).problems)


def test_weights_that_cannot_be_had_are_a_problem_with_a_way_out(monkeypatch):
    monkeypatch.setattr(imagenet, "_refusal", lambda *_: "Connection refused")
    [problem] = check_config(ARTICLE, DataChoice()).problems
    assert "VGG16 are not on this server" in problem
    assert "Connection refused" in problem
    assert "the recipe Quick" in problem
    assert check_config(QUICK, DataChoice()).problems == ()


def test_too_little_memory_is_a_problem():
    assert "this host gives 0.1 GB" in check_config(QUICK, DataChoice(), memory_limit_mb=100).problems[0]


@pytest.mark.parametrize(
    ("config", "warning"),
    [
        (replaced(weights=None), "starts from random numbers"),
        (replaced(phases=(Phase("all", 2, 1e-2, unfreeze="all"),)), "forget"),
        (replaced(phases=(Phase("head", 2, 0.1),)), "jump about"),
        (replaced(phases=(Phase("head", 3, 1e-3, early_stopping=3),)), "cannot act in a phase of 3"),
        (replaced(phases=(Phase("head", 3, 1e-3, schedule="plateau"),)), "does nothing in a phase of 3"),
        (replaced(mixup=0.2), "cannot be cached"),
        (replaced(class_weights=True), "one of them is enough"),
        (replaced(dropout=0.9), "hides most of the features"),
        (ARTICLE, "heart to the right"),
        (ARTICLE, "Fewer epochs or images are faster"),
    ],
)
def test_foolish_settings_are_warned_about(config, warning):
    assert any(warning in said for said in check_config(config, DataChoice()).warnings)


@pytest.mark.parametrize(
    ("config", "data", "warning"),
    [
        (QUICK, DataChoice(count=60), "60 images are few"),
        (replaced(validation_share=0.05), DataChoice(count=200), "hold back more"),
        (replaced(balanced=False), DataChoice("pneumoniamnist", None), "more than twice as frequent"),
    ],
)
def test_images_that_do_not_suit_are_warned_about(config, data, warning):
    assert any(warning in said for said in check_config(config, data).warnings)


@pytest.mark.parametrize("config", [QUICK, ARTICLE, RADIOGRAPH])
def test_scripts_compile(config):
    compile(keras_script(config), "script", "exec")


PLATEAU = Phase("head", 1, 1e-3, schedule="plateau", early_stopping=2)
SCRIPTS = {
    "bundled": replaced(augmentation=NONE, batch=8, phases=(PLATEAU,), validation_share=0.25),
    "article": TrainingConfig(
        **{"weights": None, "alpha": 0.25, "last_layer": "conv_pw_3_relu", "input_size": 64, "head": "article"},
        phases=(PLATEAU, Phase("fine-tune", 1, 1e-5, unfreeze="conv_dw_3", schedule="cosine")),
        optimizer="sgd",
        batch=8,
        validation_share=0.25,
        weight_averaging=0.9,
    ),
}


@pytest.mark.parametrize("config", SCRIPTS.values(), ids=SCRIPTS)
def test_a_script_runs_as_it_stands(config, radiographs, tmp_path, monkeypatch):
    """Here, not in a Python of its own, which would import Keras once more."""
    from xray_model.bundle_folders import WEIGHTS

    (tmp_path / "weights").symlink_to(WEIGHTS)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["script.py", str(radiographs / "mine")])
    exec(compile(keras_script(config), "script.py", "exec"), {"__name__": "__main__"})
    assert (tmp_path / "my_model.keras").is_file()
