"""ImageNet weights from a server on this machine into Keras' cache: whole, or not at all."""

import pytest

from tests.support.weights_server import WEIGHTS
from xray_model.errors import WeightsUnavailable
from xray_model.recipes import imagenet_download
from xray_model.recipes.imagenet_download import PLACES, download_imagenet, main
from xray_model.recipes.presets import has_imagenet, quick

CONFIG = quick("imagenet")


def test_weights_come_into_keras_cache_once(imagenet_cache, imagenet_server):
    told = []
    file = download_imagenet(CONFIG, lambda *step: told.append(step))
    assert file.parent == imagenet_cache
    assert file.read_bytes() == WEIGHTS
    assert imagenet_server.asked == [f"/{PLACES['MobileNetV2']}/{file.name}"]
    assert told[-1] == (len(WEIGHTS), len(WEIGHTS))
    assert len(told) > 1
    assert has_imagenet()
    assert download_imagenet(CONFIG) is None
    assert len(imagenet_server.asked) == 1


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ((b"<html>sign in</html>", 20), "no weights file"),
        ((WEIGHTS[:1000], len(WEIGHTS)), "could not be downloaded"),
        ((b"", 0), "could not be downloaded"),
    ],
)
def test_what_is_not_whole_is_not_kept(imagenet_cache, imagenet_server, answer, why):
    imagenet_server.answer = answer
    with pytest.raises(WeightsUnavailable, match=why):
        download_imagenet(CONFIG)
    assert list(imagenet_cache.iterdir()) == []


@pytest.mark.usefixtures("imagenet_cache", "imagenet_server")
def test_make_app_says_so_and_goes_on_without_a_network(monkeypatch, capsys):
    assert main() == 0
    assert "once (9 MB)" in capsys.readouterr().out
    assert main() == 0
    assert capsys.readouterr().out == ""
    monkeypatch.setattr(imagenet_download, "ORIGIN", "http://127.0.0.1:9")
    monkeypatch.setattr(imagenet_download, "needs_download", lambda _: True)
    assert main() == 0
    assert "could not be downloaded. The app works without" in capsys.readouterr().out
