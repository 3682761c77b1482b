"""The proof with real networks: the shipped one, and the same with random weights, which must not be believed."""

from __future__ import annotations

import numpy as np
import pytest

import xray_model
from xray_model.bundles.shuffled import shuffled
from xray_model.inference.analyze import analyze
from xray_model.inference.prove import asker, prove


@pytest.fixture(scope="module")
def bundle():
    return xray_model.load_bundle()


def radiograph(finding: str, seed: int = 302) -> xray_model.Radiograph:
    return xray_model.Radiograph.from_array(xray_model.draw_phantom(seed, finding, 256).pixels)


def test_the_film_itself_is_asked_about_first(bundle):
    analysis = analyze(radiograph("patchy"), bundle)
    grey = analysis.radiograph.grey(bundle.card.input_size)
    [answer] = asker(bundle, analysis.field)(grey[None])
    assert answer == pytest.approx(analysis.prediction.probability, abs=1e-6)


def test_the_shipped_network_is_supported_by_an_opacity(bundle):
    found = prove(analyze(radiograph("patchy"), bundle), bundle)
    assert found.level(bundle.card.operating_point().threshold) == "well supported"
    assert found.passes < 200


@pytest.mark.parametrize("seed", [0, 1])
def test_a_network_with_random_weights_is_not_supported(bundle, seed):
    random = shuffled(bundle, seed=seed)
    found = prove(analyze(radiograph("patchy"), random), random)
    assert not np.allclose(found.probability, analyze(radiograph("patchy"), bundle).prediction.probability)
    assert found.level(0.0) == "not supported"
    assert found.level(1.0) == "cannot be tested"


def test_shuffling_begins_at_the_head(bundle):
    grey = radiograph("lobar").grey(bundle.card.input_size)[None]
    before, head, two = (one.runtime.forward(grey) for one in (bundle, shuffled(bundle, 1), shuffled(bundle, 2)))
    assert np.array_equal(head.feature_map, before.feature_map)
    assert np.allclose(np.sort(head.pooler_gradient), np.sort(before.pooler_gradient))
    assert not np.allclose(head.pooler_gradient, before.pooler_gradient)
    assert not np.allclose(two.feature_map, before.feature_map)
