"""The table of transforms: name, explanation, settings and range of each."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from xray_model import AugmentationDraw

GROUPS = ("Geometry", "Exposure", "Detector", "Occlusion")
STEPS = 7  # pictures in a strip: an odd number, so that the unchanged one is in the middle
STRIP_SEED = 5  # of the random texture in a strip: the same in every picture, so that only the amount changes


@dataclass(frozen=True)
class Unit:
    """How a policy's number is shown on a slider. scale: shown per unit; logarithmic: shown as a factor."""

    format: str
    step: float
    scale: float = 1.0
    logarithmic: bool = False

    def shown(self, value: float) -> float:
        """The slider's number for the policy's."""
        return round(math.exp(value) if self.logarithmic else value * self.scale, 4)

    def stored(self, shown: float) -> float:
        """The policy's number for the slider's."""
        return round(math.log(shown) if self.logarithmic else shown / self.scale, 6)


DEGREES = Unit("± %.0f°", 1)
FINE_DEGREES = Unit("± %.1f°", 0.1)
EITHER_PERCENT = Unit("± %.0f %%", 1, 100)
PERCENT = Unit("up to %.0f %%", 1, 100)
FINE_PERCENT = Unit("up to %.1f %%", 0.5, 100)
FACTOR = Unit("up to %.2f times", 0.05, logarithmic=True)
PIXELS = Unit("up to %.1f px", 0.1)
CLIP = Unit("up to %.1f", 0.5)


@dataclass(frozen=True)
class Setting:
    """One number of the policy. start: its value when switched on. top: the slider's end. Both in the policy's unit."""

    name: str
    label: str
    start: float
    top: float
    unit: Unit


@dataclass(frozen=True)
class Transform:
    """A switch with its settings. special: the draw at a share of the range, if not that share of each setting."""

    title: str
    group: str
    sentence: str
    settings: tuple[Setting, ...]
    special: Callable[[float], AugmentationDraw] | None = None
    one_sided: bool = False

    @property
    def key(self) -> str:
        """The transform's name in widget keys."""
        return self.title.lower().replace(" ", "-")

    def walk(self) -> list[AugmentationDraw]:
        """Draws from the transform's minimum to its maximum, with all others off."""
        steps = STEPS if self.settings else 2
        return [self._at(float(share)) for share in np.linspace(0.0 if self.one_sided else -1.0, 1.0, steps)]

    def _at(self, share: float) -> AugmentationDraw:
        """The draw at a share of the range, in [-1, 1], or in [0, 1] if one-sided."""
        if self.special:
            return self.special(share)
        drawn: dict[str, Any] = {setting.name: setting.top * share for setting in self.settings}
        return AugmentationDraw(texture_seed=STRIP_SEED, **drawn)


def _zoom(share: float) -> AugmentationDraw:
    return AugmentationDraw(zoom_x=1 - 0.4 * share, zoom_y=1 - 0.4 * share)


def _framing(share: float) -> AugmentationDraw:
    frame = 1 - share * (0.5 if share > 0 else 0.3)
    return AugmentationDraw(zoom_x=frame, zoom_y=frame, fill="black")


def _erasing(share: float) -> AugmentationDraw:
    side = math.sqrt(0.5 * share)
    box = ((1 - side) / 2, (1 - side) / 2, side, side) if side else None
    return AugmentationDraw(erased=box, texture_seed=STRIP_SEED)


def _borders(share: float) -> AugmentationDraw:
    return AugmentationDraw(borders=(0.3 * share,) * 4 if share else None, texture_seed=STRIP_SEED)


TRANSFORMS = (
    Transform(
        "Rotation",
        "Geometry",
        "Turns the film about its centre, as if the child lay askew.",
        (Setting("rotation", "Angle", 10, 45, DEGREES),),
    ),
    Transform(
        "Shift",
        "Geometry",
        "Moves the film, as if it had been badly centred.",
        (
            Setting("width_shift", "Sideways", 0.1, 0.3, EITHER_PERCENT),
            Setting("height_shift", "Up and down", 0.1, 0.3, EITHER_PERCENT),
        ),
    ),
    Transform(
        "Zoom",
        "Geometry",
        "Stretches width and height independently, which changes the chest's proportions.",
        (Setting("zoom", "Stretch", 0.2, 0.4, EITHER_PERCENT),),
        _zoom,
    ),
    Transform(
        "Shear",
        "Geometry",
        "Slants the film, so that right angles become oblique.",
        (Setting("shear", "Slant", 3, 20, FINE_DEGREES),),
    ),
    Transform(
        "Framing",
        "Geometry",
        "Cuts off the edges or adds a margin, as another collimation would. Proportions stay.",
        (Setting("tighter", "Tighter", 0.2, 0.5, PERCENT), Setting("looser", "Looser", 0.1, 0.3, PERCENT)),
        _framing,
    ),
    Transform(
        "Horizontal flip",
        "Geometry",
        "Mirrors half of the draws, left to right.",
        (),
        lambda share: AugmentationDraw(flipped=share > 0),
    ),
    Transform(
        "Elastic",
        "Geometry",
        "Bends the film smoothly in places, ribs included.",
        (Setting("elastic", "Displacement", 0.02, 0.06, FINE_PERCENT),),
        one_sided=True,
    ),
    Transform(
        "Brightness",
        "Exposure",
        "Makes the whole film brighter or darker, as another exposure or window would.",
        (Setting("brightness", "Amount", 0.1, 0.4, EITHER_PERCENT),),
    ),
    Transform(
        "Contrast",
        "Exposure",
        "Spreads or squeezes the grey levels about their mean.",
        (Setting("contrast", "Factor", 0.262364, 1.098612, FACTOR),),
    ),
    Transform(
        "Gamma",
        "Exposure",
        "Bends the grey scale: lungs change more than bones.",
        (Setting("gamma", "Factor", 0.262364, 1.098612, FACTOR),),
    ),
    Transform(
        "Local contrast",
        "Exposure",
        "Evens out the contrast tile by tile (CLAHE), as many viewers do.",
        (Setting("clahe", "Clip limit", 2, 8, CLIP),),
        one_sided=True,
    ),
    Transform(
        "Detail",
        "Exposure",
        "Sharpens or softens fine detail (edges, vessels) and coarse detail (ribs, patches), as makers' software does.",
        (
            Setting("fine_detail", "Fine", 0.405465, 1.098612, FACTOR),
            Setting("coarse_detail", "Coarse", 0.262364, 1.098612, FACTOR),
        ),
    ),
    Transform(
        "Noise",
        "Detector",
        "Adds grain, as a low dose does.",
        (Setting("noise", "Grain", 0.03, 0.2, FINE_PERCENT),),
        one_sided=True,
    ),
    Transform(
        "Blur",
        "Detector",
        "Softens edges, as breathing or a coarse detector does.",
        (Setting("blur", "Sigma", 1.0, 4.0, PIXELS),),
        one_sided=True,
    ),
    Transform(
        "Random erasing",
        "Occlusion",
        "Paints a grey box over half of the draws, so that no single place decides alone.",
        (Setting("erasing", "Largest area", 0.1, 0.5, PERCENT),),
        _erasing,
        one_sided=True,
    ),
    Transform(
        "Border masking",
        "Occlusion",
        "Paints over the edges of half of the draws, where markers and collimation could give the answer away.",
        (Setting("border", "Widest strip", 0.1, 0.3, PERCENT),),
        _borders,
        one_sided=True,
    ),
)
