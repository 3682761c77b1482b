"""The proof for one film: does the answer change when the part that the map calls important is hidden?

Everything is measured by asking the network again about changed pictures (Samek et al., IEEE TNNLS 2017; Petsiuk et
al., BMVC 2018; Zeiler & Fergus, ECCV 2014). A NORMAL answer rests on what is not there, and has no part to hide.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property, partial

import cv2
import numpy as np
from numpy.typing import NDArray

from xray_model.explanation import hiding
from xray_model.explanation.heatmap import Heatmap
from xray_model.explanation.lung_pooling import cell_shares
from xray_model.explanation.map_figures import rank_correlation

# float32 (n, size, size) grey levels -> calibrated probabilities of PNEUMONIA (n,)
Probabilities = Callable[[NDArray[np.float32]], NDArray[np.float64]]

MAP, LUNGS, RANDOM = ORDERS = ("map", "lungs", "random")
SHARES = (0.0, 0.025, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.6, 0.8, 1.0)  # of the lungs' area
DRAWS = 2  # of each random order
ELSEWHERE = 4  # random parts of the lungs to compare the bright part with
BRIGHT = 0.5  # of the summit: what counts as a bright part
BRIGHT_SHARES = (0.05, 0.40)  # of the lungs that it takes at least and at most
ACROSS = 12  # cells of the occlusion map in a row
WINDOW = 3  # cells that are hidden around each of them: a single one moves the answer no more than chance
IN_LUNGS = 0.25  # share of a cell in the lungs, from which on it is asked about
STRONG, SOME = np.log(8), np.log(2)  # by how much more the log odds fall for the bright part than for any other
AGREES = 0.4  # rank correlation of the two maps
WELL, PARTLY, NOT, UNTESTED = LEVELS = ("well supported", "partly supported", "not supported", "cannot be tested")
CERTAIN = 1e-12  # probabilities this close to 0 or 1 have the log odds of this


def log_odds(probability: NDArray[np.float64] | float) -> NDArray[np.float64]:
    """Log odds of probabilities, finite even at 0 and 1."""
    p = np.clip(np.asarray(probability, np.float64), CERTAIN, 1 - CERTAIN)
    return np.log(p) - np.log1p(-p)


@dataclass(frozen=True, eq=False)
class Proof:
    """What the network answered when parts of one film were changed; probabilities are of PNEUMONIA.

    probability: of the film as it is. bright: with the bright part of the map hidden; None for an empty map.
    bright_share: share of the lungs that it takes. elsewhere: with as much of the lungs hidden elsewhere, (n,) draws.
    deletion, insertion: a curve over `SHARES` for each of `ORDERS`; the first hides ever more of the film, the second
    shows ever more of it, over blurred lungs. occlusion: (ACROSS, ACROSS), by how much the log odds fall when the lungs
    around a cell are hidden; 0 outside the lungs. agreement: rank correlation of `occlusion` and Grad-CAM, the latter
    averaged over the same windows. passes: how often the network was asked.
    """

    probability: float
    bright: float | None
    bright_share: float
    elsewhere: NDArray[np.float64]
    deletion: dict[str, NDArray[np.float64]]
    insertion: dict[str, NDArray[np.float64]]
    occlusion: NDArray[np.float64]
    agreement: float
    passes: int

    @property
    def shares(self) -> tuple[float, ...]:
        """Shares of the lungs' area that the curves' points stand for."""
        return SHARES

    @cached_property
    def fall(self) -> float:
        """By how much the log odds fall when the bright part is hidden; 0 without one."""
        return 0.0 if self.bright is None else float(log_odds(self.probability) - log_odds(self.bright))

    @cached_property
    def fall_elsewhere(self) -> float:
        """The largest fall of the log odds when as much is hidden elsewhere in the lungs; 0 if there is none."""
        falls = log_odds(self.probability) - log_odds(self.elsewhere)
        return max(0.0, float(falls.max())) if falls.size else 0.0

    def told(self, change: Callable[[NDArray[np.float64]], NDArray[np.float64]]) -> Proof:
        """The same with all probabilities changed alike, such as to another prevalence."""
        return replace(
            self,
            probability=float(change(np.asarray(self.probability))),
            bright=None if self.bright is None else float(change(np.asarray(self.bright))),
            elsewhere=change(self.elsewhere),
            deletion={order: change(curve) for order, curve in self.deletion.items()},
            insertion={order: change(curve) for order, curve in self.insertion.items()},
        )

    def smallest_part(self, threshold: float) -> float | None:
        """The smallest of `SHARES` of the lungs, brightest first, whose hiding turns PNEUMONIA into NORMAL, or None."""
        below = np.flatnonzero(self.deletion[MAP] < threshold)
        return SHARES[below[0]] if below.size and self.probability >= threshold else None

    def level(self, threshold: float) -> str:
        """One of `LEVELS` for the decision at a threshold; `rule` says what it asks for."""
        if self.probability < threshold:
            return UNTESTED
        beyond = self.fall - self.fall_elsewhere
        if beyond >= STRONG and self.agreement >= AGREES:
            return WELL
        return PARTLY if beyond >= SOME else NOT

    def area(self, curve: str, order: str) -> float:
        """Area under "deletion" or "insertion" in [0, 1], over the share of the lungs."""
        curves = {"deletion": self.deletion, "insertion": self.insertion}
        return float(np.trapezoid(curves[curve][order], SHARES))


def prove(
    grey: NDArray[np.float32],
    field: NDArray[np.bool_] | None,
    evidence: NDArray[np.float32],
    heatmap: Heatmap,
    ask: Probabilities,
    seed: int = 0,
) -> Proof:
    """Measure a film. grey: float32 (size, size). field: the lungs, bool at any resolution; None for the whole picture.

    evidence: the signed map (h, w). heatmap: its part for PNEUMONIA. ask: the network, with the lungs where they are.
    """
    size = len(grey)
    inside = np.ones(grey.shape, bool) if field is None else cell_shares(field, size, size) >= 0.5
    lungs, shares = int(inside.sum()), cell_shares(inside, ACROSS, ACROSS)
    asked, rng = shares >= IN_LUNGS, np.random.default_rng(seed)
    order = np.where(inside, heatmap.fine(size, size), np.float32(-1e9)).astype(np.float32)
    bright = _bright(order, heatmap, lungs)
    hide = partial(_hide_and_ask, ask, grey, hiding.blurred_lungs(grey, inside))
    answers = {
        "film": ask(grey[None]),
        "bright": hide(bright[None] if bright.any() else bright[:0, None]),
        "elsewhere": hide(_elsewhere(bright, inside, rng)),
        "cells": hide(hiding.windows(size, ACROSS, WINDOW)[asked.ravel()] & inside),
    }
    areas = [round(share * lungs) for share in SHARES]
    for name, values in _orders(order, inside, rng):
        parts = hiding.parts_by(values, areas)
        answers[f"{name} deletion"] = hide(parts)
        answers[f"{name} insertion"] = hide((inside | parts[-1]) & ~parts)
    probability = float(answers["film"][0])
    occlusion = np.zeros((ACROSS, ACROSS))
    occlusion[asked] = log_odds(probability) - log_odds(answers["cells"])
    return Proof(
        probability=probability,
        bright=float(answers["bright"][0]) if bright.any() else None,
        bright_share=float(bright.sum() / lungs),
        elsewhere=answers["elsewhere"],
        deletion=_curves(answers, "deletion"),
        insertion=_curves(answers, "insertion"),
        occlusion=occlusion,
        agreement=rank_correlation(occlusion[asked], _windowed(evidence)[asked]),
        passes=sum(map(len, answers.values())),
    )


def _hide_and_ask(
    ask: Probabilities, grey: NDArray[np.float32], veil: NDArray[np.float32], parts: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """The network's answers with each part (n, size, size) hidden on its own, (n,)."""
    return ask(np.stack([hiding.hide(grey, veil, part) for part in parts])) if len(parts) else np.empty(0)


