"""The table of pages. That each page, opened first, has the whole frame is tested in a browser."""

from __future__ import annotations

from pages.ui.shared import frame
from tests.pages.conftest import ROOT


def test_the_table_of_pages_lists_every_page_and_each_is_short():
    files = {"app.py", *(f"pages/{path.name}" for path in (ROOT / "pages").glob("*.py"))}
    assert {page.path for page in frame.PAGES} == files
    assert all(len((ROOT / path).read_text(encoding="utf-8").splitlines()) <= 80 for path in files)
