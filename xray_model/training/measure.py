"""How well a calibrated network does: the figures of its card, on each set of images and on phantoms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xray_model.bundles.card import SERIES, SHIFTED, VALIDATION
from xray_model.bundles.validation_answers import ValidationAnswers
from xray_model.evaluation.groups import cell_figures
from xray_model.evaluation.metrics import evaluate_probabilities
from xray_model.evaluation.operating_points import BALANCED
from xray_model.evaluation.pointing_game import run_phantom_trial
from xray_model.recipes.config import TrainingConfig
from xray_model.training.acquisition_shift import ALL
from xray_model.training.answers import Network, pooled_answers
from xray_model.training.decisions import Decisions


def answer_figures(decisions: Decisions) -> dict[str, Any]:
    """Figures of the answers that decisions were chosen on and of the network's own, for JSON.

    A set's figures are of films as taken; its `groups` tell of every group under every condition.
    """
    own, across = decisions.own, decisions.across
    figures = {
        VALIDATION: _figures(own.take(own.as_taken), decisions) | {"groups": _groups(own, decisions)},
        SHIFTED: _figures(own.take(own.condition == ALL), decisions),
    }
    if across is not None:
        figures[SERIES] = _figures(across.take(across.as_taken), decisions) | {"groups": _groups(across, decisions)}
    return figures


def phantom_figures(
    network: Network, seeds: Sequence[int], config: TrainingConfig, decisions: Decisions
) -> dict[str, Any]:
    """Figures of the phantoms of these seeds, and how often the map points at their opacity; for JSON."""

    def answer(grey: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
        logits, evidence = pooled_answers(network, grey.astype(np.uint8), config)
        return decisions.calibration.probability(logits), evidence

    return run_phantom_trial(answer, seeds, config.input_size, decisions.threshold).to_dict()


def _figures(rows: ValidationAnswers, decisions: Decisions) -> dict[str, Any]:
    patients = [str(patient) for patient in rows.patient]
    return evaluate_probabilities(rows.probability, rows.label, patients, decisions.points, BALANCED, decisions.band)


def _groups(rows: ValidationAnswers, decisions: Decisions) -> list[dict[str, Any]]:
    return cell_figures(rows.probability, rows.label, rows.group, rows.condition, decisions.points)
