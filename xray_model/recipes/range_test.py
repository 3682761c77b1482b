"""The learning-rate range test: one short training while the rate rises, and the rate that its losses speak for.

Smith, Cyclical learning rates for training neural networks, WACV 2017. Only the head learns, on cached features.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from xray_model.augmentation.policy import NONE
from xray_model.datasets.choice import ARCHIVE, DataChoice
from xray_model.recipes.config import Phase, TrainingConfig
from xray_model.recipes.costs import COSTS

STEPS, LOWEST, HIGHEST = 70, 1e-5, 3.0  # learning rates, spaced geometrically
MOST_IMAGES, FEWEST_IMAGES = 200, 64  # that the head learns from: more take longer and move the fall little
MOST_WORK = 1000.0  # GFLOP for their features: some seconds; VGG16 sees the fewest
REACH = 3  # steps on each side over which a fall is measured: the rate triples
LEAST_FALL = 0.05  # share of the first loss: a head that learns nothing wiggles by less
EXPLODED = 1.5  # times the first loss
GUESSING = math.log(2)  # loss of a probability of 50 % for every image
HIGHEST_RATE = 1.0  # that `Phase` takes

Sweep = Sequence[tuple[float, float]]  # (learning rate, loss after a step at it), the rates rising


def range_settings(config: TrainingConfig) -> TrainingConfig:
    """The settings of the test of a run's head: what has no part in it stands at one value, the rate among it."""
    return replace(
        config,
        phases=(Phase("head", 1, LOWEST),),
        augmentation=NONE,
        mixup=0.0,
        phantoms=0,
        weight_averaging=0.0,
        cached_features=True,
        views=1,
        pace=0.0,
        across_series=False,
    )


def most_images(config: TrainingConfig) -> int:
    """How many images the head learns from, at most."""
    cost = COSTS.get(config.backbone, COSTS["ResNet50"]).forward * (config.input_size / 224) ** 2
    return max(FEWEST_IMAGES, min(MOST_IMAGES, int(MOST_WORK / cost)))


def range_data(choice: DataChoice, config: TrainingConfig) -> DataChoice:
    """As many of the chosen images as leave `most_images` to learn from; of an archive, which is read, all."""
    enough = math.ceil(most_images(config) / (1 - config.validation_share))
    return choice if choice.kind == ARCHIVE else replace(choice, count=min(choice.count or enough, enough))


def steepest_rate(sweep: Sweep) -> float | None:
    """The rate at which the lowest loss so far fell fastest, over seven steps, before the loss exploded.

    So what it wins back after a leap at too high a rate counts for nothing. None for a test that is too short to say,
    or in which the loss hardly fell.
    """
    calm = sweep[: _explosion(sweep)]
    lowest = list(accumulate((loss for _, loss in calm), min))
    falls = [(lowest[i - REACH] - lowest[i + REACH], i) for i in range(REACH, len(calm) - REACH)]
    if not falls:
        return None
    fall, place = max(falls)
    return calm[place][0] if fall >= LEAST_FALL * sweep[0][1] else None


def _explosion(sweep: Sweep) -> int | None:
    """Index of the first loss that is half again the first one, and worse than guessing."""
    limit = max(EXPLODED * sweep[0][1], GUESSING) if sweep else 0.0
    return next((index for index, (_, loss) in enumerate(sweep) if loss > limit), None)


@dataclass(frozen=True)
class RangeReading:
    """What a whole test says. rate: to be used, to one digit, None if there is none. explodes_from: None if nowhere."""

    rate: float | None
    explodes_from: float | None

    @property
    def sentence(self) -> str:
        """The reading in words."""
        end = f"it does not explode up to {HIGHEST:g}"
        if self.explodes_from is not None:
            end = f"it explodes from {self.explodes_from:g} on"
        if self.rate is None:
            return f"The loss hardly falls at any rate, and {end}. Nothing speaks for another learning rate."
        return f"The loss falls fastest at {self.rate:g}; {end}."


def read_range_test(sweep: Sweep) -> RangeReading:
    """The reading of a test's rates and losses."""
    steepest, explosion = steepest_rate(sweep), _explosion(sweep)
    return RangeReading(
        None if steepest is None else min(HIGHEST_RATE, _one_digit(steepest)),
        None if explosion is None else _one_digit(sweep[explosion][0]),
    )


def _one_digit(rate: float) -> float:
    return float(f"{rate:.0e}")
