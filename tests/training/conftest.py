"""What tests of training share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.two_series import save_two_series


@pytest.fixture(scope="session")
def two_series(tmp_path_factory) -> Path:
    """A folder with films of two series."""
    root = tmp_path_factory.mktemp("series")
    save_two_series(root)
    return root
