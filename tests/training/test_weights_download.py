"""A run whose start weights cannot be downloaded ends before it does anything, and says why."""

import socket
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from xray_model.cli import main
from xray_model.datasets.choice import DataChoice
from xray_model.errors import WeightsUnavailable
from xray_model.jobs.run_files import EVENTS, REQUEST, read_events, write_json
from xray_model.recipes.presets import ARTICLE
from xray_model.training import weights_download, worker
from xray_model.training.weights_download import check_download


@pytest.fixture(autouse=True)
def no_server(tmp_path, monkeypatch):
    """Nothing is kept here, and the server refuses connections."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr(weights_download, "ORIGIN", "http://127.0.0.1:9")
    return tmp_path


def test_a_server_that_says_anything_is_there(monkeypatch):
    with HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:  # answers HEAD with "501 Unsupported method"
        monkeypatch.setattr(weights_download, "ORIGIN", f"http://127.0.0.1:{server.server_port}")
        asked = threading.Thread(target=server.handle_request)
        asked.start()
        check_download(ARTICLE)
        asked.join()


def test_a_server_that_says_nothing_is_not_waited_for(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setattr(weights_download, "ORIGIN", f"http://127.0.0.1:{server.getsockname()[1]}")
        monkeypatch.setattr(weights_download, "PATIENCE", 0.2)
        with pytest.raises(WeightsUnavailable, match=r"no answer within|timed out"):
            check_download(ARTICLE)


def test_weights_that_are_here_need_no_server(no_server):
    (no_server / "models").mkdir()
    (no_server / "models" / "vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5").write_bytes(b"x")
    check_download(ARTICLE)


def test_the_command_line_refuses_before_it_reads_an_image(tmp_path, capsys):
    assert main(["train", str(tmp_path / "no folder"), "--recipe", "article"]) == 2
    assert "VGG16 could not be downloaded (Connection refused). Connect this machine" in capsys.readouterr().err


def test_the_training_process_fails_before_it_gets_images(tmp_path):
    request = {"config": ARTICLE.to_dict(), "data": DataChoice().to_dict(), "bundle": "mine-v1", "resume": False}
    write_json(tmp_path / REQUEST, request)
    worker.main(tmp_path)
    [told], _ = read_events(tmp_path / EVENTS, 0)
    assert told["state"] == "failed"
    assert "Connection refused" in told["sentence"]
