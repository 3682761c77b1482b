"""Thresholds chosen on few images say that they cannot be trusted."""

from __future__ import annotations

import numpy as np
import pytest

from xray_model.datasets.labelled_images import LabelledImages
from xray_model.datasets.splitting import ENOUGH
from xray_model.training.decisions import calibrate
from xray_model.training.origin import BUNDLED_ORIGIN


@pytest.mark.parametrize(("of_a_label", "trusted"), [(ENOUGH - 1, False), (ENOUGH, True)])
def test_few_images_choose_no_threshold_that_can_be_trusted(of_a_label, trusted):
    labels = np.repeat([0, 1], of_a_label).astype(np.int8)
    names = tuple(f"{i}.png" for i in range(len(labels)))
    images = LabelledImages(np.zeros((len(labels), 8, 8), np.uint8), labels, names, names)
    logits = np.random.default_rng(0).normal(labels * 2 - 1, 1).astype(np.float32)
    decisions = calibrate(logits, images, None, BUNDLED_ORIGIN)
    assert len(decisions.points) == 3
    for point in decisions.points:
        assert ("no threshold chosen on them can be trusted" in point.data) != trusted
