"""The running server, after real work: the modules that it loaded."""

import sys

import pytest

pytestmark = pytest.mark.browser

HEAVY = {"tensorflow", "keras", "jax", "torch"}
HEAVY_LIBRARIES = ("/tensorflow/", "libtensorflow", "/jaxlib/", "/torch/")


def test_after_analyses_and_downloads_no_keras_is_loaded(visited):
    modules = visited.server.loaded_modules()
    assert "xray_model.bundles.litert" in modules, "the list is the working server's own"
    assert {name for name in modules if name.partition(".")[0] in HEAVY} == set()
    if sys.platform == "linux":  # the kernel's own word on it
        mapped = visited.server.mapped_files()
        assert any("litert" in path for path in mapped)
        assert [path for path in mapped if any(part in path for part in HEAVY_LIBRARIES)] == []
