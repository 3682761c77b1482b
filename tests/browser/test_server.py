"""The running server, after real work: the modules it loaded, the files it wrote, and its log."""

import sys

import pytest

from tests.support.browser_files import phantom_png
from tests.support.server import running_server

pytestmark = pytest.mark.browser

HEAVY = {"tensorflow", "keras", "jax", "torch"}
HEAVY_LIBRARIES = ("/tensorflow/", "libtensorflow", "/jaxlib/", "/torch/")
OURS = {"server.log", "sitecustomize.py", "modules.json"}  # what the tests' own helper writes


def test_after_an_analysis_no_keras_is_loaded_no_file_written_and_no_name_logged(visit, tmp_path):
    """On a server of its own: training runs, which other tests start, do write files."""
    with running_server(tmp_path / "home") as server:
        visitor = visit(server.url).open()
        files = [phantom_png(tmp_path / f"{name}.png", seed=2) for name in ("Confidential Name", "other")]
        visitor.upload(*files)
        visitor.wait_for_images(2)
        assert len(visitor.figures()) == 2
        assert visitor.overlay().width
        modules = server.loaded_modules()
        assert "xray_model.bundles.litert" in modules, "the list is the working server's own"
        assert {name for name in modules if name.partition(".")[0] in HEAVY} == set()
        if sys.platform == "linux":  # the kernel's own word on it
            mapped = server.mapped_files()
            assert any("litert" in path for path in mapped)
            assert [path for path in mapped if any(part in path for part in HEAVY_LIBRARIES)] == []
        written = [path for path in server.folder.rglob("*") if path.is_file() and path.parent.name != "__pycache__"]
        assert {path.name for path in written} <= OURS
        assert not [word for word in ("Traceback", "Confidential", "other.png") if word in server.log()]
        visitor.context.close()  # before the server goes: a page that loses it complains
