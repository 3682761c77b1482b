"""The learning-rate range test (Smith, WACV 2017) of a network that is compiled."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from xray_model.recipes.range_test import HIGHEST, LOWEST, STEPS

WORST = 100.0  # a loss that is no number any more, as JSON knows none

Batch = tuple[Any, NDArray[np.float32], NDArray[np.float32] | None]  # (inputs, labels (n, 1), their weights (n,))


def range_test(network: keras.Model, batches: Iterable[Batch], judged: Batch) -> Iterator[dict[str, Any]]:
    """A `sweep` event for each rate: a step at it on the next batch, then the loss of all that is judged.

    The loss of the batch itself would jump from batch to batch and need smoothing. network: compiled with a constant
    rate; it learns. batches: as many as there are rates, or more.
    """
    rates = np.geomspace(LOWEST, HIGHEST, STEPS)
    for rate, (inputs, labels, weights) in zip(rates, batches, strict=False):
        network.optimizer.learning_rate.assign(rate)
        network.train_on_batch(inputs, labels, sample_weight=weights)
        yield {"kind": "sweep", "rate": float(rate), "loss": _loss(network, judged)}


def _loss(network: keras.Model, judged: Batch) -> float:
    """Without dropout, which would make it jump; but batch normalisation has met too few batches yet to do without."""
    inputs, labels, weights = judged
    is_normalised = any(isinstance(layer, keras.layers.BatchNormalization) for layer in network.layers)
    found = network.compute_loss(inputs, labels, network(inputs, training=is_normalised), weights)
    return float(np.nan_to_num(float(found), nan=WORST, posinf=WORST))
