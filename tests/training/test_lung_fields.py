"""The lungs of a set of images: found once each, kept at a bit a pixel."""

import numpy as np

from xray_model.datasets.phantom_sets import shipped_phantoms
from xray_model.training import lung_fields as lung_pooling
from xray_model.training.lung_fields import LungFields, lung_fields


def test_lungs_are_found_once_and_kept_as_they_were(monkeypatch):
    grey = shipped_phantoms(5, 100).grey  # 10,000 pixels
    expected, asked = lung_fields(grey), []
    assert 0.1 < expected.mean() < 0.7

    def counted(some):
        asked.append(len(some))
        return lung_fields(some)

    monkeypatch.setattr(lung_pooling, "lung_fields", counted)
    fields = LungFields(grey)
    assert asked == []
    np.testing.assert_array_equal(fields[3], expected[3])
    for _ in range(2):
        np.testing.assert_array_equal(fields.of(slice(1, None)), expected[1:])
    assert asked == [1] * 4
    assert sum(kept.nbytes for kept in fields._kept.values()) == 4 * 10_000 / 8
    assert (fields[0].dtype, fields[0].shape) == (np.uint8, (100, 100))
