"""What makes lungs hard to see, drawn over a radiograph whose lungs are known: grey levels 0-255, float32 (s, s).

Wires and tubes, letters, white lungs; a maker's processing, flat contrast; half a film, a film on a screen.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from xray_model.augmentation.transforms import clahe, detail

Grey = NDArray[np.float32]
Masks = NDArray[np.float32]  # (2, s, s) of 0 to 1, first the lung on the picture's left
LETTERS = np.array(list("ABCDEFGHIKLMNOPRSTUVWXYZ0123456789 -:./%"))
FONTS = (cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_TRIPLEX, cv2.FONT_HERSHEY_PLAIN)
WIRED, LETTERED, WHITENED, FINISHED, FLATTENED = 0.35, 0.2, 0.25, 0.25, 0.2  # shares of the pictures
FINE = 3  # drawn so many times finer, then reduced: a wire is thinner than a pixel


def draw_over(grey: Grey, masks: Masks, rng: np.random.Generator) -> Grey:
    """The radiograph, now and then with a white lung, wires or letters."""
    out = grey.copy()
    if rng.random() < WHITENED:
        out = _whiten(out, masks, rng)
    if rng.random() < WIRED:
        out = _wire(out, rng)
    if rng.random() < LETTERED:
        out = letter(out, rng, int(rng.integers(1, 7)))
    return np.clip(out, 0, 255)


def finish(grey: Grey, rng: np.random.Generator) -> tuple[Grey, bool]:
    """The picture, now and then digitally processed or flat; True when it is strongly processed."""
    processed = rng.random() < FINISHED
    if processed:
        grey = _PROCESSES[int(rng.integers(len(_PROCESSES)))](grey, rng)
    if rng.random() < FLATTENED:
        span = rng.uniform(0.08, 0.5)
        grey = grey * np.float32(span) + np.float32(rng.uniform(0, 1 - span) * 255)
        grey = np.rint(grey + rng.standard_normal(grey.shape, np.float32))
    return np.clip(grey, 0, 255).astype(np.float32), processed


def halve(grey: Grey, masks: Masks, rng: np.random.Generator) -> tuple[Grey, Masks]:
    """One side of the film alone, widened to the square."""
    side, width = len(grey), int(len(grey) * rng.uniform(0.38, 0.54))
    part = slice(0, width) if rng.random() < 0.5 else slice(side - width, side)
    return _resized(grey[:, part], (side, side)), np.stack([_resized(mask[:, part], (side, side)) for mask in masks])


def on_screen(grey: Grey, masks: Masks, rng: np.random.Generator) -> tuple[Grey, Masks]:
    """The film in a viewer's window: dark, with panels, small pictures and writing about it."""
    side = len(grey)
    screen = np.full(grey.shape, rng.uniform(0, 70), np.float32)
    for edge in rng.permutation(4)[: rng.integers(1, 4)]:
        part, level = int(side * rng.uniform(0.03, 0.2)), rng.uniform(0, 130)
        screen[[slice(part), slice(-part, None)][edge % 2] if edge < 2 else slice(None),
               [slice(part), slice(-part, None)][edge % 2] if edge > 1 else slice(None)] = level  # fmt: skip
    screen = letter(screen, rng, int(rng.integers(6, 40)), small=True)
    for _ in range(rng.integers(0, 6)):
        small = int(side * rng.uniform(0.06, 0.14))
        row, column = rng.integers(0, side - small, 2)
        screen[row : row + small, column : column + small] = _resized(grey, (small, small))
    screen, moved = _laid(grey, masks, screen, rng.uniform((0.28, 0.5), (0.62, 1)), rng)
    return letter(screen, rng, int(rng.integers(0, 6)), small=True), moved


def frame(grey: Grey, masks: Masks, rng: np.random.Generator) -> tuple[Grey, Masks]:
    """The film anywhere on a larger plain ground, as a wide collimation leaves it."""
    ground = np.full(grey.shape, rng.choice([0, rng.uniform(0, 60), rng.uniform(0, 255), 255]), np.float32)
    return _laid(grey, masks, ground, rng.uniform(0.6, 1, 2), rng)


def _laid(
    grey: Grey, masks: Masks, ground: Grey, shares: NDArray[np.float64], rng: np.random.Generator
) -> tuple[Grey, Masks]:
    """The film somewhere on the ground, of which it takes these shares of width and height; and its masks."""
    side = len(grey)
    width, height = (shares * side).astype(int).tolist()
    left, top = int(rng.uniform(0, side - width)), int(rng.uniform(0, side - height))
    place, moved = (slice(top, top + height), slice(left, left + width)), np.zeros_like(masks)
    ground[place] = _resized(grey, (width, height))
    for mask, target in zip(masks, moved, strict=True):
        target[place] = _resized(mask, (width, height))
    return ground, moved


