"""From the line integral to grey levels: scatter, quantum noise, blur, display curve, borders, side marker."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from xray_model.phantoms.canvas import Canvas
from xray_model.phantoms.hospital import HOME, Hospital

SCATTER_WIDTH = 0.09  # image widths: scattered photons spread over a few centimetres
GRID_LINES = 58.0  # in an image width: coarse, as the beat of a fine grid with a detector's rows is


@dataclass(frozen=True)
class Exposure:
    """One radiograph's technique and display.

    scatter: scattered relative to primary photons, 0.2 (small child, air gap) to 0.7. photons: per pixel of a 512-pixel
    image behind no body; sets the grain. blur: standard deviation, in image widths. lung_grey, dense_grey: grey levels
    in (0, 1) on which the median lung and the densest tenth are displayed. floor: display level cut to black.
    crispness: strength of the edge enhancement that digital systems apply. grid: shadow of an anti-scatter grid's
    lines, as a share of the signal.
    """

    scatter: float
    photons: float
    blur: float
    lung_grey: float
    dense_grey: float
    floor: float
    crispness: float
    grid: float = 0.0


def draw_exposure(rng: np.random.Generator, hospital: Hospital = HOME) -> Exposure:
    """A technique of the hospital; `HOME`'s ranges fit grey-level statistics of the Kermany training radiographs."""
    lung = rng.uniform(*hospital.lung_grey)
    return Exposure(
        scatter=rng.uniform(*hospital.scatter),
        photons=10 ** rng.uniform(*hospital.photons),
        blur=rng.uniform(*hospital.blur),
        lung_grey=lung,
        dense_grey=rng.uniform(max(0.68, lung + 0.22), hospital.most_dense),
        floor=rng.uniform(*hospital.floor),
        crispness=rng.uniform(*hospital.crispness),
        grid=hospital.grid,
    )


def signal(canvas: Canvas, attenuation: np.ndarray, exposure: Exposure, grain: np.ndarray | None) -> np.ndarray:
    """Logarithm of what the detector measured (larger is denser), float32 (size, size)."""
    primary = np.exp(-attenuation)
    scattered = exposure.scatter * canvas.soften(np.minimum(primary, 0.35), SCATTER_WIDTH)
    measured = primary + scattered
    if grain is not None:
        per_pixel = exposure.photons * (512 / canvas.size) ** 2
        measured = measured + grain * np.sqrt(measured / per_pixel)
    if exposure.grid:
        measured = measured * (1 + exposure.grid * np.sin(2 * np.pi * GRID_LINES * canvas.u))
    density = -np.log(np.maximum(measured, 1e-4))
    density = canvas.soften(density, exposure.blur)
    return density + exposure.crispness * (density - canvas.soften(density, 0.02))


def display(density: np.ndarray, anchors: tuple[float, float], exposure: Exposure) -> np.ndarray:
    """Sigmoid display curve through (median lung, lung_grey) and (dense, dense_grey); float32 in [0, 1]."""
    low, high = (float(np.log(grey / (1 - grey))) for grey in (exposure.lung_grey, exposure.dense_grey))
    slope = (high - low) / max(anchors[1] - anchors[0], 0.2)
    grey = 1 / (1 + np.exp(-(low + slope * (density - anchors[0]))))
    return np.clip((grey - exposure.floor) / (1 - exposure.floor), 0, 1)


def collimate(canvas: Canvas, grey: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Sometimes a strip outside the collimated field, black or (masked digitally) white."""
    widths = np.where(rng.random(4) < 0.12, rng.uniform(0.01, 0.05, 4), -1.0)
    white = rng.random() < 0.08
    u, v = canvas.u, canvas.v
    inside = np.ones_like(grey)
    for distance, width in zip((u, 1 - u, v, 1 - v), widths, strict=True):
        inside *= np.clip((distance - width) / 0.004 + 0.5, 0, 1) if width > 0 else 1
    return grey * inside + (1 - inside) * (0.95 if white else 0.0)


def mark_side(canvas: Canvas, grey: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A lead letter: R on the patient's right (image left) or L on the left; sometimes none."""
    present, is_right = rng.random() < 0.85, rng.random() < 0.8
    u, v, tall = rng.uniform(0.02, 0.10), rng.uniform(0.05, 0.45), rng.uniform(0.030, 0.055)
    bright, weight = rng.uniform(0.75, 1.0), rng.uniform(0.004, 0.008)
    if not present:
        return grey
    layer = canvas.empty()
    font_units = 21.0  # height of a capital of OpenCV's simplex font at scale 1, in pixels
    at = (int((u if is_right else 0.95 - u) * canvas.size), int(v * canvas.size))
    thickness = max(1, round(weight * canvas.size))
    cv2.putText(layer, "R" if is_right else "L", at, cv2.FONT_HERSHEY_SIMPLEX, tall * canvas.size / font_units, 255,
                thickness, cv2.LINE_AA)  # fmt: skip
    return np.maximum(grey, bright * canvas.soften(layer, 0.0012))
