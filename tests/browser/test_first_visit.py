"""Whoever opens any page's own address first, on a server that nobody has visited, gets the whole frame."""

import pytest
from playwright.sync_api import expect

import xray_model
from pages.ui.shared import frame
from tests.support.server import ROOT, running_server

pytestmark = pytest.mark.browser

PAGES = 1 + len(list((ROOT / "pages").glob("[!_]*.py")))


@pytest.mark.parametrize("address", ["", "train", "evidence"])  # all begin alike: tests/pages/shared/test_frame.py
def test_frame_navigation_and_notice_are_there(address, tmp_path, visit):
    with running_server(tmp_path) as server:
        visitor = visit(server.url).open(address)
        sidebar = visitor.page.get_by_test_id("stSidebar")
        expect(sidebar.get_by_test_id("stPageLink")).to_have_count(PAGES)
        expect(sidebar).to_contain_text(frame.APP_NAME)
        expect(sidebar).to_contain_text(xray_model.NOTICE_SHORT)
        assert xray_model.NOTICE in visitor.text()
        expect(visitor.page.get_by_role("heading", level=1)).to_be_visible()
        assert "Traceback" not in server.log()
        visitor.context.close()  # before the server goes: a page that loses it complains
