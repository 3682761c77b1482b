"""A child's bones on a chest radiograph, as line integrals (dimensionless): ribs, spine, clavicles, scapulae, arms.

A rib is a tilted ring seen from the front: it leaves the spine nearly level, falls steeply at the side and comes
back inward and down in front, where it turns to cartilage and fades.
"""

from __future__ import annotations

import numpy as np

from xray_model.phantoms.anatomy import Build, Side, arm_line, chest_wall
from xray_model.phantoms.canvas import Canvas, across, beside, outline, smooth_curve

RIB_PAIRS = 12
RIB_SPACING = 0.114  # patient y between posterior ribs: the diaphragm's top lies at the ninth in inspiration
FIRST_RIB = -0.03  # patient y of the first rib's head
RIB_WIDTH = 0.029  # image widths
RIB = 0.37  # line integral of a rib seen face on: about 4 mm of a child's bone
SPINE = 0.34
CLAVICLE_WIDTH = 0.023  # image widths
CLAVICLE = 0.46
SCAPULA = 0.11
HUMERUS = 0.55


def rib_rings(rib: np.ndarray, side: np.ndarray, yaw: float, wobble: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Posterior and anterior halves, (k, n, 2) each, of ribs with these numbers (0 is the first) and sides.

    rib, side: (k,). wobble: (3, k), standard normal numbers that make ribs individual.
    """
    head = FIRST_RIB + RIB_SPACING * rib + 0.006 * wobble[0]
    drop = np.interp(rib, [0, 2, 6, 10], [0.14, 0.25, 0.36, 0.36]) + 0.012 * wobble[1]
    width = chest_wall(head + drop / 2 + 0.03) + 0.015
    slope = np.interp(rib, [0, 4, 10], [0.0, 0.03, 0.15])  # low ribs fall all the way
    turn = np.linspace(0.12, np.pi * 0.80, 44)  # from the costovertebral joint to the cartilage
    x = (side * width)[:, None] * np.sin(turn) ** 0.95 + yaw * (1 - np.cos(turn)) / 2
    rise = -0.035 * np.sin(2 * np.minimum(turn, np.pi / 2))  # the neck of the rib climbs first
    y = head[:, None] + drop[:, None] * (1 - np.cos(turn)) / 2 + rise + slope[:, None] * np.sin(turn)
    rings = np.stack([x, y], axis=-1)
    return rings[:, :27], rings[:, 25:]


def hollow(canvas: Canvas, shape: np.ndarray, rim: np.ndarray) -> np.ndarray:
    """Bone from its filled shape and its rim: spongy inside, compact at the edge; float32 about 0 to 1."""
    return 0.62 * canvas.soften(shape, 0.0022) + 0.50 * canvas.soften(rim, 0.0012)


def rib_layers(canvas: Canvas, wobble: np.ndarray) -> np.ndarray:
    """All ribs' line integral, float32 (size, size). wobble: (3, RIB_PAIRS, 2), see `rib_rings`."""
    rib, side = np.tile(np.arange(RIB_PAIRS), 2), np.repeat([-1, 1], RIB_PAIRS)
    own = wobble[:, rib, (side + 1) // 2]
    posterior, anterior = rib_rings(rib, side, canvas.pose.yaw, own)
    slim = (RIB_WIDTH * np.where((rib == 0) | (rib == 11), 0.8, 1.0) * (1 + 0.06 * own[2]))[:, None]
    faint = np.interp(rib, [0, 6, 8, 10], [215, 205, 120, 20]).astype(int)
    back = draw_ribs(canvas, posterior, slim * np.linspace(0.85, 1.0, posterior.shape[1]), np.full_like(faint, 255))
    front = draw_ribs(canvas, anterior, slim * np.linspace(0.95, 1.2, anterior.shape[1]), faint)
    lateral = sideways(canvas)
    tangential = 1 + 0.9 * np.clip(lateral, 0, 1.05) ** 7  # the beam runs along the bone at the side
    cartilage = np.clip((lateral - 0.42) / 0.3, 0, 1)  # near the mid-clavicular line bone ends
    return RIB * tangential * (hollow(canvas, *back) + 0.8 * cartilage * hollow(canvas, *front))


def sideways(canvas: Canvas) -> np.ndarray:
    """Distance from the midline in half chests (tilt and bend left out), float32 (size, size)."""
    return np.abs(canvas.u - canvas.pose.center[0]) / canvas.pose.scale[0]


def draw_ribs(
    canvas: Canvas, lines: np.ndarray, width: np.ndarray, values: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Halves of ribs, (k, n, 2), as a filled layer and a rim layer, where the lower edge is brighter."""
    placed = canvas.place(lines)
    normal = across(placed)
    shape = canvas.fill_outlines(canvas.empty(), outline(*beside(placed, normal, width)), values.tolist())
    rim, edges = canvas.empty(), np.stack(beside(placed, normal, width * 0.92), axis=1)
    bright = np.array([0.5, 0.9]) * values[:, None] / 255
    canvas.strokes(rim, edges.reshape(-1, *edges.shape[2:]), 0.004, bright.ravel())
    return shape, rim


def spine_layer(canvas: Canvas, rng: np.random.Generator) -> np.ndarray:
    """Vertebral bodies with end plates, pedicles and spinous processes; float32 (size, size)."""
    rims, spots = canvas.empty(), canvas.empty()
    curve, level = rng.normal(0, 0.008), np.arange(-4, 16)
    y = FIRST_RIB + RIB_SPACING * (level + 0.1)
    x = curve * np.sin(2.5 * y) - 0.3 * canvas.pose.yaw
    half, tall = np.interp(level, [-4, 0, 14], [0.10, 0.11, 0.15]), np.full(len(level), 0.40 * RIB_SPACING)

    def pairs(first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """For the points of each level, (levels, 1, 2)."""
        return np.stack([first, second], axis=1)[:, None]

    extent = pairs(half, tall)
    box = np.array([[-1, -1], [0, -0.86], [1, -1], [0.9, 0], [1, 1], [0, 0.9], [-1, 1], [-0.9, 0]])
    box = box * extent * (1 + 0.03 * rng.standard_normal((len(level), 8, 2))) + pairs(x, y)
    bodies = canvas.fill_outlines(canvas.empty(), canvas.place(smooth_curve(box, closed=True)), [255] * len(level))
    plates = canvas.place(smooth_curve(np.stack([box[:, [0, 1, 2]], box[:, [6, 5, 4]]], axis=1)))
    canvas.strokes(rims, plates.reshape(-1, *plates.shape[2:]), 0.005, 0.7)
    foot = np.array([[-0.22, -0.1], [0, -0.5], [0.22, -0.1], [0, 0.35]]) * extent
    feet = [foot + pairs(x + at * half, y) for at in (-0.62, 0.62)]
    rings = canvas.place(smooth_curve(np.stack(feet, axis=1), closed=True))
    thorns = np.array([[0, 0.3], [0.0, 1.3]]) * extent + pairs(x - 0.5 * canvas.pose.yaw, y)
    bands = outline(*canvas.margins(thorns, 0.014))
    for pair, band in zip(rings, bands, strict=True):
        canvas.strokes(spots, pair, 0.005, 0.55)
        canvas.fill_outline(spots, band, 110)
    column = 0.75 * canvas.soften(bodies, 0.004) + 0.25 * canvas.soften(bodies, 0.02)
    return SPINE * (column + 0.5 * canvas.soften(rims, 0.0025) + 0.42 * canvas.soften(spots, 0.003))


def clavicle_line(side: Side, yaw: float, lift: np.ndarray, arms_up: bool) -> np.ndarray:
    """Middle line (n, 2) of one clavicle, from the sternal end outward: an S that rises, more with raised arms."""
    points = np.array([[0.12, 0.085], [0.20, 0.075], [0.36, 0.035], [0.54, -0.015], [0.70, -0.035], [0.86, -0.02]])
    raise_outside = 0.02 * lift[1] + (0.06 if arms_up else 0.0)
    points[:, 1] += 0.015 * lift[0] - raise_outside * points[:, 0] ** 2
    return smooth_curve(points) * [side, 1] + np.array([yaw, 0])


def shoulder_layer(canvas: Canvas, build: Build, rng: np.random.Generator) -> np.ndarray:
    """Clavicles, scapulae and upper arm bones; float32 (size, size)."""
    total = np.zeros((canvas.size, canvas.size), np.float32)
    outward = np.clip((1.0 - sideways(canvas)) / 0.25, 0.25, 1)  # flat and thin toward the shoulder
    for side in (-1, 1):
        lift = rng.standard_normal(6)
        shape, rim = canvas.empty(), canvas.empty()
        line = clavicle_line(side, canvas.pose.yaw, lift, build.arms_up)
        along = np.linspace(0, 1, len(line))
        width = CLAVICLE_WIDTH * np.interp(along, [0, 0.04, 0.2, 0.5, 0.9, 1], [0.9, 1.4, 1.1, 0.85, 0.8, 0.4])
        canvas.ribbon(shape, line, width)
        for edge in canvas.margins(line, width * 0.9):
            canvas.thread(rim, edge, 0.004, 0.8)
        total += CLAVICLE * outward * hollow(canvas, shape, rim)
        total += SCAPULA * scapula(canvas, build, side, lift)
        total += HUMERUS * humerus(canvas, build, side)
    return total


def scapula(canvas: Canvas, build: Build, side: Side, lift: np.ndarray) -> np.ndarray:
    """One shoulder blade with its dense outer border and its spine; turned outward when the arms are up."""
    out = 0.10 if build.arms_up else 0.0
    corners = np.array([[0.66 + out, 0.04], [0.90 + out, 0.01], [1.06 + out, 0.07], [1.00 + out, 0.17],
                        [0.93 + 1.3 * out, 0.34], [0.84 + 1.6 * out, 0.46], [0.75 + 1.5 * out, 0.36]])  # fmt: skip
    corners = (corners + 0.015 * np.resize(lift, (7, 1))) * [side, 1]
    shape, rim = canvas.fill(corners), canvas.empty()
    canvas.thread(rim, canvas.place(smooth_curve(corners[2:6])), 0.011, 1.0)
    canvas.thread(rim, canvas.place(smooth_curve(corners[[6, 0, 1, 2]])), 0.005, 0.6)
    canvas.thread(rim, canvas.place(smooth_curve(corners[[0, 1, 3]] * [1, 1.02])), 0.009, 0.7)
    return 0.45 * canvas.soften(shape, 0.006) + 1.2 * canvas.soften(rim, 0.003)


def humerus(canvas: Canvas, build: Build, side: Side) -> np.ndarray:
    """Upper arm bone: shaft with compact walls, and the growth centre of its head apart from it."""
    shape, rim = canvas.empty(), canvas.empty()
    line = arm_line(build, side)[6:]
    width = 0.036 * np.interp(np.linspace(0, 1, len(line)), [0, 0.2, 1], [1.5, 0.95, 0.85])
    canvas.ribbon(shape, line, width)
    for edge in canvas.margins(line, width * 0.85):
        canvas.thread(rim, edge, 0.007, 0.9)
    head = canvas.place(line[:1])[0]
    turn = np.linspace(0, 2 * np.pi, 24)[:, None]
    growth = head + 0.022 * np.hstack([np.cos(turn), 0.8 * np.sin(turn)]) - [0.018 * side, 0.004]
    canvas.fill_outline(shape, growth, 200)
    return 0.5 * canvas.soften(shape, 0.003) + 0.55 * canvas.soften(rim, 0.002)