def letter(grey: Grey, rng: np.random.Generator, lines: int, *, small: bool = False) -> Grey:
    """The picture with `lines` of writing, most of it bright and near the edges; small: anywhere, as on a screen."""
    side, spread = len(grey), (1, 1) if small else (0.3, 0.5)
    fine = np.clip(cv2.resize(grey, None, fx=FINE, fy=FINE), 0, 255).astype(np.uint8)  # writing is drawn in 8 bits
    for _ in range(lines):
        words = "".join(rng.choice(LETTERS, rng.integers(1, 16)))
        place = rng.beta(spread[0], spread[1], 2) * side * FINE
        level = rng.uniform(170, 255) if rng.random() < 0.85 else rng.uniform(0, 80)
        scale = rng.uniform(0.25, 0.6 if small else 1.2)
        cv2.putText(fine, words, place.astype(int).tolist(), int(rng.choice(FONTS)), scale, level, 1, cv2.LINE_AA)
    return _resized(fine.astype(np.float32), (side, side))


def _wire(grey: Grey, rng: np.random.Generator) -> Grey:
    side, layer = len(grey), np.zeros((len(grey) * FINE, len(grey) * FINE), np.float32)
    for _ in range(rng.integers(1, 12)):
        points = rng.uniform(-0.1, 1.1, (3, 2)) * side * FINE  # of a quadratic Bezier curve
        points[0, int(rng.integers(2))] = rng.choice([-0.02, 1.02]) * side * FINE
        steps = np.linspace(0, 1, 40)[:, None]
        curve = (1 - steps) ** 2 * points[0] + 2 * steps * (1 - steps) * points[1] + steps**2 * points[2]
        level = rng.uniform(15, 130) * float(rng.choice([1, 1, 1, -0.5]))
        cv2.polylines(layer, [curve.astype(np.int32)], False, level, int(rng.integers(1, 5 * FINE)), cv2.LINE_AA)
        if rng.random() < 0.5:  # an electrode, a port, a generator
            axes = rng.uniform(0.008, 0.06, 2) * side * FINE
            thickness = -1 if rng.random() < 0.6 else FINE
            cv2.ellipse(layer, curve[-1].astype(int).tolist(), axes.astype(int).tolist(), rng.uniform(0, 180), 0, 360,
                        rng.uniform(40, 200), thickness, cv2.LINE_AA)  # fmt: skip
    return grey + _resized(layer, (side, side))


def _whiten(grey: Grey, masks: Masks, rng: np.random.Generator) -> Grey:
    """One lung or both as dense as the body around them, wholly or from some height downwards."""
    side, kernel = len(grey), np.ones((9, 9), np.uint8)
    chosen = masks if rng.random() < 0.3 else masks[rng.integers(2)][None]
    area = cv2.GaussianBlur(cv2.dilate(chosen.max(axis=0), kernel), (0, 0), rng.uniform(2, 6))
    if rng.random() < 0.5:
        rows = np.flatnonzero(area.max(axis=1) > 0.5)
        start = rng.uniform(rows.min(), rows.max()) if len(rows) else side
        area = area * (1 / (1 + np.exp(-(np.arange(side) - start) / rng.uniform(2, 15)))[:, None])
    level = np.percentile(grey, rng.uniform(55, 92)) + 0.2 * (grey - grey.mean())
    cloud = cv2.resize(rng.standard_normal((12, 12), np.float32), grey.shape, interpolation=cv2.INTER_CUBIC)
    share = area * rng.uniform(0.6, 1)
    return np.asarray(grey * (1 - share) + (level + rng.uniform(0, 14) * cloud) * share, np.float32)


def _locally_equalised(grey: Grey, rng: np.random.Generator) -> Grey:
    return clahe(grey, float(rng.uniform(2, 8)))


def _sharpened(grey: Grey, rng: np.random.Generator) -> Grey:
    return detail(grey, float(rng.uniform(0, 1.5)), float(rng.uniform(0.7, 1.5)))


def _levelled(grey: Grey, rng: np.random.Generator) -> Grey:
    """Structure alone: what is coarse, such as the brightness of the lungs, is nearly gone."""
    coarse = cv2.GaussianBlur(grey, (0, 0), rng.uniform(5, 22))
    return np.clip((grey - coarse) * rng.uniform(1.5, 4) + coarse * rng.uniform(0, 0.6) + rng.uniform(40, 130), 0, 255)


_PROCESSES = (_locally_equalised, _sharpened, _levelled)


def _resized(grey: Grey, size: tuple[int, int]) -> Grey:
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.float32)
