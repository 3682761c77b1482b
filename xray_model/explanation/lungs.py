"""The lungs of a radiograph: where they lie, how large they are, and how much of a heatmap lies outside of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from xray_model.explanation.heatmap import Heatmap
from xray_model.imaging.resize import SIDE

KINDS = ("chest", "mirrored", "processed")  # what else the finder says of a picture, each in [0, 1]
PRESENT = 0.5  # score from which on a cell belongs to a lung
WIDENED = 4  # pixels of the field, all around
DISC = np.asarray(cv2.ellipse2Poly((0, 0), (WIDENED, WIDENED), 0, 0, 360, 20), np.int32)  # (n, 2) corners


@dataclass(frozen=True, eq=False)
class Lungs:
    """What the lung finder sees in one image. masks: bool (2, h, w), first the lung on the picture's left.

    features: float32 (c,), the finder's own description of the image, which the population check reads. kind: float32,
    scores in [0, 1] in the order of `KINDS`. certainty: mean score of the cells of the less certain lung, in [0, 1]; 0
    when one was not found.
    """

    masks: NDArray[np.bool_]
    features: NDArray[np.float32]
    kind: NDArray[np.float32]
    certainty: float = 1.0

    @classmethod
    def from_scores(
        cls, scores: NDArray[np.float32], features: NDArray[np.float32], kind: NDArray[np.float32]
    ) -> Lungs:
        """Keep the largest patch of each lung. scores: (h, w, 2) in [0, 1]."""
        masks = np.stack([_largest(scores[..., side] >= PRESENT) for side in (0, 1)])
        certainty = min(scores[..., side].mean(where=masks[side]) if masks[side].any() else 0.0 for side in (0, 1))
        return cls(masks, features, kind, float(certainty))

    def score(self, kind: str) -> float:
        """How much the picture looks like one of `KINDS`, in [0, 1]."""
        return float(self.kind[KINDS.index(kind)])

    @property
    def chest(self) -> float:
        """How much the picture looks like a frontal chest whose lungs are seen, in [0, 1]: score times certainty."""
        return self.score("chest") * self.certainty

    @property
    def smaller_area(self) -> float:
        """Share of the picture that the smaller lung takes; 0 when one of them was not found."""
        return float(self.masks.mean(axis=(1, 2)).min())

    @property
    def larger_area(self) -> float:
        """Share of the picture that the larger lung takes; 0 when none was found."""
        return float(self.masks.mean(axis=(1, 2)).max())

    @cached_property
    def field(self) -> NDArray[np.bool_]:
        """Where the lungs lie, bool (224, 224): each one's convex hull, a little widened, so that a dense opacity at
        its rim, which may look like no lung, is inside."""
        drawn = np.zeros((SIDE, SIDE), np.uint8)
        for line in self._hulls():
            cv2.fillConvexPoly(drawn, line, 1)
        return drawn > 0

    def outlines(self) -> list[NDArray[np.float32]]:
        """The closed line around each part of the field: (n, 2) points x and y in [0, 1] from the left and the top."""
        return [(line[:, 0] + np.float32(0.5)) / np.float32(SIDE) for line in self._hulls()]

    def share_outside(self, heatmap: Heatmap) -> float | None:
        """Share of a map's evidence, in [0, 1], that lies outside the field; None for an empty map."""
        if heatmap.is_empty:
            return None
        energy = np.maximum(cv2.resize(heatmap.values, (SIDE, SIDE)), 0)  # bilinear: no overshoot
        return float(energy[~self.field].sum() / energy.sum())

    def _hulls(self) -> list[NDArray[np.int32]]:
        hulls = []
        for part in self.masks:
            fine = cv2.resize(part.astype(np.float32), (SIDE, SIDE)) >= PRESENT
            found, _ = cv2.findContours(fine.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
            hulls += [_widened(cv2.convexHull(max(found, key=cv2.contourArea)))] if found else []
        return hulls


def _widened(hull: NDArray[np.int32]) -> NDArray[np.int32]:
    """The hull (n, 1, 2) with a disc around each corner (Minkowski sum), cut off at the picture's edge."""
    sums = (hull + DISC).reshape(-1, 1, 2)
    return np.asarray(cv2.convexHull(np.clip(sums, 0, SIDE - 1)), np.int32)


def _largest(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    count, patches, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=4)
    if count < 2:
        return np.zeros_like(mask)
    return np.asarray(patches == 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA])))
