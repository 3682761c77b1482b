"""ImageNet weights from a server on this machine into Keras' cache: whole, or not at all."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from xray_model.errors import WeightsUnavailable
from xray_model.recipes import imagenet_download
from xray_model.recipes.imagenet_download import HDF5, PLACES, download_imagenet, main
from xray_model.recipes.presets import has_imagenet, quick

WEIGHTS = HDF5 + bytes(300_000)
CONFIG = quick("imagenet")


@pytest.fixture
def kept(tmp_path, monkeypatch):
    """Keras' cache, empty, and no shared data."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.delenv("XRAY_DATA_DIR", raising=False)
    return tmp_path / "models"


@pytest.fixture
def server(monkeypatch):
    """A server that gives `answer`: (body, the length that it promises)."""

    class Handler(BaseHTTPRequestHandler):
        answer = (WEIGHTS, len(WEIGHTS))
        asked: list[str] = []  # noqa: RUF012

        def do_GET(self):
            self.asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Length", str(self.answer[1]))
            self.end_headers()
            self.wfile.write(self.answer[0])

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        monkeypatch.setattr(imagenet_download, "ORIGIN", f"http://127.0.0.1:{running.server_port}")
        yield Handler
        running.shutdown()


def test_weights_come_into_keras_cache_once(kept, server):
    told = []
    file = download_imagenet(CONFIG, lambda *step: told.append(step))
    assert file.parent == kept
    assert file.read_bytes() == WEIGHTS
    assert server.asked == [f"/{PLACES['MobileNetV2']}/{file.name}"]
    assert told[-1] == (len(WEIGHTS), len(WEIGHTS))
    assert len(told) > 1
    assert has_imagenet()
    assert download_imagenet(CONFIG) is None
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ((b"<html>sign in</html>", 20), "no weights file"),
        ((WEIGHTS[:1000], len(WEIGHTS)), "could not be downloaded"),
        ((b"", 0), "could not be downloaded"),
    ],
)
def test_what_is_not_whole_is_not_kept(kept, server, answer, why):
    server.answer = answer
    with pytest.raises(WeightsUnavailable, match=why):
        download_imagenet(CONFIG)
    assert list(kept.iterdir()) == []


@pytest.mark.usefixtures("kept", "server")
def test_make_app_says_so_and_goes_on_without_a_network(monkeypatch, capsys):
    assert main() == 0
    assert "once (9 MB)" in capsys.readouterr().out
    assert main() == 0
    assert capsys.readouterr().out == ""
    monkeypatch.setattr(imagenet_download, "ORIGIN", "http://127.0.0.1:9")
    monkeypatch.setattr(imagenet_download, "needs_download", lambda _: True)
    assert main() == 0
    assert "could not be downloaded. The app works without" in capsys.readouterr().out
