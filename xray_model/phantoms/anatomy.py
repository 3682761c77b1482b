"""The soft parts of a child's chest: body, lungs, heart, mediastinum, diaphragm, vessels, airway, stomach gas.

Each is a path length in centimetres or a line integral (path length x attenuation coefficient, dimensionless).
Attenuation coefficients are those of about 45 keV, the mean energy of a 60-70 kVp paediatric beam
(NIST XCOM: water 0.25 / cm; inflated lung has a quarter to a third of the density of water).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xray_model.phantoms.canvas import Canvas, Pose, smooth_curve
from xray_model.phantoms.hospital import HOME, Hospital

SOFT_TISSUE = 0.25  # 1 / cm
INFLATED_LUNG = 0.07  # 1 / cm
CHEST_DEPTH = 12.5  # cm, front to back, a child of about three years
AIR_DEPTH = 8.6  # cm of lung, front to back, in mid-lung

ARM_WIDTH = 0.50  # half chests
ARM_DEPTH = 5.5  # cm
HEAD_DEPTH = 6.0  # cm, added where the chin hangs over the neck
CHIN = np.array([[-0.4, -0.45], [-0.36, -0.26], [0, -0.17], [0.36, -0.26], [0.4, -0.45], [0, -0.9]])
MEDIASTINUM_FILLS, HEART_FILLS = 0.92, 0.80  # of the chest's depth; the rest is lung before and behind

Side = int  # -1: the patient's right (image left), +1: the patient's left


@dataclass(frozen=True)
class Build:
    """One child's body and breath, drawn from the anatomy stream; fractions are of the chest's half width or height.

    habitus: half width of the chest with its wall; 1 is the inner chest wall. inspiration: added to the depth of both
    diaphragms (patient y). left_drop: how much lower the left hemidiaphragm is. heart: width relative to an average
    one. thymus: half width added to the upper mediastinum. arms_up: whether the arms lie beside the head. jitter: (40,)
    standard normal numbers that make outlines individual. depth: of the chest, relative to a child of three.
    """

    habitus: float
    inspiration: float
    left_drop: float
    heart: float
    thymus: float
    arms_up: bool
    jitter: np.ndarray
    depth: float = 1.0


@dataclass(frozen=True)
class Chest:
    """What the opacities need to know of the anatomy; all arrays are (size, size).

    attenuation: float32 line integral of the whole body. air: float32 path through inflated lung, in cm. lungs: bool,
    both visible lung fields.
    """

    attenuation: np.ndarray
    air: np.ndarray
    lungs: np.ndarray


def draw_pose(rng: np.random.Generator, hospital: Hospital = HOME) -> Pose:
    """Framing from tight to loose; `HOME`'s ranges fit lung masks of the Kermany training radiographs."""
    wide, tall = rng.uniform(*hospital.wide), rng.uniform(*hospital.tall)
    center = (rng.normal(0.5, 0.015), rng.normal(0.475, 0.02))
    tilt, yaw = rng.normal(0, 0.03), rng.normal(0, 0.04)
    return Pose(center, (wide, tall), tilt, yaw, rng.uniform(0.002, 0.006), tuple(rng.uniform(0, 6.28, 4)))


def draw_build(rng: np.random.Generator, hospital: Hospital = HOME) -> Build:
    """Somebody from slim to chubby, in deep or shallow breath."""
    return Build(
        habitus=rng.uniform(*hospital.habitus),
        inspiration=rng.normal(0, 0.03),
        left_drop=rng.uniform(0.01, 0.06),
        heart=rng.uniform(*hospital.heart),
        thymus=max(0.0, rng.normal(0.0, hospital.thymus)),
        arms_up=bool(rng.random() < hospital.arms_up),
        jitter=rng.standard_normal(40),
        depth=hospital.depth,
    )


