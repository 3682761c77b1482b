"""Answering a radiograph with a bundle: one pass gives probability, decision and evidence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xray_model.bundles.bundle import Bundle
from xray_model.bundles.card import POOLED, ModelCard
from xray_model.evaluation.operating_points import OperatingPoint
from xray_model.explanation.heatmap import Heatmap
from xray_model.explanation.lung_pooling import pool_over_lungs
from xray_model.imaging.radiograph import Radiograph
from xray_model.inference.gate import Admission, admit
from xray_model.labels import PNEUMONIA


@dataclass(frozen=True)
class Prediction:
    """A probability and the decision at an operating point. probability: calibrated, of PNEUMONIA, in [0, 1].

    unsure: whether the probability lies in the card's not-sure band.
    """

    logit: float
    probability: float
    label: str
    operating_point: OperatingPoint
    unsure: bool = False


@dataclass(frozen=True, eq=False)
class Analysis:
    """The answer for one radiograph. evidence: (h, w), logits per cell, positive for PNEUMONIA.

    admission: what the gate found, None for a bundle without a gate. outside: share, in [0, 1], of the whole picture's
    evidence for PNEUMONIA that lies outside the lungs; None without lungs or evidence. field: the part of the picture
    that the answer was pooled over, None for all of it. whole: the evidence before that, (h, w).
    """

    radiograph: Radiograph
    prediction: Prediction
    evidence: NDArray[np.float32]
    evidence_reference: float
    admission: Admission | None = None
    outside: float | None = None
    field: NDArray[np.bool_] | None = None
    whole: NDArray[np.float32] | None = None

    @property
    def heatmap(self) -> Heatmap:
        """Evidence for PNEUMONIA."""
        return self.explain(PNEUMONIA)

    def explain(self, target: str = PNEUMONIA) -> Heatmap:
        """Grad-CAM for one label: of the logit for PNEUMONIA, of minus the logit for NORMAL."""
        return Heatmap.from_evidence(self.evidence, target, self.evidence_reference, self.field, self.whole)


def analyze(radiograph: Radiograph, model: Bundle, operating_point: str | None = None) -> Analysis:
    """Probability, decision and evidence of one radiograph, from one pass through the network.

    operating_point: a name in the bundle's card, None for its default. Raises `InvalidConfig` for an unknown name and
    `RefusedRadiograph` for an image that does not show an upright frontal chest.
    """
    return next(analyze_many([radiograph], model, operating_point))


def analyze_many(
    radiographs: Iterable[Radiograph], model: Bundle, operating_point: str | None = None
) -> Iterator[Analysis]:
    """`analyze` for any number of radiographs, lazily and in order; an unknown operating point fails at once."""
    point = model.card.operating_point(operating_point)
    return (_analyze(radiograph, model, point) for radiograph in radiographs)


def _analyze(radiograph: Radiograph, model: Bundle, point: OperatingPoint) -> Analysis:
    small = radiograph.squeezed(model.card.input_size)  # once, and the same for both networks
    admission = admit(small, model.finder) if model.finder else None
    forward = model.runtime.forward(small.grey(model.card.input_size)[None])
    logit, evidence, field = float(forward.logit[0]), forward.evidence()[0], None
    whole = evidence
    outside = admission.lungs.share_outside(Heatmap.from_evidence(evidence, PNEUMONIA)) if admission else None
    if admission and model.card.lungs == POOLED:
        field = admission.lungs.field
        logit, evidence = pool_over_lungs(evidence, logit, field)
    prediction = predict(logit, model.card, point)
    return Analysis(radiograph, prediction, evidence, model.card.evidence_reference, admission, outside, field, whole)


def answer_pictures(pictures: NDArray[np.float32], model: Bundle) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    """(probabilities (n,), signed evidence (n, h, w)) of grey levels 0-255, float32 (n, size, size), in one batch.

    For experimental pictures: there is no gate, and a picture without lungs is answered as a whole.
    """
    forward = model.runtime.forward(pictures)
    logits, evidence = list(map(float, forward.logit)), list(forward.evidence())
    if model.finder and model.card.lungs == POOLED:
        for i, picture in enumerate(pictures):
            field = model.finder.find(np.clip(np.rint(picture), 0, 255).astype(np.uint8)).field
            logits[i], evidence[i] = pool_over_lungs(evidence[i], logits[i], field)
    return model.card.calibration.probability(logits), np.stack(evidence)


def predict(logit: float, card: ModelCard, point: OperatingPoint) -> Prediction:
    """The prediction for a logit, decided at `point`."""
    probability = float(card.calibration.probability(logit))
    unsure = card.not_sure is not None and card.not_sure.holds(probability)
    return Prediction(logit, probability, point.decide(probability), point, unsure)
