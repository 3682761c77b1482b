"""Opening any page's address first shows the frame, the navigation and the notice."""

from __future__ import annotations

from pathlib import Path

import pytest

from pages.ui.shared import frame
from tests.pages.conftest import ROOT, open_page, text_of
from xray_model import NOTICE, NOTICE_SHORT

PATHS = [page.path for page in frame.PAGES]


@pytest.mark.parametrize("path", PATHS)
def test_every_page_opened_first_has_frame_navigation_and_notice(path):
    app = open_page(path)
    assert not app.exception
    assert NOTICE in text_of(app)
    sidebar = "\n".join(element.value for element in [*app.sidebar.markdown, *app.sidebar.caption])
    assert frame.APP_NAME in sidebar
    assert NOTICE_SHORT in sidebar
    assert len(app.sidebar.get("page_link")) == len(frame.PAGES)


def test_the_table_of_pages_lists_every_page_there_is():
    found = {"app.py"} | {f"pages/{path.name}" for path in (ROOT / "pages").glob("*.py")}
    assert set(PATHS) == found


def test_pages_are_short():
    for path in PATHS:
        assert len(Path(ROOT / path).read_text(encoding="utf-8").splitlines()) <= 80
