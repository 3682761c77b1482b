"""The model's opinion of many pictures at once: probability, decision and evidence."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pages.ui.shared import component
from pages.ui.shared.session import Setting
from xray_model import NORMAL, PNEUMONIA, Bundle, Heatmap, answer_pictures, at_prevalence

MAP_SIZE = 112  # pixels a side of a heatmap picture; the map itself has 7 to 14 cells a side


@dataclass(frozen=True, eq=False)
class Opinions:
    """The answers to n pictures, the first being the original. evidence: signed (n, h, w), logits per cell.

    probabilities: (n,), told for the setting's prevalence.
    """

    probabilities: NDArray[np.float64]
    evidence: NDArray[np.float32]
    reference: float
    setting: Setting

    @cached_property
    def labels(self) -> list[str]:
        """The decision on each picture."""
        limit = self.setting.threshold
        return [PNEUMONIA if probability >= limit else NORMAL for probability in self.probabilities]

    def turned(self, index: int) -> bool:
        """Whether this picture's decision differs from the original's."""
        return self.labels[index] != self.labels[0]

    @property
    def turns(self) -> int:
        """How many draws change the decision."""
        return sum(self.turned(index) for index in range(1, len(self.labels)))

    def map_picture(self, index: int, target: str) -> str | None:
        """The heatmap for `target` as a data URI; None when it is empty."""
        heatmap = Heatmap.from_evidence(self.evidence[index], target, self.reference)
        return None if heatmap.is_empty else component.data_uri(heatmap.coloured(MAP_SIZE, MAP_SIZE))


def ask(bundle: Bundle, pictures: NDArray[np.float32], setting: Setting) -> Opinions:
    """Ask the model about float32 (n, size, size) grey levels 0-255, in one pass."""
    probabilities, evidence = answer_pictures(pictures, bundle)
    told = at_prevalence(probabilities, setting.prevalence, bundle.card.prevalence)
    return Opinions(told, evidence, bundle.card.evidence_reference, setting)
