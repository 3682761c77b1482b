"""PneumoniaMNIST from a local server: progress, checksum, resuming, and what happens offline."""

import hashlib
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

import numpy as np
import pytest

from xray_model.datasets import pneumoniamnist
from xray_model.datasets.choice import DataChoice
from xray_model.datasets.load import load_data, peek
from xray_model.datasets.pneumoniamnist import download_pneumoniamnist, find_pneumoniamnist, load_pneumoniamnist
from xray_model.datasets.summary import describe_data
from xray_model.errors import InvalidDataset


@pytest.fixture
def origin(tmp_path):
    """(address, file content, first bytes requested, a switch that cuts the next reply short)."""
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


def test_the_original_parts_are_kept_and_a_sample_can_be_taken(origin, tmp_path, monkeypatch):
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


def test_the_counts_before_the_download_are_the_original_ones():
    assert describe_data(DataChoice("pneumoniamnist", None)).counts == {"NORMAL": 1349, "PNEUMONIA": 3883}


@pytest.mark.linux
def test_two_downloads_of_the_same_file_wait_for_each_other(origin, tmp_path):
    address, content, asked, _ = origin
    options = {"origin": address, "md5": hashlib.md5(content).hexdigest()}
    waiting = threading.Thread(target=download_pneumoniamnist, args=(64, tmp_path), kwargs=options)
    with pneumoniamnist._alone(tmp_path / "pneumoniamnist_64.part", None):
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


def test_a_damaged_file_is_refused(tmp_path):
    (tmp_path / "x.npz").write_bytes(b"no archive")
    with pytest.raises(InvalidDataset, match="Delete it and try again"):
        load_pneumoniamnist(tmp_path / "x.npz", 32)


def test_offline_the_phantoms_are_suggested(tmp_path):
    with pytest.raises(InvalidDataset, match="train on the phantoms"):
        download_pneumoniamnist(64, tmp_path, origin="http://127.0.0.1:9")