def chest_wall(y: np.ndarray) -> np.ndarray:
    """Half width of the rib cage's inside at height y (patient coordinates)."""
    heights = [-0.10, 0.0, 0.06, 0.15, 0.30, 0.50, 0.75, 1.0, 1.2, 1.6]
    widths = [0.15, 0.33, 0.48, 0.64, 0.80, 0.92, 0.99, 1.01, 1.0, 0.93]
    return np.interp(y, heights, widths)


def diaphragm(build: Build, side: Side) -> np.ndarray:
    """Points (n, 2) of one hemidiaphragm from the midline to the costophrenic angle."""
    top = 1.0 + build.inspiration + (build.left_drop if side > 0 else 0.0)
    lift = 0.010 * build.jitter[10 + side]
    x = np.array([0.0, 0.15, 0.35, 0.55, 0.75, 0.90, 1.0, 1.08])
    y = top + np.array([0.05, 0.03, 0.0 - lift, 0.0, 0.035 + lift, 0.10, 0.185, 0.26])
    return np.stack([side * x, y], axis=1)


def rib_cage_outline(build: Build) -> np.ndarray:
    """Closed outline (n, 2) of the chest cavity, reaching far below the diaphragm."""
    y = np.array([0.0, 0.08, 0.2, 0.35, 0.5, 0.7, 0.9, 1.1, 1.4])
    right = chest_wall(y) + 0.006 * build.jitter[:9]
    left = chest_wall(y) + 0.006 * build.jitter[9:18]
    roof = np.array([[-0.22, -0.035], [0.0, -0.02], [0.22, -0.035]])
    return np.vstack([roof, np.stack([left, y], 1), np.stack([-right, y], 1)[::-1]])


def heart_outline(build: Build, yaw: float) -> np.ndarray:
    """Closed outline (n, 2) of the heart, apex to the patient's left."""
    h, j, low = build.heart, build.jitter[20:32], build.inspiration
    points = np.array(
        [[-0.17, 0.30], [-0.22, 0.50], [-0.31, 0.66], [-0.33, 0.82], [-0.26, 0.98], [0.10, 1.12], [0.40, 1.14],
         [0.62, 1.06], [0.67, 0.95], [0.60, 0.78], [0.46, 0.60], [0.30, 0.44], [0.20, 0.28]]
    )  # fmt: skip
    points = points * [h, 1.0] + [yaw, 0.6 * low]
    points[:12] += 0.010 * np.stack([j, np.roll(j, 5)], 1)
    return points


def mediastinum_outline(build: Build, yaw: float) -> np.ndarray:
    """Closed outline (n, 2) of great vessels, thymus and spine's soft parts; its front turns with the patient."""
    t, j = build.thymus, 0.01 * build.jitter[32:40]
    right = np.array(
        [[-0.17 + j[0], -0.3], [-0.17 + j[1], 0.0], [-0.18 - 0.7 * t + j[2] + yaw, 0.15], [-0.20 - t + yaw, 0.30],
         [-0.235 - 0.8 * t + j[3] + yaw, 0.43], [-0.24 - 0.4 * t, 0.56], [-0.20, 0.8], [-0.19, 1.3]]
    )  # fmt: skip
    left = np.array(
        [[0.20, 1.3], [0.20, 0.7], [0.27 + 0.6 * t + yaw, 0.46], [0.25 + j[4] + t + yaw, 0.32],
         [0.20 + 0.7 * t + j[5] + yaw, 0.18], [0.18 + j[6], 0.03], [0.17, -0.3]]
    )  # fmt: skip
    return np.vstack([right, left])


def body_outline(build: Build) -> np.ndarray:
    """Closed outline (n, 2) of trunk, shoulders and neck."""
    w = build.habitus
    lift = 0.10 if build.arms_up else 0.10 * (w - 1.2)  # raised arms take the shoulders' corners with them
    half = np.array(
        [[0.33, -0.6], [0.35, -0.30 - lift], [0.42, -0.19 - lift], [0.62, -0.14 - lift],
         [0.92, -0.11 - 1.4 * lift], [1.10 + 0.3 * lift, -0.02 - lift], [w + 0.02, 0.15 - 0.6 * lift],
         [w - 0.02, 0.35], [w - 0.02, 0.6], [w, 0.85], [w, 1.1], [w - 0.02, 1.4], [w, 1.9]]
    )  # fmt: skip
    return np.vstack([half, half[::-1] * [-1, 1]])


