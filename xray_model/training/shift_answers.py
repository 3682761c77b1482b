"""A network's answers to films as taken and, a choice of them from each group, under simulated acquisition shifts."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from xray_model.augmentation.policy import AugmentationPolicy
from xray_model.bundles.validation_answers import OWN, ValidationAnswers, join
from xray_model.datasets.kermany_series import film_groups
from xray_model.datasets.labelled_images import LabelledImages
from xray_model.evaluation.groups import AS_TAKEN
from xray_model.recipes.config import TrainingConfig
from xray_model.training.acquisition_shift import shifted
from xray_model.training.answers import Network, pooled_answers

MOST = 300  # films of a group that are answered under each shift: an interval of 2 to 3 points around 95 %
SEED = 10

Conditions = Mapping[str, AugmentationPolicy]


def answer_under_shift(
    network: Network, images: LabelledImages, config: TrainingConfig, conditions: Conditions, fold: int = OWN
) -> tuple[ValidationAnswers, NDArray[np.float32]]:
    """(rows whose `log_odds` are the network's logits, pooled as the settings say; evidence (n, h, w) as taken).

    conditions: name -> policy of each shift. fold: the series that the network saw nothing of.
    """
    groups = np.array(film_groups(images))
    _, patients = np.unique(images.groups, return_inverse=True)
    every = np.arange(len(images))

    def rows(condition: str, films: NDArray[np.intp], logits: NDArray[np.float32]) -> ValidationAnswers:
        return ValidationAnswers(
            film=films,
            patient=patients[films],
            label=images.labels[films],
            group=groups[films],
            condition=np.full(len(films), condition),
            fold=np.full(len(films), fold, np.int8),
            log_odds=logits.astype(np.float64),
        )

    logits, evidence = pooled_answers(network, images.grey, config)
    parts, films = [rows(AS_TAKEN, every, logits)], some_of_each(groups)
    for condition, policy in conditions.items():
        hard = shifted(images.take(films), policy)
        parts.append(rows(condition, films, pooled_answers(network, hard.grey, config)[0]))
    return join(parts), evidence


def some_of_each(groups: NDArray[np.str_]) -> NDArray[np.intp]:
    """Indices, ascending, of at most `MOST` films of each group, always the same ones."""
    rng = np.random.default_rng(SEED)
    chosen = [rng.permutation(np.flatnonzero(groups == group))[:MOST] for group in np.unique(groups)]
    return np.sort(np.concatenate(chosen))
