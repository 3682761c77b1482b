"""The proof on the Analyze page: asked for by a button, said beside the answer when it does not support it."""

from __future__ import annotations

from dataclasses import replace

import pytest

import xray_model
from pages.ui.shared import cache
from tests.pages.conftest import text_of
from xray_model.bundles.shuffled import shuffled


def test_it_appears_when_it_is_asked_for_and_goes_with_the_film(analyze_page):
    app = analyze_page.button(key="sample-13").click().run()
    assert "Well supported" not in text_of(app)
    app.button(key="prove").click().run()
    assert not app.exception
    assert "Well supported by the picture" in text_of(app)
    assert "Hiding the bright part of the map" in text_of(app)
    assert "CAM, Grad-CAM and HiResCAM are one and the same map" in text_of(app)
    assert not [warning for warning in app.warning if "Not supported" in warning.value]
    app.button(key="clear-all").click().run()
    assert app.session_state["session"].proofs == {}


@pytest.mark.parametrize("threshold", [0.0, 1.0])
def test_a_network_with_random_weights_is_called_out_beside_the_answer(analyze_page, monkeypatch, threshold):
    bundle = shuffled(xray_model.load_bundle())
    points = tuple(replace(point, threshold=threshold) for point in bundle.card.operating_points)
    monkeypatch.setattr(cache, "bundle", lambda: replace(bundle, card=replace(bundle.card, operating_points=points)))
    app = analyze_page.button(key="sample-13").click().run()
    app.button(key="prove").click().run()
    warned = [warning.value for warning in app.warning if "Not supported by the picture" in warning.value]
    assert len(warned) == (threshold == 0.0)
    assert ("Not supported by the picture" if threshold == 0.0 else "Cannot be tested by hiding") in text_of(app)
