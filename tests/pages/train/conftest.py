"""The Train page on a job centre that trains nothing."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.conftest import open_page
from tests.support.train_visit import PAGE


@pytest.fixture
def app(center) -> AppTest:
    """The page before any run."""
    assert not center.runs
    return open_page(PAGE)
