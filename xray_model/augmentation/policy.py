"""One augmentation policy for everything: the picture a page draws is the tensor that reaches the network.

A policy names ranges; `draw` picks one set of parameters from a seeded generator; `apply` does exactly those. Geometry
is that of `keras.preprocessing.image.ImageDataGenerator` (ranges, matrix order, centre, output-to-input direction,
bilinear), so that the article's settings mean here what they meant there. One difference, and it is Keras': its later
versions build the same matrix and then swap its axes, so they turn the other way and slant the other axis for the same
numbers. Both are drawn either way about zero; tests/augmentation/test_policy.py holds the two against each other.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xray_model.augmentation import transforms
from xray_model.errors import InvalidConfig

LIMITS = {  # (lowest, highest) that a policy may name; beyond them a radiograph is no longer one
    "rotation": (0.0, 180.0), "width_shift": (0.0, 0.5), "height_shift": (0.0, 0.5), "zoom": (0.0, 0.9),
    "shear": (0.0, 45.0), "tighter": (0.0, 0.6), "looser": (0.0, 0.6), "brightness": (0.0, 0.5),
    "contrast": (0.0, 1.5), "gamma": (0.0, 1.5), "noise": (0.0, 0.3), "blur": (0.0, 5.0), "erasing": (0.0, 0.5),
    "border": (0.0, 0.3), "clahe": (0.0, 8.0), "elastic": (0.0, 0.1), "fine_detail": (0.0, 1.5),
    "coarse_detail": (0.0, 1.5),
}  # fmt: skip


@dataclass(frozen=True)
class AugmentationDraw:
    """The parameters actually drawn; the defaults change nothing. Units as in `AugmentationPolicy`."""

    rotation: float = 0.0
    width_shift: float = 0.0
    height_shift: float = 0.0
    zoom_x: float = 1.0
    zoom_y: float = 1.0
    shear: float = 0.0
    flipped: bool = False
    brightness: float = 0.0
    contrast: float = 0.0
    gamma: float = 0.0
    noise: float = 0.0
    blur: float = 0.0
    erased: tuple[float, float, float, float] | None = None
    borders: tuple[float, float, float, float] | None = None
    clahe: float = 0.0
    elastic: float = 0.0
    fine_detail: float = 0.0
    coarse_detail: float = 0.0
    fill: str = "nearest"
    texture_seed: int = 0

    def apply(self, grey: NDArray[np.float32]) -> NDArray[np.float32]:
        """Transform grey levels 0-255, float32 (height, width); the same draw gives the same picture."""
        rng = np.random.default_rng(self.texture_seed)
        out = transforms.warp(grey, self.matrix(grey.shape), self.fill)
        if self.elastic:
            out = transforms.elastic(out, self.elastic, rng, self.fill)
        if self.clahe:
            out = transforms.clahe(out, self.clahe)
        out = transforms.tone(out, self.gamma, self.contrast, self.brightness)
        out = transforms.detail(out, self.fine_detail, self.coarse_detail)
        if self.blur:
            out = transforms.blur(out, self.blur)
        if self.noise:
            out = transforms.noise(out, self.noise, rng)
        if self.borders:
            out = transforms.mask_borders(out, self.borders, rng)
        if self.erased:
            out = transforms.erase(out, self.erased, rng)
        return out

    def matrix(self, shape: tuple[int, ...]) -> NDArray[np.float64] | None:
        """The geometry alone, for a mask of the same picture: output-to-input (2, 3) in pixels; None: nothing moves."""
        return transforms.affine_matrix(
            shape,
            rotation=self.rotation,
            shift=(self.height_shift, self.width_shift),
            shear=self.shear,
            zoom=(self.zoom_y, self.zoom_x),
            flipped=self.flipped,
        )


@dataclass(frozen=True)
class AugmentationPolicy:
    """Ranges to draw from; 0 (or False) switches a transform off. Applied to training images only.

    rotation: degrees, either way. width_shift, height_shift: shares of the side. zoom: each axis by 1 - zoom to
    1 + zoom, independently. shear: degrees. tighter, looser: shares of the frame cut away or added around, both axes
    together. brightness: share of full scale. contrast, gamma: natural logarithm of the factor. noise: standard
    deviation, share of full scale. blur: standard deviation in pixels at 224. erasing: largest share of the area
    erased. border: largest share of the side masked, from each edge. clahe: clip limit. elastic: largest displacement,
    share of the side. fine_detail, coarse_detail: natural logarithm of the factor (`transforms.detail`). fill: what
    stands outside the film, "nearest" or "black".
    """

    rotation: float = 0.0
    width_shift: float = 0.0
    height_shift: float = 0.0
    zoom: float = 0.0
    shear: float = 0.0
    tighter: float = 0.0
    looser: float = 0.0
    horizontal_flip: bool = False
    brightness: float = 0.0
    contrast: float = 0.0
    gamma: float = 0.0
    noise: float = 0.0
    blur: float = 0.0
    erasing: float = 0.0
    border: float = 0.0
    clahe: float = 0.0
    elastic: float = 0.0
    fine_detail: float = 0.0
    coarse_detail: float = 0.0
    fill: str = "nearest"

    def __post_init__(self) -> None:
        for name, (low, high) in LIMITS.items():
            value = getattr(self, name)
            if not isinstance(value, int | float) or isinstance(value, bool) or not low <= value <= high:
                raise InvalidConfig(f"Got {name} = {value!r}; expected a number from {low:g} to {high:g}.")
        if not isinstance(self.horizontal_flip, bool):
            raise InvalidConfig(f"Got horizontal_flip = {self.horizontal_flip!r}; expected true or false.")
        if not isinstance(self.fill, str) or self.fill not in transforms.FILLS:
            raise InvalidConfig(f"Got fill = {self.fill!r}; expected one of {', '.join(transforms.FILLS)}.")

    @property
    def is_off(self) -> bool:
        """True when no transform is switched on."""
        return not any(getattr(self, name) for name in (*LIMITS, "horizontal_flip"))

    def draw(self, rng: np.random.Generator) -> AugmentationDraw:
        """Pick one set of parameters; the same generator state gives the same draw.

        Every draw takes as many numbers from the generator, whatever is switched on: changing one setting leaves what
        the others draw as it was.
        """

        def either_way(reach: float) -> float:
            return float(rng.uniform(-reach, reach))

        frame = float(rng.uniform(1 - self.tighter, 1 + self.looser))
        return AugmentationDraw(
            rotation=either_way(self.rotation),
            width_shift=either_way(self.width_shift),
            height_shift=either_way(self.height_shift),
            zoom_x=frame * (1 + either_way(self.zoom)),
            zoom_y=frame * (1 + either_way(self.zoom)),
            shear=either_way(self.shear),
            flipped=bool(rng.random() < 0.5 and self.horizontal_flip),
            brightness=either_way(self.brightness),
            contrast=either_way(self.contrast),
            gamma=either_way(self.gamma),
            noise=float(rng.uniform(0, self.noise)),
            blur=float(rng.uniform(0, self.blur)),
            erased=_draw_box(rng, self.erasing),
            borders=_draw_borders(rng, self.border),
            clahe=float(rng.uniform(0, self.clahe)),
            elastic=float(rng.uniform(0, self.elastic)),
            fill=self.fill,
            texture_seed=int(rng.integers(2**31)),
            fine_detail=either_way(self.fine_detail),
            coarse_detail=either_way(self.coarse_detail),
        )

    def draw_many(self, seed: int | tuple[int, ...], count: int) -> list[AugmentationDraw]:
        """`count` draws, one after the other, from a generator that begins with `seed`."""
        rng = np.random.default_rng(seed)
        return [self.draw(rng) for _ in range(count)]

    def augment(self, grey: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
        """Draw and apply at once: grey levels 0-255, float32 (height, width), in and out."""
        return self.draw(rng).apply(grey)

    def to_dict(self) -> dict[str, Any]:
        """The settings as plain values, for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, settings: dict[str, Any]) -> AugmentationPolicy:
        """Settings as `to_dict` gives them; raises `InvalidConfig` on an unknown name or a value out of range."""
        if not isinstance(settings, dict):
            raise InvalidConfig(f"Got {type(settings).__name__}; expected augmentation settings by name.")
        unknown = set(settings) - {field.name for field in fields(cls)}
        if unknown:
            raise InvalidConfig(f"Unknown augmentation settings: {', '.join(sorted(map(str, unknown)))}.")
        return cls(**settings)

    @classmethod
    def from_json(cls, text: str | bytes) -> AugmentationPolicy:
        """Settings as JSON; raises `InvalidConfig` on anything else."""
        try:
            return cls.from_dict(json.loads(text))
        except ValueError as error:  # no JSON, or no text; an `InvalidConfig` says more and passes
            if isinstance(error, InvalidConfig):
                raise
            raise InvalidConfig(f"The policy cannot be read ({error}). Expected JSON written by this app.") from error


