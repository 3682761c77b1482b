"""Where images come from, what is said before a run, and the script that says it in Keras."""

import dataclasses
import hashlib
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import numpy as np
import pytest
from PIL import Image

from xray_model import phantom_cache
from xray_model.augmentation import NONE
from xray_model.data_choice import DataChoice
from xray_model.data_summary import describe_data
from xray_model.errors import InvalidConfig, InvalidDataset
from xray_model.phantoms import draw_phantom
from xray_model.pneumoniamnist import download_pneumoniamnist, load_pneumoniamnist
from xray_model.script import keras_script
from xray_model.server_folders import list_server_folders
from xray_model.training_checks import check_config
from xray_model.training_config import ARTICLE, QUICK, RADIOGRAPH, Phase, TrainingConfig
from xray_model.training_data import load_data, peek


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setattr(phantom_cache, "cache_folder", lambda: tmp_path / "phantoms")
    return tmp_path / "phantoms"


@pytest.fixture(scope="module")
def radiographs(tmp_path_factory):
    root = tmp_path_factory.mktemp("data")
    for label, finding in (("NORMAL", "none"), ("PNEUMONIA", "lobar")):
        (root / "mine" / label).mkdir(parents=True)
        for seed in range(12):
            Image.fromarray(draw_phantom(seed, finding, size=96).pixels).save(
                root / "mine" / label / f"{seed}{label}.png"
            )
    return root


def test_phantoms_are_drawn_once(cache):
    told = []
    first = phantom_cache.training_phantoms(60, 32, workers=1, advance=lambda *step: told.append(step))
    assert told == [(50, 60), (60, 60)]
    assert len(list(cache.iterdir())) == 2
    again = phantom_cache.training_phantoms(20, 32, advance=lambda *step: told.append(step))
    assert len(told) == 2
    np.testing.assert_array_equal(first.grey[:20], again.grey)
    assert first.names[:20] == again.names
    assert len(set(first.groups)) == 60


@pytest.mark.usefixtures("cache")
def test_a_full_disk_costs_time_only(monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(phantom_cache.np, "savez", full)
    assert len(phantom_cache.training_phantoms(20, 32, workers=1)) == 20


def test_choices_are_checked_and_survive_json():
    choice = DataChoice("phantoms", 40)
    assert DataChoice.from_dict(choice.to_dict()) == choice
    for wrong in ({"kind": "moon"}, {"count": 3}, {"size": 100}, {"colour": 1}):
        with pytest.raises(InvalidConfig):
            DataChoice.from_dict(wrong)


@pytest.mark.usefixtures("cache")
def test_phantoms_as_data():
    training, validation = load_data(DataChoice(count=40), 32, 0.25, 1)
    assert len(training) + len(validation) == 40
    assert not set(training.groups) & set(validation.groups)
    summary = describe_data(DataChoice(count=41))
    assert (summary.images, summary.licence) == (41, "Apache-2.0")
    assert peek(DataChoice(), 4, 32).grey.shape == (4, 32, 32)


def test_server_folder(radiographs, monkeypatch):
    monkeypatch.setenv("XRAY_DATA_DIR", str(radiographs))
    assert list_server_folders() == ["mine"]
    choice = DataChoice("folder", path="mine")
    assert describe_data(choice).counts == {"NORMAL": 12, "PNEUMONIA": 12}
    training, validation = load_data(choice, 32, 0.25, 1)
    assert len(training) + len(validation) == 24
    assert set(peek(choice, 4, 32).labels) == {0, 1}
    for path in ("../mine", "/etc", "other", None):
        outside = DataChoice("folder", path=path)
        assert describe_data(outside).problems
        with pytest.raises(InvalidDataset, match="no such folder"):
            load_data(outside, 32, 0.25, 1)


def test_without_a_server_folder(monkeypatch):
    monkeypatch.delenv("XRAY_DATA_DIR", raising=False)
    assert list_server_folders() == []


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
    assert sum("train" in name for name in images.names) == 40


def test_a_damaged_download_is_refused_and_removed(origin, tmp_path):
    with pytest.raises(InvalidDataset, match="wrong MD5"):
        download_pneumoniamnist(64, tmp_path / "d", origin=origin[0])
    assert [path for path in (tmp_path / "d").iterdir() if path.suffix != ".lock"] == []


def test_offline_says_what_works_instead(tmp_path):
    with pytest.raises(InvalidDataset, match="train on the phantoms"):
        download_pneumoniamnist(64, tmp_path, origin="http://127.0.0.1:9")


def replaced(**changes):
    return dataclasses.replace(QUICK, **changes)


def test_recipes_pass_the_check():
    for config in (QUICK, ARTICLE, RADIOGRAPH):
        check = check_config(config, DataChoice(), memory_limit_mb=8000)
        assert check.problems == ()
        assert check.seconds > 0
    assert check_config(QUICK, DataChoice()).seconds < 75
    assert check_config(ARTICLE, DataChoice()).seconds > 60 * check_config(QUICK, DataChoice()).seconds / 10


@pytest.mark.parametrize(
    ("config", "problem"),
    [
        (replaced(backbone="VGG16", last_layer=None), "bundled start weights belong to MobileNet"),
        (replaced(backbone="Inception"), "no backbone 'Inception'"),
        (replaced(batch=1024), "larger than the training set"),
        (replaced(input_size=16), "too small"),
    ],
)
def test_impossible_settings_are_refused(config, problem):
    assert any(problem in said for said in check_config(config, DataChoice()).problems)


def test_too_little_memory_is_a_problem():
    assert "this host gives 100 MB" in check_config(QUICK, DataChoice(), memory_limit_mb=100).problems[0]


@pytest.mark.parametrize(
    ("config", "warning"),
    [
        (replaced(weights=None), "starts from random numbers"),
        (replaced(phases=(Phase("all", 2, 1e-2, unfreeze="all"),)), "forget"),
        (replaced(weights="imagenet"), "downloaded"),
        (replaced(mixup=0.2), "cannot be cached"),
        (ARTICLE, "heart to the right"),
        (ARTICLE, "minutes"),
    ],
)
def test_foolish_settings_are_warned_about(config, warning):
    assert any(warning in said for said in check_config(config, DataChoice()).warnings)


@pytest.mark.parametrize("config", [QUICK, ARTICLE, RADIOGRAPH])
def test_scripts_compile(config):
    compile(keras_script(config), "script", "exec")


def test_the_script_of_a_quick_run_runs(radiographs, tmp_path):
    config = TrainingConfig(
        **{"weights": "bundled", "last_layer": "conv_pw_11_relu", "input_size": 224, "augmentation": NONE, "batch": 8},
        phases=(
            Phase("head", 1, 1e-3, schedule="plateau", early_stopping=2),
            Phase("all", 1, 1e-5, unfreeze="conv_dw_11"),
        ),
        validation_share=0.25,
    )
    from xray_model.bundle_folders import WEIGHTS

    (tmp_path / "weights").symlink_to(WEIGHTS)
    (tmp_path / "script.py").write_text(keras_script(config))
    command = [sys.executable, "script.py", str(radiographs / "mine")]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert (tmp_path / "my_model.keras").is_file()
