"""Answers across series: how a recipe does on films of a series it never saw; thresholds are chosen on these.

A random cut of one folder is too easy, for its two sides are alike. So the recipe is run twice more, each time without
one of the two series, and every film is answered by the network that learned nothing from its series.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from xray_model.datasets.kermany_series import series_of
from xray_model.datasets.labelled_images import LabelledImages, concatenate
from xray_model.datasets.splitting import split_images
from xray_model.evaluation.calibration import fit_calibration
from xray_model.recipes.config import TrainingConfig
from xray_model.training.acquisition_shift import shifted
from xray_model.training.answers import keras_answers, pooled_answers
from xray_model.training.loop import train_classifier


def answer_across_series(
    config: TrainingConfig, images: LabelledImages, beside: Sequence[LabelledImages] = ()
) -> SeriesAnswers:
    """Run the recipe without each series in turn; images whose names tell none are left out of the answers.

    images: with both labels in both series (`has_two_series`). beside: phantoms, learned from every time.
    """
    series = series_of(images.groups)
    log_odds = np.zeros(len(images))
    for left_out in (0, 1):
        sys.stderr.write(f"Without series {left_out + 1} of 2, to see how the recipe does on it.\n")
        others, judged = images.take(np.flatnonzero(series != left_out)), series == left_out
        log_odds[judged] = _answers(config, others, beside, images.grey[judged])
    told = np.flatnonzero(series >= 0)
    return SeriesAnswers(images.take(told), log_odds[told])


def _answers(
    config: TrainingConfig, images: LabelledImages, beside: Sequence[LabelledImages], judged: NDArray[np.uint8]
) -> NDArray[np.float64]:
    """Log odds (n,) of `judged` from a network that learned from `images` and was calibrated as a bundle's is."""
    training, validation = split_images(images, config.validation_share, config.seed)
    learned = concatenate([training, *beside])
    with tempfile.TemporaryDirectory() as folder:
        network = keras_answers(train_classifier(config, learned, validation, Path(folder)))
    hard, _ = pooled_answers(network, shifted(validation).grey, config)
    calibration = fit_calibration(hard, validation.labels)
    return calibration.log_odds(pooled_answers(network, judged, config)[0])


@dataclass(frozen=True, eq=False)
class SeriesAnswers:
    """What networks that never saw an image's series say about it. log_odds: calibrated on other series, (n,)."""

    images: LabelledImages
    log_odds: NDArray[np.float64]