def _draw_box(rng: np.random.Generator, largest: float) -> tuple[float, float, float, float] | None:
    """(top, left, height, width) in shares of the sides, in half of the draws (Zhong et al., AAAI 2020)."""
    area, ratio, place = rng.uniform(0.02, max(0.02, largest)), np.exp(rng.uniform(-0.7, 0.7)), rng.random(2)
    if rng.random() < 0.5 or not largest:
        return None
    height, width = min(0.95, float(np.sqrt(area * ratio))), min(0.95, float(np.sqrt(area / ratio)))
    return (float(place[0] * (1 - height)), float(place[1] * (1 - width)), height, width)


def _draw_borders(rng: np.random.Generator, widest: float) -> tuple[float, float, float, float] | None:
    """(top, bottom, left, right) strips in shares of the sides, in half of the draws."""
    strips = rng.uniform(0, widest, 4)
    if rng.random() < 0.5 or not widest:
        return None
    return (float(strips[0]), float(strips[1]), float(strips[2]), float(strips[3]))


NONE = AugmentationPolicy()
# The article's settings; its shear of 0.2 is in degrees, as the generator reads it.
ARTICLE = AugmentationPolicy(
    rotation=20, width_shift=0.1, height_shift=0.1, zoom=0.2, shear=0.2, horizontal_flip=True, fill="nearest"
)
# What the bundled model was trained with: no flip (it moves the heart to the right); exposure, framing and sharpness
# are unreliable.
RADIOGRAPH_SAFE = AugmentationPolicy(
    rotation=10, width_shift=0.06, height_shift=0.06, zoom=0.08, shear=3, tighter=0.3, looser=0.1, brightness=0.08,
    contrast=0.35, gamma=0.5, noise=0.03, blur=1.2, erasing=0.04, border=0.12, fine_detail=0.9, coarse_detail=0.5,
    fill="black",
)  # fmt: skip
PRESETS = {"Article": ARTICLE, "Radiograph-safe": RADIOGRAPH_SAFE, "None": NONE}
