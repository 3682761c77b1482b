"""Figures, ROC curve and calibration of a model's probabilities on labelled images."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BINS = 10


@dataclass(frozen=True, eq=False)
class Measured:
    """A model's probabilities (n,) for images with labels (n,), 1 being PNEUMONIA, and its threshold."""

    labels: NDArray[np.int8]
    probabilities: NDArray[np.float64]
    threshold: float

    @property
    def called(self) -> NDArray[np.bool_]:
        """Whether each image is called PNEUMONIA, (n,)."""
        return self.probabilities >= self.threshold

    def cell(self, truth: int, called: int) -> NDArray[np.intp]:
        """Indices of the images in one cell of the confusion matrix, the surest first."""
        found = np.flatnonzero((self.labels == truth) & (self.called == bool(called)))
        order = np.argsort(self.probabilities[found], kind="stable")
        return found[order[::-1] if called else order]

    def mistakes(self) -> NDArray[np.intp]:
        """Indices of the wrongly called images, the worst first."""
        wrong = np.flatnonzero(self.called != (self.labels > 0))
        return wrong[np.argsort(-np.abs(self.probabilities[wrong] - self.labels[wrong]), kind="stable")]

    def roc(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """(1 - specificity, sensitivity), each rising from 0 to 1, from the highest threshold to the lowest."""
        order = np.argsort(-self.probabilities, kind="stable")
        positive, last = self.labels[order] > 0, np.append(np.diff(self.probabilities[order]) != 0, True)
        hits, alarms = np.cumsum(positive)[last], np.cumsum(~positive)[last]  # equal probabilities are one step
        return np.append(0, alarms / max(1, alarms[-1])), np.append(0, hits / max(1, hits[-1]))

    def calibration(self) -> list[tuple[float, float, int]]:
        """(mean probability, share with pneumonia, images) of each tenth of [0, 1] that has any images."""
        bins = np.minimum((self.probabilities * BINS).astype(int), BINS - 1)
        found = [bins == number for number in range(BINS)]
        return [
            (float(self.probabilities[at].mean()), float((self.labels[at] > 0).mean()), int(at.sum()))
            for at in found
            if at.any()
        ]

    def figures(self) -> dict[str, float]:
        """AUC, and accuracy, sensitivity and specificity at the threshold, all in [0, 1]; NaN without images."""
        alarms, hits = self.roc()
        positive = self.labels > 0
        return {
            "AUC": float(np.trapezoid(hits, alarms)),
            "Accuracy": float((self.called == positive).mean()),
            "Sensitivity": float(self.called[positive].mean()) if positive.any() else float("nan"),
            "Specificity": float((~self.called[~positive]).mean()) if not positive.all() else float("nan"),
        }
