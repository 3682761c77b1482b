"""The Home page says what the app is and is not, and quotes the card."""

from __future__ import annotations

import xray_model
from pages.ui.shared import wording
from tests.pages.conftest import open_page, text_of


def test_the_page_quotes_the_card_says_what_the_app_is_not_and_leads_on():
    card = xray_model.load_bundle().card
    app = open_page()
    points, figures, audited, judged = (table.value for table in app.table)
    for number, point in enumerate(card.operating_points):
        assert points["Threshold"].iloc[number] == wording.percent(point.threshold, 1)
        assert points["Sensitivity"].iloc[number].startswith(wording.percent(point.sensitivity, 1))
        assert points["Specificity"].iloc[number].startswith(wording.percent(point.specificity, 1))
    measured = [data for data in card.evaluation.values() if "auc" in data]
    for column, data in zip(figures.columns[1:], measured, strict=True):
        assert figures[column].iloc[0].startswith(f"{data['auc']['value']:.3f}")
    audit = xray_model.load_bundle().card.audit
    assert list(audited["Map"].str.lower()) == [name.lower() for name in audit["methods"]]
    former = card.judged["former"]["figures"]
    shown = dict(zip(judged["Figure"], judged.iloc[:, 1], strict=True))
    assert shown["AUC"].startswith(f"{former[0]['auc']['value']:.3f}")
    assert shown["Specificity"] == wording.percent(former[0]["specificity"]["value"], 1)
    assert "Not judged yet" in text_of(app)
    assert "The group served worst" in text_of(app)
    assert "Not a medical device" in text_of(app)
    assert app.main.get("page_link")
