"""The map and the picture made from it: `Heatmap` holds raw evidence, `overlay` draws it, `region` says it in words."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from xray_model.errors import InvalidConfig
from xray_model.imaging.radiograph import Radiograph
from xray_model.labels import NORMAL, PNEUMONIA

# All perceptually uniform (Smith & van der Walt, SciPy 2015; cividis: Nunez et al., PLoS ONE 2018), none red/green.
COLORMAPS = {
    "inferno": cv2.COLORMAP_INFERNO,
    "viridis": cv2.COLORMAP_VIRIDIS,
    "cividis": cv2.COLORMAP_CIVIDIS,
    "magma": cv2.COLORMAP_MAGMA,
}
DEFAULT_COLORMAP = "inferno"
ZONES = ((1 / 3, "upper"), (2 / 3, "middle"), (1.0, "lower"))  # equal thirds of the picture's height
ROWS = 256  # blended at a time: a 9-megapixel film would otherwise need 300 MB
SMOOTH = 0.6  # cells, standard deviation: single cells are noisy (docs/audit.md)
FINE = 224  # pixels: finer than any map
MIDLINE_HALF_WIDTH = 0.06  # share of the width: spine and hila of a centred film


def signed_evidence(feature_map: NDArray[np.float32], pooler_gradient: NDArray[np.float32]) -> NDArray[np.float32]:
    """Evidence (n, h, w), logits per cell: above 0 for PNEUMONIA, below 0 for NORMAL.

    feature_map: (n, h, w, c). pooler_gradient: (n, c), of the logit at the global average pooler. The positive part is
    Grad-CAM (Selvaraju et al., ICCV 2017) of the logit, the positive part of its negative that of minus the logit.
    """
    cells = feature_map.shape[1] * feature_map.shape[2]
    return (feature_map @ pooler_gradient[:, None, :, None])[..., 0] / np.float32(cells)


@dataclass(frozen=True, eq=False)
class Heatmap:
    """Where a label's evidence lies, at the feature map's own resolution.

    values: float32 (h, w), non-negative, logits per cell. target: the label it speaks for.
    reference: logits per cell that are drawn at full strength, unless the map itself has more. field: bool (y, x), the
    part of the picture that the evidence was pooled over, at any resolution; nothing is drawn outside. None: all of it.
    shape: float32 (h, w), non-negative, what the drawn map takes its form from, smoothed: the evidence before pooling,
    which does not fade at the lungs' rim. None: the values themselves, as they are.
    """

    values: NDArray[np.float32]
    target: str
    method: str = "Grad-CAM"
    reference: float = 0.0
    field: NDArray[np.bool_] | None = None
    shape: NDArray[np.float32] | None = None

    @classmethod
    def from_evidence(
        cls,
        evidence: NDArray[np.float32],
        target: str,
        reference: float = 0.0,
        field: NDArray[np.bool_] | None = None,
        whole: NDArray[np.float32] | None = None,
    ) -> Heatmap:
        """The part of signed evidence (h, w) that speaks for `target`; raises `InvalidConfig` for another label.

        whole: the evidence before it was pooled over `field`, (h, w).
        """
        signs = {PNEUMONIA: 1.0, NORMAL: -1.0}
        if target not in signs:
            raise InvalidConfig(f"Got target {target!r}; expected {PNEUMONIA} or {NORMAL}.")
        sign = np.float32(signs[target])
        shape = None if whole is None else np.maximum(whole * sign, 0)
        return cls(np.maximum(evidence * sign, 0), target, reference=reference, field=field, shape=shape)

    @property
    def maximum(self) -> float:
        """The strongest cell, logits per cell."""
        return float(self.values.max())

    @property
    def is_empty(self) -> bool:
        """True when nothing speaks for the target: drawn as nothing, never rescaled until it glows."""
        return self.maximum <= 0.0

    @property
    def strength(self) -> float:
        """The strongest cell against the reference, in [0, 1]."""
        return 0.0 if self.is_empty else min(1.0, self.maximum / max(self.maximum, self.reference))

    @property
    def peak(self) -> tuple[float, float] | None:
        """(x, y) of the strongest place in [0, 1], from the left and the top; None for an empty map."""
        if self.is_empty:
            return None
        row, column = divmod(int(self._within_field(self.fine(FINE, FINE)).argmax()), FINE)
        return ((column + 0.5) / FINE, (row + 0.5) / FINE)

    def fine(self, height: int, width: int) -> NDArray[np.float32]:
        """The map's form at a picture's size, float32 (height, width), about 1 at its summit: bicubic, not clipped."""
        if self.is_empty:
            return np.zeros((height, width), np.float32)
        cells, summit = self._form
        return np.asarray(cv2.resize(cells, (width, height), interpolation=cv2.INTER_CUBIC) / summit, np.float32)

    @cached_property
    def _form(self) -> tuple[NDArray[np.float32], float]:
        """The cells that the drawing interpolates, and the level of its summit in the field."""
        if self.shape is not None:
            cells = np.asarray(cv2.GaussianBlur(self.shape, (0, 0), SMOOTH), np.float32)
            fine = np.asarray(cv2.resize(cells, (FINE, FINE), interpolation=cv2.INTER_CUBIC), np.float32)
            if (summit := float(self._within_field(fine).max())) > 0:
                return cells, summit
        return self.values, self.maximum

    def resized(self, height: int, width: int) -> NDArray[np.float32]:
        """Drawing strength in [0, 1], float32 (height, width), bicubic and clipped."""
        if self.is_empty:
            return np.zeros((height, width), np.float32)
        drawn = np.clip(self.fine(height, width) * np.float32(self.strength), 0.0, 1.0)
        return self._within_field(drawn)

    def _within_field(self, drawn: NDArray[np.float32]) -> NDArray[np.float32]:
        return drawn if self.field is None else np.asarray(drawn * self._inside(*drawn.shape), np.float32)

    def _inside(self, height: int, width: int) -> NDArray[np.float32]:
        """1 in the field, 0 outside, float32 (height, width), with an edge as soft as the field is coarse."""
        assert self.field is not None
        return np.asarray(cv2.resize(self.field.astype(np.float32), (width, height)), np.float32)

    def coloured(self, height: int, width: int, colormap: str = DEFAULT_COLORMAP) -> NDArray[np.uint8]:
        """RGBA (height, width, 4): the map's colours, as opaque as the evidence is strong."""
        levels = cv2.convertScaleAbs(self.resized(height, width), alpha=255)  # rounds, without a float copy
        rgb = cv2.cvtColor(cv2.applyColorMap(levels, _colormap(colormap)), cv2.COLOR_BGR2RGB)
        return np.dstack([rgb, levels])

    def overlay(
        self, radiograph: Radiograph | NDArray[np.uint8], opacity: float = 0.6, colormap: str = DEFAULT_COLORMAP
    ) -> NDArray[np.uint8]:
        """RGB uint8 (height, width, 3): the map over a radiograph, or over uint8 grey pixels (height, width).

        opacity: in [0, 1], where the evidence is full. Raises `InvalidConfig` for another, or an unknown colour map.
        """
        if not 0.0 <= opacity <= 1.0:
            raise InvalidConfig(f"Got opacity {opacity}; expected a number from 0 to 1.")
        pixels = radiograph.pixels if isinstance(radiograph, Radiograph) else radiograph
        rgba = self.coloured(pixels.shape[0], pixels.shape[1], colormap)
        picture = np.empty((*pixels.shape, 3), np.uint8)
        for start in range(0, len(pixels), ROWS):
            rows = slice(start, start + ROWS)
            picture[rows] = _blend(pixels[rows], rgba[rows], opacity)
        return picture

    def region(self) -> str | None:
        """Words for the peak, such as "right lower zone" (the patient's right is the picture's left); None if empty."""
        return None if self.peak is None else describe_place(*self.peak)


def describe_place(x: float, y: float) -> str:
    """Side and zone of a point, x and y in [0, 1] from the picture's left and top, on a frontal film."""
    zone = next(name for limit, name in ZONES if y <= limit)
    if abs(x - 0.5) <= MIDLINE_HALF_WIDTH:
        return f"midline, {zone} zone"
    return f"{'right' if x < 0.5 else 'left'} {zone} zone"


def _blend(pixels: NDArray[np.uint8], rgba: NDArray[np.uint8], opacity: float) -> NDArray[np.uint8]:
    alpha = rgba[..., 3:].astype(np.float32) * np.float32(opacity / 255)
    grey = pixels[..., None].astype(np.float32)
    return np.rint(grey + (rgba[..., :3] - grey) * alpha).astype(np.uint8)


def _colormap(name: str) -> int:
    if name not in COLORMAPS:
        raise InvalidConfig(f"Unknown colour map {name!r}: choose one of {', '.join(COLORMAPS)}.")
    return COLORMAPS[name]