def arm_line(build: Build, side: Side) -> np.ndarray:
    """Middle line (n, 2) of one upper arm, from the shoulder."""
    j = build.jitter[12 + side]
    if build.arms_up:
        line = [[0.94, 0.04], [1.12, -0.10], [1.29 + 0.06 * j, -0.32], [1.46 + 0.1 * j, -0.7]]
    else:
        line = [[1.0, 0.0], [1.22, 0.12], [1.36 + 0.03 * j, 0.4], [1.46 + 0.05 * j, 0.8], [1.5, 1.3]]
    return smooth_curve(np.array(line) * [side, 1])


def body_thickness(canvas: Canvas, build: Build, rng: np.random.Generator) -> np.ndarray:
    """Path through the body in cm if it held no air, arms included; float32 (size, size)."""
    scale = canvas.pose.scale[0]
    trunk = canvas.rounded_beyond([canvas.place(smooth_curve(body_outline(build), closed=True))], 0.62 * scale)
    edges = [canvas.margins(arm_line(build, side), ARM_WIDTH * scale) for side in (-1, 1)]
    arms = [np.vstack([inner, outer[::-1]]) for inner, outer in edges]
    limbs = canvas.soften(canvas.rounded_beyond(arms, 0.5 * ARM_WIDTH * scale), 0.008)
    turn = np.array([0.1 * build.jitter[33], 0.07 * build.jitter[34] - 0.07])
    head = canvas.soften(canvas.rounded(canvas.fill(CHIN + turn), 0.2 * scale), 0.004)
    depth = CHEST_DEPTH * build.depth * (1 + 0.4 * (build.habitus - 1.2))
    flesh = 1 + 0.025 * canvas.texture(rng, 7) + 0.012 * canvas.texture(rng, 26)  # muscle and fat
    return flesh * np.hypot(canvas.soften(depth * trunk, 0.005), ARM_DEPTH * limbs) + HEAD_DEPTH * head


def air_path(canvas: Canvas, build: Build) -> tuple[np.ndarray, np.ndarray]:
    """Path through lung in cm, and the visible fields of both lungs."""
    yaw, scale = canvas.pose.yaw, canvas.pose.scale[0]
    cage = canvas.fill(rib_cage_outline(build))
    floor = np.vstack([diaphragm(build, -1)[::-1], diaphragm(build, 1)[1:], [[1.3, 2.2], [-1.3, 2.2]]])
    below = canvas.fill_outline(canvas.empty(), canvas.place(np.vstack([smooth_curve(floor[:-2]), floor[-2:]])))
    heart = canvas.fill(heart_outline(build, yaw))
    middle = canvas.fill(mediastinum_outline(build, yaw))
    over = canvas.distance(255 - below)
    under = canvas.distance(below)
    # Below the dome's top a thin lip of lung lies behind the liver; above it the dome's slopes still take room.
    dome = np.where(below > 127, 0.16 * np.exp(-under / 0.03), 0.42 + 0.58 * np.sqrt(np.minimum(over / 0.16, 1)))
    cavity = canvas.rounded(cage, 0.40 * scale)
    solid = np.maximum(
        MEDIASTINUM_FILLS * canvas.rounded(middle, 0.10 * scale), HEART_FILLS * canvas.rounded(heart, 0.24 * scale)
    )
    air = (
        AIR_DEPTH
        * build.depth
        * cavity
        * canvas.soften(dome.astype(np.float32), 0.003)
        * (1 - canvas.soften(solid, 0.003))
    )
    fields = (cage > 127) & (below < 128) & (heart < 128) & (middle < 128)
    return air, fields
