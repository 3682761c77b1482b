"""Keras metrics of a run, counted against the nearer label: mixup's blended labels equal no prediction."""

from __future__ import annotations

from typing import Any

import keras


class _NearerLabel(keras.metrics.Metric):
    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Add a batch: labels and scores (b, 1) in [0, 1]."""
        super().update_state(keras.ops.round(y_true), y_pred, sample_weight)


class HardAccuracy(_NearerLabel, keras.metrics.BinaryAccuracy):
    """Share of images called right at a score of 0.5."""


class HardAUC(_NearerLabel, keras.metrics.AUC):
    """Area under the ROC curve."""


class Sensitivity(_NearerLabel, keras.metrics.Recall):
    """Share of PNEUMONIA images called PNEUMONIA at a score of 0.5."""


class Specificity(Sensitivity):
    """Share of NORMAL images called NORMAL at a score of 0.5: the sensitivity of the other label."""

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Add a batch: labels and scores (b, 1) in [0, 1]."""
        super().update_state(1 - y_true, 1 - y_pred, sample_weight)


METRICS = {"accuracy": HardAccuracy, "auc": HardAUC, "sensitivity": Sensitivity, "specificity": Specificity}
