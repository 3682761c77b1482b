"""Answering a radiograph with a bundle: one pass gives probability, decision and evidence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xray_model.bundles.bundle import Bundle
from xray_model.bundles.card import POOLED, ModelCard
from xray_model.evaluation.operating_points import OperatingPoint
from xray_model.evaluation.prevalence import EQUAL, at_prevalence, check_prevalence
from xray_model.explanation.heatmap import Heatmap
from xray_model.explanation.lung_pooling import pool_over_lungs
from xray_model.imaging.radiograph import Radiograph
from xray_model.inference.gate import Admission, admit
from xray_model.labels import PNEUMONIA


@dataclass(frozen=True)
class Prediction:
    """A probability and the decision at an operating point. probability: calibrated, of PNEUMONIA, in [0, 1].

    prevalence: how common PNEUMONIA is where the probability holds. threshold: the operating point's, told for the same
    prevalence: both move together, so that the decision does not depend on it. unsure: whether the answer lies in the
    card's not-sure band.
    """

    logit: float
    probability: float
    label: str
    operating_point: OperatingPoint
    threshold: float
    unsure: bool = False
    prevalence: float = EQUAL


@dataclass(frozen=True, eq=False)
class Analysis:
    """The answer for one radiograph. evidence: (h, w), logits per cell, positive for PNEUMONIA.

    admission: what the gate found, None for a bundle without a gate. outside: share, in [0, 1], of the whole picture's
    evidence for PNEUMONIA that lies outside the lungs; None without lungs or evidence. field: the part of the picture
    that the answer was pooled over, None for all of it.
    """

    radiograph: Radiograph
    prediction: Prediction
    evidence: NDArray[np.float32]
    evidence_reference: float
    admission: Admission | None = None
    outside: float | None = None
    field: NDArray[np.bool_] | None = None

    @property
    def heatmap(self) -> Heatmap:
        """Evidence for PNEUMONIA."""
        return self.explain(PNEUMONIA)

    def explain(self, target: str = PNEUMONIA) -> Heatmap:
        """Grad-CAM for one label: of the logit for PNEUMONIA, of minus the logit for NORMAL."""
        return Heatmap.from_evidence(self.evidence, target, self.evidence_reference, self.field)


def analyze(
    radiograph: Radiograph, model: Bundle, operating_point: str | None = None, prevalence: float | None = None
) -> Analysis:
    """Probability, decision and evidence of one radiograph, from one pass through the network.

    operating_point: a name in the bundle's card, None for its default. prevalence: how common pneumonia is among the
    people photographed, a share from 0.01 to 0.9; None for the card's. Raises `InvalidConfig` for an unknown name or
    another share, and `RefusedRadiograph` for an image that does not show an upright frontal chest.
    """
    return next(analyze_many([radiograph], model, operating_point, prevalence))


def analyze_many(
    radiographs: Iterable[Radiograph],
    model: Bundle,
    operating_point: str | None = None,
    prevalence: float | None = None,
) -> Iterator[Analysis]:
    """`analyze` for any number of radiographs, lazily and in order; what is wrong with the options fails at once."""
    point = model.card.operating_point(operating_point)
    share = None if prevalence is None else check_prevalence(prevalence)
    return (_analyze(radiograph, model, point, share) for radiograph in radiographs)


def _analyze(radiograph: Radiograph, model: Bundle, point: OperatingPoint, prevalence: float | None) -> Analysis:
    small = radiograph.squeezed(model.card.input_size)  # once, and the same for both networks
    admission = admit(small, model.finder) if model.finder else None
    forward = model.runtime.forward(small.grey(model.card.input_size)[None])
    logit, evidence, field = float(forward.logit[0]), forward.evidence()[0], None
    outside = admission.lungs.share_outside(Heatmap.from_evidence(evidence, PNEUMONIA)) if admission else None
    if admission and model.card.lungs == POOLED:
        field = admission.lungs.field
        logit, evidence = pool_over_lungs(evidence, logit, field)
    prediction = predict(logit, model.card, point, prevalence)
    return Analysis(radiograph, prediction, evidence, model.card.evidence_reference, admission, outside, field)


def answer_pictures(pictures: NDArray[np.float32], model: Bundle) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    """(probabilities (n,), signed evidence (n, h, w)) of grey levels 0-255, float32 (n, size, size), in one batch.

    The probabilities hold for the card's prevalence.
    For experimental pictures: there is no gate, and a picture without lungs is answered as a whole.
    """
    forward = model.runtime.forward(pictures)
    logits, evidence = list(map(float, forward.logit)), list(forward.evidence())
    if model.finder and model.card.lungs == POOLED:
        for i, picture in enumerate(pictures):
            field = model.finder.find(np.clip(np.rint(picture), 0, 255).astype(np.uint8)).field
            logits[i], evidence[i] = pool_over_lungs(evidence[i], logits[i], field)
    return model.card.calibration.probability(logits), np.stack(evidence)


def predict(logit: float, card: ModelCard, point: OperatingPoint, prevalence: float | None = None) -> Prediction:
    """The prediction for a logit, decided at `point`, its probability told for a prevalence; None is the card's.

    The decision is one on the logit: it is taken at the card's own prevalence, whatever is asked for.
    """
    probability = float(card.calibration.probability(logit))
    unsure = card.not_sure is not None and card.not_sure.holds(probability)
    share = card.prevalence if prevalence is None else prevalence
    there, threshold = at_prevalence([probability, point.threshold], share, card.prevalence).tolist()
    return Prediction(logit, there, point.decide(probability), point, threshold, unsure, share)
