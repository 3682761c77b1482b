"""What SECURITY.md promises names tests that exist, and figures that the code has."""

from __future__ import annotations

import re

import pytest

from pages.ui import intake
from tests.server import ROOT
from xray_model import apart, apart_worker, archives

TEXT = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
NAMED = re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", TEXT)


@pytest.mark.parametrize(("path", "test"), NAMED)
def test_the_tests_that_it_names_exist(path, test):
    assert f"def {test or 'test_'}" in (ROOT / path).read_text(encoding="utf-8")


def test_every_promise_names_a_test():
    rows = [line for line in TEXT.splitlines() if line.startswith("| ") and "promise | test" not in line]
    assert len(rows) > 5
    assert [row for row in rows if "`tests/" not in row] == []


def test_its_figures_are_those_of_the_code():
    for figure in (
        f"{intake.MAX_IMAGES} images and {intake.MAX_MEGABYTES} MB of pictures",
        f"{apart_worker.MEMORY / 2**30:.1f} GB of memory and {apart.SECONDS:.0f} seconds",
        f"{archives.MAX_BYTES // 2**20} MB each",
    ):
        assert figure in TEXT
