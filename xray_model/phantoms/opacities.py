"""Pneumonia as a fraction of the lung's air replaced by fluid, so that an opacity exists only where there is lung."""

from __future__ import annotations

import numpy as np

from xray_model.phantoms.anatomy import INFLATED_LUNG, SOFT_TISSUE, Chest, Side
from xray_model.phantoms.canvas import Canvas
from xray_model.phantoms.detail import tree

MASK_FRACTION = 0.25  # of the opacity's greatest added attenuation: what counts as inside opacity_mask
ZONE_WIDTH = 0.02  # image widths: the interstitial zone is the blurred haze, not its thin lines
LOBES = ("right upper", "right middle", "right lower", "left upper", "left lower")


def soft_step(distance: np.ndarray, width: float) -> np.ndarray:
    """0 to 1 as `distance` passes 0, over about `width` on each side."""
    return 1 / (1 + np.exp(-np.clip(3 * distance / width, -30, 30)))


def patient_grid(canvas: Canvas) -> tuple[np.ndarray, np.ndarray]:
    """Patient x and y at each pixel (the smooth bend left out: a percent or two)."""
    pose = canvas.pose
    u, v = canvas.u - pose.center[0], canvas.v - pose.center[1]
    cos, sin = np.float32(np.cos(pose.tilt)), np.float32(np.sin(pose.tilt))
    return (cos * u + sin * v) / pose.scale[0], (cos * v - sin * u) / pose.scale[1] + 0.5


def lobar(canvas: Canvas, rng: np.random.Generator) -> np.ndarray:
    """One lobe or most of it, dense; sharp along a fissure or the diaphragm, soft elsewhere; fraction filled."""
    lobe = LOBES[rng.integers(len(LOBES))]
    side: Side = -1 if lobe.startswith("right") else 1
    x, y = patient_grid(canvas)
    fissure = 0.53 + rng.normal(0, 0.02) + rng.normal(0, 0.05) * (np.abs(x) - 0.5)
    rough = 0.07 * canvas.texture(rng, 7) + 0.04 * canvas.texture(rng, 22)
    soft, sharp, extent = rng.uniform(0.10, 0.18), 0.012, rng.uniform(0.0, 0.18)
    border = {
        "right upper": soft_step(fissure - y, sharp) * soft_step(y - 0.02 - extent + rough, soft),
        "right middle": soft_step(y - fissure, sharp) * soft_step(0.80 - extent - np.abs(x) + rough, soft)
        * soft_step(0.92 - y + rough, soft),
        "right lower": soft_step(y - 0.55 - extent + rough, soft),
        "left upper": soft_step(0.60 - extent - y + rough, soft) * soft_step(y - 0.02 + rough, soft),
        "left lower": soft_step(y - 0.52 - extent + rough, soft),
    }[lobe]  # fmt: skip
    filled = rng.uniform(0.6, 0.9) * border * soft_step(x * side - 0.02, 0.04)
    return filled * (1 + 0.06 * canvas.texture(rng, 14)) * (1 - air_bronchograms(canvas, rng, side))


def air_bronchograms(canvas: Canvas, rng: np.random.Generator, side: Side) -> np.ndarray:
    """Bronchi that stay open in the filled lung: fraction of the filling they take away."""
    strength = rng.uniform(0.15, 0.45) * (rng.random() < 0.7)
    layer = canvas.empty()
    lines, widths = tree(rng, side, 4)
    canvas.threads(layer, lines, 0.010 * widths, np.ones_like(widths))
    return strength * canvas.soften(layer, 0.003)


def patchy(canvas: Canvas, rng: np.random.Generator) -> np.ndarray:
    """Several ill-defined cotton-wool patches, more in the lower zones; fraction filled."""
    x, y = patient_grid(canvas)
    ragged = 0.45 * canvas.texture(rng, 10) + 0.3 * canvas.texture(rng, 24) + 0.15 * canvas.texture(rng, 56)
    main, both = rng.choice([-1, 1]), rng.random() < 0.6
    air_left = np.ones_like(x)
    for _ in range(rng.integers(4, 9)):
        side = main if not both or rng.random() < 0.6 else -main
        at = (side * rng.uniform(0.28, 0.75), rng.triangular(0.2, 0.75, 0.98))
        radius = rng.uniform(0.11, 0.22)
        spread = ((x - at[0]) ** 2 + (1.3 * (y - at[1])) ** 2) / radius**2
        air_left *= 1 - rng.uniform(0.4, 0.7) * np.exp(-spread * np.exp(ragged))
    return 1 - air_left


def interstitial(canvas: Canvas, rng: np.random.Generator) -> np.ndarray:
    """Haze and a net of fine lines around both hila; fraction filled."""
    x, y = patient_grid(canvas)
    reach, middle = rng.uniform(0.32, 0.48), rng.uniform(0.50, 0.66)
    zone = np.exp(-(((np.abs(x) - 0.38) / reach) ** 2 + ((y - middle) / (1.05 * reach)) ** 2))
    zone *= np.clip(1 + 0.25 * canvas.texture(rng, 6), 0.3, 1.6)
    net = sum(weight * np.exp(-((canvas.texture(rng, cells) / 0.32) ** 2)) for cells, weight in ((34, 0.6), (58, 0.5)))
    streaks = canvas.empty()
    for side in (-1, 1):
        lines, widths = tree(rng, side, 5)
        canvas.threads(streaks, lines, 0.006 * widths**0.4, np.full_like(widths, 0.9))
    lines = 0.6 * net + 0.7 * canvas.soften(streaks, 0.002) + 0.5 * canvas.soften(streaks, 0.012)
    return zone * (rng.uniform(0.21, 0.34) + rng.uniform(0.28, 0.42) * lines)


PATTERNS = {"lobar": lobar, "patchy": patchy, "interstitial": interstitial}


def draw_opacity(
    canvas: Canvas, chest: Chest, finding: str, rng: np.random.Generator, filling: float = 1.0
) -> tuple[np.ndarray, np.ndarray]:
    """Added attenuation (float32 line integral) and its mask, both (size, size), for one of the three findings.

    filling: how much of the lung's air it replaces, relative to a plain one.
    """
    filled = filling * np.clip(PATTERNS[finding](canvas, rng), 0, 0.95)
    added = (filled * (SOFT_TISSUE - INFLATED_LUNG) * chest.air).astype(np.float32)
    zone = canvas.soften(added, ZONE_WIDTH) * (chest.air > 0) if finding == "interstitial" else added
    return added, zone > MASK_FRACTION * zone.max()
