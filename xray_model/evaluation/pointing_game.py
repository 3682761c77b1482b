"""A trial on phantoms: how many a network calls right, and how often its map points at the opacity."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from xray_model.explanation.heatmap import Heatmap
from xray_model.imaging.resize import input_grey
from xray_model.labels import LABELS, PNEUMONIA
from xray_model.phantoms import UPLOAD_SIZE, Phantom, draw_phantom

NEAR = 0.10  # of the picture's width: a peak this close to the opacity still points at it

# float32 (n, size, size) grey levels -> probabilities (n,) and signed evidence (n, h, w)
Answer = Callable[[NDArray[np.float32]], tuple[NDArray[np.float64], NDArray[np.float32]]]


@dataclass(frozen=True)
class PhantomTrial:
    """Counts of a trial. pointed: abnormal phantoms whose peak lies inside the opacity or within `NEAR` of it."""

    n: int
    right: int
    abnormal: int
    pointed: int

    @property
    def accuracy(self) -> float:
        """Share of all phantoms called right."""
        return self.right / self.n

    @property
    def pointing(self) -> float:
        """Share of the abnormal phantoms whose map points at the opacity (Zhang et al., IJCV 2018: pointing game)."""
        return self.pointed / max(1, self.abnormal)

    def to_dict(self) -> dict[str, Any]:
        """Counts and shares as plain values, for JSON."""
        return asdict(self) | {"accuracy": self.accuracy, "pointing": self.pointing}


def run_phantom_trial(answer: Answer, seeds: Iterable[int], input_size: int, threshold: float) -> PhantomTrial:
    """Ask `answer` about the phantoms drawn from `seeds`; PNEUMONIA where `probability >= threshold`."""
    phantoms = [draw_phantom(seed, size=UPLOAD_SIZE) for seed in seeds]
    grey = np.stack([input_grey(phantom.pixels, input_size) for phantom in phantoms]).astype(np.float32)
    probabilities, evidence = answer(grey)
    called = [LABELS[int(probability >= threshold)] for probability in probabilities]
    abnormal = [i for i, phantom in enumerate(phantoms) if phantom.label == PNEUMONIA]
    return PhantomTrial(
        n=len(phantoms),
        right=sum(label == phantom.label for label, phantom in zip(called, phantoms, strict=True)),
        abnormal=len(abnormal),
        pointed=sum(points_at_opacity(Heatmap.from_evidence(evidence[i], PNEUMONIA), phantoms[i]) for i in abnormal),
    )


def points_at_opacity(heatmap: Heatmap, phantom: Phantom) -> bool:
    """True when the map's peak lies inside the phantom's opacity or within `NEAR` of the width from it."""
    return heatmap.peak is not None and hits_opacity(heatmap.peak, phantom.opacity_mask)


def hits_opacity(place: tuple[float, float], mask: NDArray[np.bool_]) -> bool:
    """True when a place lies inside an opacity or within `NEAR` of the picture's width from it.

    place: (x, y) in [0, 1] from the left and the top. mask: bool (height, width) with the opacity, not empty.
    """
    height, width = mask.shape
    distance = cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, 5)
    x, y = place
    return bool(distance[min(height - 1, int(y * height)), min(width - 1, int(x * width))] <= NEAR * width)
