"""From a radiograph and a bundle to an answer: one pass gives probability, decision and evidence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xray_model.bundle import Bundle
from xray_model.heatmap import Heatmap
from xray_model.labels import PNEUMONIA
from xray_model.operating_points import OperatingPoint
from xray_model.radiograph import Radiograph


@dataclass(frozen=True)
class Prediction:
    """probability: calibrated, of PNEUMONIA, in [0, 1]. label: the decision at `operating_point`."""

    logit: float
    probability: float
    label: str
    operating_point: OperatingPoint


@dataclass(frozen=True, eq=False)
class Analysis:
    """One radiograph's answer. evidence: signed, (h, w), logits per cell, above 0 for PNEUMONIA."""

    radiograph: Radiograph
    prediction: Prediction
    evidence: NDArray[np.float32]
    evidence_reference: float

    @property
    def heatmap(self) -> Heatmap:
        """Evidence for PNEUMONIA."""
        return self.explain(PNEUMONIA)

    def explain(self, target: str = PNEUMONIA) -> Heatmap:
        """Grad-CAM of the logit for PNEUMONIA, of minus the logit for NORMAL; never of the saturated sigmoid."""
        return Heatmap.from_evidence(self.evidence, target, self.evidence_reference)


def analyze(radiograph: Radiograph, model: Bundle, operating_point: str | None = None) -> Analysis:
    """Probability, decision and evidence of one radiograph, from one pass through the network.

    operating_point: a name in the bundle's card, its default without one; raises `InvalidConfig` if unknown.
    """
    return next(analyze_many([radiograph], model, operating_point))


def analyze_many(
    radiographs: Iterable[Radiograph], model: Bundle, operating_point: str | None = None
) -> Iterator[Analysis]:
    """`analyze` for any number of radiographs, in their order, each as it comes; an unknown operating point at once."""
    point = model.card.operating_point(operating_point)  # here and not at the first image: a wrong name fails at once
    return (_analyze(radiograph, model, point) for radiograph in radiographs)


def _analyze(radiograph: Radiograph, model: Bundle, point: OperatingPoint) -> Analysis:
    forward = model.runtime.forward(radiograph.grey(model.card.input_size)[None])
    prediction = _predict(float(forward.logit[0]), model, point)
    return Analysis(radiograph, prediction, forward.evidence()[0], model.card.evidence_reference)


def _predict(logit: float, model: Bundle, point: OperatingPoint) -> Prediction:
    probability = float(model.card.calibration.probability(logit))
    return Prediction(logit, probability, point.decide(probability), point)
