"""The running server, after real work: which modules it loaded, and what it wrote into its log."""

import sys

import pytest

from tests.support.browser_files import phantom_png
from tests.support.server import running_server

pytestmark = pytest.mark.browser

HEAVY = {"tensorflow", "keras", "jax", "torch"}
HEAVY_LIBRARIES = ("/tensorflow/", "libtensorflow", "/jaxlib/", "/torch/")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server of its own: training runs, which other tests start, do write files."""
    with running_server(tmp_path_factory.mktemp("analyzing")) as running:
        yield running


@pytest.fixture
def used_server(server, visit, tmp_path):
    """The server after it has analyzed a file, shown it, and handed out both downloads."""
    visitor = visit(server.url).open()
    visitor.upload(phantom_png(tmp_path / "Confidential Name.png", seed=2), phantom_png(tmp_path / "other.png", seed=4))
    visitor.wait_for_images(2)
    assert len(visitor.figures()) == 2
    assert visitor.overlay().width
    return server


def test_neither_tensorflow_nor_keras_is_loaded(used_server):
    modules = used_server.loaded_modules()
    assert "xray_model.bundles.litert" in modules, "the list is the working server's own"
    assert {name for name in modules if name.partition(".")[0] in HEAVY} == set()
    if sys.platform == "linux":  # the kernel's own word on it
        mapped = used_server.mapped_files()
        assert any("litert" in path for path in mapped)
        assert [path for path in mapped if any(part in path for part in HEAVY_LIBRARIES)] == []


def test_nothing_is_written_but_the_log(used_server):
    ours = {"server.log", "sitecustomize.py", "modules.json"}
    written = [path for path in used_server.folder.rglob("*") if path.is_file() and path.parent.name != "__pycache__"]
    assert {path.name for path in written} <= ours


def test_the_log_has_no_traceback_and_no_file_name(used_server):
    log = used_server.log()
    assert "Traceback" not in log
    assert "Confidential" not in log
    assert "other.png" not in log
