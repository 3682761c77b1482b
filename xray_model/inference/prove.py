"""The proof for one film, with a bundle's network as the one who is asked."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from xray_model.bundles.bundle import Bundle
from xray_model.bundles.card import ModelCard
from xray_model.evaluation.prevalence import at_prevalence
from xray_model.explanation.lung_pooling import pool_over_lungs
from xray_model.explanation.proof import Probabilities, Proof
from xray_model.explanation.proof import prove as measure
from xray_model.inference.analyze import Analysis


def prove(analysis: Analysis, model: Bundle) -> Proof:
    """Hide and show parts of a film that was analyzed, and see how the answer changes: about 180 passes.

    The lungs stay where they were found: only what the network sees changes. Probabilities are told for the card's own
    prevalence; `proof_at` tells them for another.
    """
    size = model.card.input_size
    grey = analysis.radiograph.squeezed(size).grey(size)
    return measure(grey, analysis.field, analysis.evidence, analysis.heatmap, asker(model, analysis.field))


def proof_at(proof: Proof, prevalence: float, card: ModelCard) -> Proof:
    """The proof with its probabilities told for a prevalence, as those of a `Prediction` are."""
    return proof.told(lambda probabilities: at_prevalence(probabilities, prevalence, card.prevalence))


def asker(model: Bundle, field: NDArray[np.bool_] | None) -> Probabilities:
    """The network as a function of pictures alone, its answers pooled over lungs that stay where they are."""

    def ask(pictures: NDArray[np.float32]) -> NDArray[np.float64]:
        forward = model.runtime.forward(pictures)
        logits = [float(logit) for logit in forward.logit]
        if field is not None:
            evidence = forward.evidence()
            logits = [pool_over_lungs(one, logit, field)[0] for one, logit in zip(evidence, logits, strict=True)]
        return model.card.calibration.probability(logits)

    return ask
