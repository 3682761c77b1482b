"""What a network's logits mean: calibration, operating points and the "not sure" band, chosen on held-out images."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xray_model.datasets.labelled_images import LabelledImages
from xray_model.datasets.splitting import ENOUGH
from xray_model.errors import InvalidConfig
from xray_model.evaluation.calibration import Calibration, fit_calibration
from xray_model.evaluation.conformal import NotSureBand, choose_band
from xray_model.evaluation.operating_points import BALANCED, OperatingPoint, choose_operating_points
from xray_model.training.cross_series import SeriesAnswers
from xray_model.training.origin import DataOrigin


@dataclass(frozen=True, eq=False)
class Decisions:
    """How logits become probabilities and answers. band: None when too few images were held out to promise one.

    probabilities: calibrated, (n,), of `images`, on which thresholds and band were chosen.
    """

    calibration: Calibration
    points: tuple[OperatingPoint, ...]
    band: NotSureBand | None
    images: LabelledImages
    probabilities: NDArray[np.float64]

    @property
    def threshold(self) -> float:
        """Of the default operating point."""
        return threshold_of(self.points)


def calibrate(
    hard: NDArray[np.float32], validation: LabelledImages, across: SeriesAnswers | None, origin: DataOrigin
) -> Decisions:
    """Decisions for a network that says `hard`, logits (n,), of the held-out images under simulated shift.

    across: what networks of the same recipe say of films of another series; None chooses on the shifted images.
    """
    own = fit_calibration(hard, validation.labels)
    judged = across.images if across else validation
    who = f"{origin.images} of {len(set(judged.groups)):,} {origin.groups}"
    if across is None:
        calibration, probabilities = own, own.probability(hard)
        data = f"{len(judged):,} held-out {who}, under simulated acquisition shift"
    else:
        correction = fit_calibration(across.log_odds, judged.labels)
        calibration, probabilities = own.then(correction), correction.probability(across.log_odds)
        data = f"{len(judged):,} {who}, each answered by a network of the same recipe that saw nothing of its series"
    if min(judged.counts().values()) < ENOUGH:
        data += f": fewer than {ENOUGH} of a label, so that no threshold chosen on them can be trusted"
    points = choose_operating_points(probabilities, judged.labels, data)
    return Decisions(calibration, points, _band(probabilities, judged.labels, points), judged, probabilities)


def threshold_of(points: tuple[OperatingPoint, ...]) -> float:
    """The threshold of the default operating point."""
    return next(point.threshold for point in points if point.name == BALANCED)


def _band(
    probabilities: NDArray[np.float64], labels: NDArray[np.int8], points: tuple[OperatingPoint, ...]
) -> NotSureBand | None:
    try:
        return choose_band(probabilities, labels, threshold=threshold_of(points))
    except InvalidConfig:  # too few images for the guarantee
        return None
