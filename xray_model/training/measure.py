"""How well a calibrated network does: the figures of its card, on each set of images and on phantoms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xray_model.datasets.kermany_series import series_of
from xray_model.datasets.labelled_images import LabelledImages
from xray_model.evaluation.metrics import evaluate_probabilities
from xray_model.evaluation.operating_points import BALANCED
from xray_model.evaluation.pointing_game import run_phantom_trial
from xray_model.recipes.config import TrainingConfig
from xray_model.training.answers import Network, pooled_answers
from xray_model.training.decisions import Decisions


def image_figures(probabilities: NDArray[np.float64], images: LabelledImages, decisions: Decisions) -> dict[str, Any]:
    """Figures of calibrated probabilities (n,) of labelled images, for JSON."""
    figures = evaluate_probabilities(
        probabilities, images.labels, images.groups, decisions.points, BALANCED, decisions.band
    )
    return figures | {"subgroups": _subgroups(probabilities >= decisions.threshold, images)}


def phantom_figures(
    network: Network, seeds: Sequence[int], config: TrainingConfig, decisions: Decisions
) -> dict[str, Any]:
    """Figures of the phantoms of these seeds, and how often the map points at their opacity; for JSON."""

    def answer(grey: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
        logits, evidence = pooled_answers(network, grey.astype(np.uint8), config)
        return decisions.calibration.probability(logits), evidence

    return run_phantom_trial(answer, seeds, config.input_size, decisions.threshold).to_dict()


def _subgroups(called: NDArray[np.bool_], images: LabelledImages) -> dict[str, dict[str, Any]]:
    """Share called right of each group that the file names tell (bacterial, viral; the series of films): sensitivity of
    those with pneumonia, specificity of the others. Age and sex are not in this data set."""
    ill, series = images.labels > 0, series_of(images.groups)
    groups = {kind: ill & [f"_{kind}_" in name for name in images.names] for kind in ("bacteria", "virus")}
    for which, words in enumerate(("first series", "second series")):
        groups |= {f"PNEUMONIA, {words}": ill & (series == which), f"NORMAL, {words}": ~ill & (series == which)}
    return {
        group: {"n": int(members.sum()), "right": float(np.mean(called[members] == ill[members]))}
        for group, members in groups.items()
        if members.any()
    }