def _bright(order: NDArray[np.float32], heatmap: Heatmap, lungs: int) -> NDArray[np.bool_]:
    """The part of the lungs with at least `BRIGHT` of the map's maximum, within `BRIGHT_SHARES`; empty for no map."""
    if heatmap.is_empty or order.max() <= 0:
        return np.zeros(order.shape, bool)
    wanted = int((order >= BRIGHT).sum())
    least, most = (share * lungs for share in BRIGHT_SHARES)
    area = int(min(max(wanted, least), most))
    return hiding.parts_by(order, [area])[0]


def _elsewhere(bright: NDArray[np.bool_], inside: NDArray[np.bool_], rng: np.random.Generator) -> NDArray[np.bool_]:
    """Random parts of the rest of the lungs, each as large as the bright one, bool (n, size, size)."""
    rest = inside & ~bright
    if not bright.any():
        return np.empty((0, *bright.shape), bool)
    orders = [np.where(rest, hiding.clumps(len(rest), rng), np.float32(-1e9)) for _ in range(ELSEWHERE)]
    return np.concatenate([hiding.parts_by(order, [int(bright.sum())]) for order in orders])


def _orders(
    order: NDArray[np.float32], inside: NDArray[np.bool_], rng: np.random.Generator
) -> list[tuple[str, NDArray[np.float32]]]:
    """What is hidden first: the brightest by the map, anything in the lungs, anything at all."""
    size, orders = len(order), [(MAP, order)]
    for draw in range(DRAWS):
        orders += [(f"{LUNGS} {draw}", np.where(inside, hiding.clumps(size, rng), np.float32(-1e9)))]
        orders += [(f"{RANDOM} {draw}", hiding.clumps(size, rng))]
    return orders


def _curves(answers: dict[str, NDArray[np.float64]], curve: str) -> dict[str, NDArray[np.float64]]:
    """Each order's curve, the mean of its draws."""
    found = {
        order: [values for name, values in answers.items() if name.startswith(order) and name.endswith(curve)]
        for order in ORDERS
    }
    return {order: np.mean(draws, axis=0) for order, draws in found.items()}


def _windowed(evidence: NDArray[np.float32]) -> NDArray[np.float32]:
    """The map on the occlusion's grid, each cell the mean of its window."""
    cells = cv2.resize(evidence, (ACROSS, ACROSS), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.blur(cells, (WINDOW, WINDOW)), np.float32)
