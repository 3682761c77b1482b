"""The Home page shows the model at work, says what the app is and is not, and leads on."""

from __future__ import annotations

from tests.pages.conftest import open_page, text_of


def test_the_page_says_what_the_app_is_not_and_leads_on():
    app = open_page()
    assert not app.exception
    assert "Not a medical device" in text_of(app)
    links = {link.proto.page: link.proto.query_string for link in app.main.get("page_link")}
    assert set(links) >= {"analyze", "game", "train", "evidence"}
    assert links["evidence"] == "part=Model"
