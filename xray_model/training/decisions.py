"""What a network's logits mean: calibration, operating points and the "not sure" band, chosen on held-out images.

Chosen for the worst group: groups weigh alike in the calibration, and the worst one sets each threshold.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xray_model.bundles.validation_answers import ValidationAnswers
from xray_model.datasets.splitting import ENOUGH
from xray_model.errors import InvalidConfig
from xray_model.evaluation.calibration import Calibration, fit_calibration
from xray_model.evaluation.conformal import NotSureBand, choose_band
from xray_model.evaluation.groups import alike
from xray_model.evaluation.operating_points import BALANCED, OperatingPoint, choose_operating_points
from xray_model.training.origin import DataOrigin


@dataclass(frozen=True, eq=False)
class Decisions:
    """How logits become probabilities and answers. band: None when too few images were held out to promise one.

    own: the calibrated answers of the bundle's network to its held-out images. across: those of networks of the same
    recipe to films of a series that they never saw, None without. Thresholds and band were chosen on the last.
    """

    calibration: Calibration
    points: tuple[OperatingPoint, ...]
    band: NotSureBand | None
    own: ValidationAnswers
    across: ValidationAnswers | None

    @property
    def threshold(self) -> float:
        """Of the default operating point."""
        return threshold_of(self.points)


def decide(own: ValidationAnswers, across: ValidationAnswers | None, origin: DataOrigin) -> Decisions:
    """Decisions for a network whose `own` answers to held-out images are logits.

    across: what networks of the same recipe say of films of another series, as log odds that were calibrated like
    `own`; None chooses on `own`.
    """
    calibration = _fit(own)
    if across is not None:
        correction = _fit(across)
        calibration, across = calibration.then(correction), across.calibrated(correction)
    own = own.calibrated(calibration)
    judged = own if across is None else across
    labels, cells, films = judged.label, judged.cell, judged.as_taken
    points = choose_operating_points(
        judged.probability, labels, _data(judged, across is not None, origin), cells, films
    )
    try:
        band = choose_band(judged.probability, labels, threshold=threshold_of(points), cells=cells)
    except InvalidConfig:  # too few images for the guarantee
        band = None
    return Decisions(calibration, points, band, own, across)


def threshold_of(points: tuple[OperatingPoint, ...]) -> float:
    """The threshold of the default operating point."""
    return next(point.threshold for point in points if point.name == BALANCED)


def _fit(answers: ValidationAnswers) -> Calibration:
    return fit_calibration(answers.log_odds, answers.label, alike(answers.label, answers.cell))


def _data(judged: ValidationAnswers, is_across: bool, origin: DataOrigin) -> str:
    """The images that thresholds were chosen on, in words."""
    labels = judged.label[judged.as_taken]
    patients = len(set(judged.patient.tolist()))
    what = f"{origin.images} of {patients:,} {origin.groups}"
    if is_across:
        text = f"{labels.size:,} {what}, each answered by a network of the same recipe that saw nothing of its series"
    else:
        text = f"{labels.size:,} held-out {what}"
    if min(np.bincount(labels, minlength=2)) < ENOUGH:
        text += f": fewer than {ENOUGH} of a label, so that no threshold chosen on them can be trusted"
    return text
