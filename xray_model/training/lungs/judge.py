"""What a trained lung finder is worth: its card, with the population check and the alarms that are fitted to it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from xray_model.bundles.finder_card import FinderCard
from xray_model.errors import InvalidDataset
from xray_model.evaluation.population import fit_population_check
from xray_model.explanation.lung_signs import SIGNS, fit_alarms, measure_signs
from xray_model.explanation.lungs import Lungs
from xray_model.imaging.resize import resize_grey
from xray_model.models.lung_finder import INPUT_SIZE, find_all
from xray_model.training.lungs.pairs import Pairs, draw_batches

LEAST_LUNG = 0.01  # of the picture; on a widely collimated film each lung may take little more
LEAST_CHEST = 0.6  # score of a frontal chest times certainty about its lungs
LESSONS = 4  # epochs drawn from held-out images
Images = NDArray[np.uint8]  # (n, s, s)


def judge(
    model: keras.Model, name: str, children: tuple[Images, Images], others: tuple[Images, Images], judged: Pairs
) -> FinderCard:
    """The card without its training facts.

    children, others: the population, and people outside of it: those learned from and those held out. judged: held-out
    children with masks.
    """
    found = [find_all(model, images) for images in (*children, *others)]
    known = [lungs.features for lungs in found[2] if lungs.smaller_area >= LEAST_LUNG]
    if not known:
        raise InvalidDataset("Lungs are found in too few images of other people for a population check: train longer.")
    features = [[lungs.features for lungs in some] for some in found[:2]]
    check = fit_population_check(features[0], known, features[1])
    alarms = fit_alarms(map(measure_signs, children[1], found[1]))
    today = datetime.now(UTC).date().isoformat()
    version = int(name.rpartition("-v")[2]) if name.rpartition("-v")[2].isdigit() else 0
    card = FinderCard(name, version, today, INPUT_SIZE, LEAST_LUNG, LEAST_CHEST, alarms, check)
    signs = list(map(measure_signs, others[1], found[3]))
    evaluation = {
        "outline": _outline(model, judged),
        "children": _count(card, found[1]),
        "adults": _count(card, found[3]),
        "adults_warned": {sign: sum(one[sign] > alarms[sign] for one in signs) for sign in SIGNS},
        "lessons": _judge_lessons(model, card, judged),
    }
    return replace(card, evaluation=evaluation)


def _outline(model: keras.Model, judged: Pairs) -> dict[str, float]:
    dice = [_dice(lungs, mask) for lungs, mask in zip(find_all(model, judged[0]), judged[1], strict=True)]
    return {"n": len(dice), "dice": float(np.mean(dice)), "dice_5th_percentile": float(np.quantile(dice, 0.05))}


def _count(card: FinderCard, found: list[Lungs]) -> dict[str, Any]:
    """How many are refused, and how many look unlike the population."""
    return {
        "n": len(found),
        "refused": sum(not card.shows_chest(lungs) for lungs in found),
        "flagged": sum(card.population.is_outside(lungs.features) for lungs in found),
    }


def _judge_lessons(model: keras.Model, card: FinderCard, judged: Pairs) -> dict[str, int]:
    """Lessons drawn from images not learned from: chests that are refused, and no chests that are answered."""
    counts = {"chests": 0, "refused": 0, "no_chests": 0, "answered": 0}
    for epoch in range(LESSONS):
        for images, truth in draw_batches(*judged, epoch):
            found = find_all(model, np.rint(images).astype(np.uint8))
            for lungs, is_chest in zip(found, truth["kind"][:, 0] > 0, strict=True):
                counts["chests" if is_chest else "no_chests"] += 1
                if card.shows_chest(lungs) != is_chest:
                    counts["refused" if is_chest else "answered"] += 1
    return counts


def _dice(lungs: Lungs, mask: Images) -> float:
    """Dice coefficient of the patches that were found, before hull and widening, and a mask (2, s, s), in [0, 1]."""
    truth, patches = np.asarray(mask.any(axis=0)), np.asarray(lungs.masks.any(axis=0))
    found = resize_grey(patches.astype(np.uint8) * 255, len(truth)) >= 128
    return float(2 * (found & truth).sum() / max(1, found.sum() + truth.sum()))
