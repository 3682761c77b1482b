"""What lies in and on the chest: lung vessels, airway, stomach gas, leads, tube. Line integrals, dimensionless."""

from __future__ import annotations

import cv2
import numpy as np

from xray_model.phantoms.anatomy import SOFT_TISSUE, Build, Side
from xray_model.phantoms.canvas import Canvas, smooth_curve

HILUM = (0.20, 0.47)  # patient x, y where vessels and bronchi enter the lung
VESSEL_WIDTH = 0.011  # image widths, at the hilum
STEMS = 9  # vessels that leave one hilum
VESSEL = 0.36  # line integral of a hilar vessel: about 20 mm of blood in place of lung


def tree(rng: np.random.Generator, side: Side, generations: int) -> tuple[np.ndarray, np.ndarray]:
    """Branches of one lung: patient polylines (n, 5, 2) and widths (n,) relative to the widest possible."""
    angles = np.linspace(-1.2, 1.4, STEMS) + 0.2 * rng.standard_normal(STEMS)
    starts = np.stack([np.full(STEMS, HILUM[0] * side), HILUM[1] + 0.10 * np.sin(angles)], 1)
    widths, lengths = rng.uniform(0.6, 1.0, STEMS), rng.uniform(0.14, 0.24, STEMS)
    lines, all_widths = [], []
    for _ in range(generations):
        bends = angles[:, None] + np.cumsum(rng.normal(0, 0.16, (len(angles), 4)), axis=1)
        steps = np.stack([side * np.cos(bends), np.sin(bends)], 2) * (lengths / 4)[:, None, None]
        line = np.concatenate([starts[:, None], starts[:, None] + np.cumsum(steps, axis=1)], axis=1)
        lines.append(line)
        all_widths.append(widths)
        forks = np.concatenate([rng.uniform(0.1, 0.6, len(angles)), rng.uniform(-0.6, -0.1, len(angles))])
        angles, starts = np.tile(bends[:, -1], 2) + forks, np.tile(line[:, -1], (2, 1))
        widths, lengths = np.tile(widths, 2) * 0.70, np.tile(lengths, 2) * rng.uniform(0.6, 1.0, len(forks))
    return np.concatenate(lines), np.concatenate(all_widths)


def vessels(canvas: Canvas, rng: np.random.Generator, air: np.ndarray, plainness: float = 1.0) -> np.ndarray:
    """Branching lung vessels and hilar shadows; only where there is lung. plainness: of both, 1 at `HOME`."""
    layer, hila = canvas.empty(), canvas.empty()
    prominence = plainness * rng.uniform(0.7, 1.3)
    for side in (-1, 1):
        lines, widths = tree(rng, side, 5)
        canvas.threads(layer, lines, VESSEL_WIDTH * widths, 0.35 + 0.65 * widths)
        middle = np.array([[0.20, 0.36], [0.30, 0.43], [0.29, 0.55], [0.21, 0.62], [0.16, 0.5]]) * [side, 1]
        canvas.fill(middle + 0.015 * rng.standard_normal((5, 2)), hila, 150)
    shadow = canvas.soften(layer, 0.0022) * 0.75 + canvas.soften(layer, 0.010) * 0.5
    fine = canvas.texture(rng, 40) + canvas.texture(rng, 90)  # vessels and septa too small to draw
    shadow += 0.10 * fine
    return VESSEL * prominence * (shadow + 0.9 * canvas.soften(hila, 0.022)) * np.minimum(air / 6.0, 1)


def airway(canvas: Canvas, rng: np.random.Generator, yaw: float) -> np.ndarray:
    """Air in the trachea and the main bronchi: negative, as it replaces soft tissue."""
    layer = canvas.empty()
    sway = rng.normal(0, 0.012, 2)
    trachea = [[sway[0], -0.6], [sway[0], -0.15], [sway[1] - 0.01, 0.12], [-0.03 + 0.5 * yaw, 0.36]]
    fork = trachea[-1]
    canvas.ribbon(layer, smooth_curve(np.array(trachea)), 0.026)
    for end in ([-0.17, 0.47], [0.19, 0.50]):
        line = smooth_curve(np.array([fork, [fork[0] + 0.4 * (end[0] - fork[0]), 0.42], end]))
        canvas.ribbon(layer, line, 0.017 * np.linspace(1, 0.7, len(line)), 150)
    return -SOFT_TISSUE * rng.uniform(0.7, 1.5) * canvas.soften(layer, 0.006)  # about 1.2 cm of air


def gas(canvas: Canvas, rng: np.random.Generator, build: Build) -> np.ndarray:
    """Stomach bubble below the left hemidiaphragm and loops of bowel: negative, often absent."""
    layer = canvas.empty()
    turn = np.linspace(0, 2 * np.pi, 9)[:-1]
    under_dome = np.array([rng.normal(0.48, 0.08), 1.18 + build.inspiration + build.left_drop])
    for loop in range(rng.integers(0, 6)):
        at = under_dome + rng.normal(0, [0.12, 0.02]) if loop < 3 else rng.uniform([-0.7, 1.35], [0.8, 1.6])
        radius = rng.uniform(0.06, 0.15) * (1 + 0.2 * rng.standard_normal(8))
        ring = np.stack([1.5 * radius * np.cos(turn), 0.6 * radius * np.sin(turn)], 1)
        canvas.fill(ring + at, layer, int(rng.integers(120, 255)))
    return -SOFT_TISSUE * 2.6 * canvas.soften(layer, 0.010)


def devices(canvas: Canvas, rng: np.random.Generator) -> np.ndarray:
    """Now and then: electrode leads, a gastric tube."""
    layer = canvas.empty()
    has_leads, has_tube = rng.random() < 0.14, rng.random() < 0.07
    ends, bends = rng.uniform([-0.9, 0.1], [0.9, 0.9], (3, 2)), rng.normal(0, 0.15, (3, 2))
    outside = rng.choice([-1.3, 1.3])
    sway = rng.normal(0, 0.02, 5)
    for end, bend in zip(ends if has_leads else [], bends, strict=False):
        wire = smooth_curve(np.array([end, end * 0.5 + bend + [0.5 * outside * 0.7, 0.4], [outside, 1.1 + bend[1]]]))
        canvas.thread(layer, canvas.place(wire), 0.0028, 0.75)
        cv2.circle(layer, tuple(canvas.fixed(canvas.place(end[None]))[0]), int(0.008 * canvas.size * 16), 200, -1,
                   cv2.LINE_AA, 4)  # fmt: skip
    if has_tube:
        course = np.array([[0.02, -0.6], [0.02, -0.1], [0.03, 0.4], [0.06, 0.95], [0.3, 1.2]])
        line = smooth_curve(course + np.stack([sway, 0 * sway], 1))
        canvas.thread(layer, canvas.place(line), 0.006, 0.6)
    return 0.7 * canvas.soften(layer, 0.0015)
