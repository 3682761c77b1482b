"""The gallery's small pictures are the phantoms that they stand for."""

import numpy as np
import pytest
from PIL import Image

import xray_model
from pages.ui.analyze import gallery


@pytest.mark.parametrize("sample", gallery.NAMED.values(), ids=lambda sample: str(sample.seed))
def test_a_thumbnail_is_its_phantom(sample):
    kept = np.asarray(Image.open(gallery.thumbnail(sample)))
    drawn = xray_model.draw_phantom(
        sample.seed, sample.finding, len(kept), xray_model.HOSPITALS[sample.hospital]
    ).pixels.astype(int)
    assert kept.shape == drawn.shape
    assert np.abs(kept - drawn).mean() < 0.1, "drawn anew? Save the new pictures over pages/ui/analyze/thumbnails"


def test_there_is_no_other_thumbnail():
    assert set(gallery.THUMBNAILS.iterdir()) == {gallery.thumbnail(sample) for sample in gallery.NAMED.values()}
