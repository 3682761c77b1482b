"""SECURITY.md names tests that exist, and figures that the code has."""

from __future__ import annotations

import re

import pytest

from pages.ui.analyze import intake
from pages.ui.streamlit_patches import upload_memory
from tests.support.server import ROOT
from xray_model.imaging import sandbox, sandbox_worker, zip_archives

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
        f"{sandbox_worker.MEMORY / 2**30:.1f} GB of memory and {sandbox.SECONDS:.0f} seconds",
        f"A file has at most {zip_archives.MAX_BYTES // 2**20} MB",
        f"at most {upload_memory.MAX_WAITING_MEGABYTES} MB of a visitor's files wait",
    ):
        assert figure in TEXT


SHARED = re.compile(r"@(?:st\.cache_resource|st\.cache_data|lru_cache|cache)\b[^\n]*\ndef (\w+)")


def test_no_cache_that_visitors_share_takes_an_upload():
    """All shared caches; whoever adds one decides here whether it may hold a visitor's data."""
    found = {
        f"{path.relative_to(ROOT).as_posix()}:{name}"
        for path in (ROOT / "pages").rglob("*.py")
        for name in SHARED.findall(path.read_text(encoding="utf-8"))
    }
    assert found == {
        *(f"pages/ui/shared/cache.py:{name}" for name in ("bundle", "other_bundle", "phantom", "jobs", "take_up_runs")),
        "pages/ui/augmentation/source.py:_pick",
        "pages/ui/evidence/groups.py:outlined",
        "pages/ui/train/film/__init__.py:_ramp",
        "pages/ui/train/data.py:_examples",
        "pages/ui/home/showcase.py:exhibit",  # phantoms
        "pages/ui/booth/recording.py:scene",  # a lesson's run that is part of the repository
        "pages/ui/shared/page_log.py:_start",  # that the log has begun
        "pages/ui/shared/picture_budget.py:budget",  # how much memory each session's pictures take
        "pages/ui/shared/turns.py:turns",  # who is served next, without a name
        "pages/ui/shared/visitors.py:visitors",  # who is at the booth, to clear what they opened
        "pages/ui/game/cases.py:prepare",  # phantoms
        "pages/ui/game/highscores.py:highscores",  # three letters and the points of each, until midnight
    }
    examples = (ROOT / "pages/ui/train/data.py").read_text(encoding="utf-8")
    assert re.search(r'scope="session"\)\ndef _examples', examples), "kept for each visitor"
