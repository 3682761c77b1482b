"""Whoever opens any page's own address first, on a server that nobody has visited, gets the whole frame."""

import urllib.request

import pytest

import xray_model
from pages.ui.shared import frame
from tests.support.everybody import LARGEST_SHIFT
from tests.support.server import running_server
from tests.support.tab import opened_tab

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("address", ["", "train", "evidence"])  # all begin alike: tests/pages/shared/test_frame.py
def test_frame_navigation_and_notice_are_sent(address, tmp_path):
    with running_server(tmp_path) as server:
        with urllib.request.urlopen(f"{server.url}/{address}") as page:
            assert frame.CSS in page.read().decode(), "in place before anything is drawn"
        tab = opened_tab(server.url, address)
        links = [link.label for link in tab.all("page_link")]
        assert links[-len(frame.PAGES) :] == [page.title for page in frame.PAGES], "the sidebar's, after the page's own"
        texts = "\n".join(tab.texts())
        assert frame.APP_NAME in texts
        assert f"{xray_model.NOTICE_SHORT}." in texts, "in the sidebar"
        assert xray_model.NOTICE in texts
        assert [heading.tag for heading in tab.all("heading")].count("h1") == 1
        assert tab.errors() == []
        assert "Traceback" not in server.log()


def test_a_browser_shows_them_and_nothing_jumps(visited):
    assert visited.links == len(frame.PAGES)
    assert frame.APP_NAME in visited.sidebar
    assert xray_model.NOTICE_SHORT in visited.sidebar
    assert xray_model.NOTICE in visited.first
    assert visited.heading == "Augmentation"
    assert visited.shifts <= LARGEST_SHIFT
