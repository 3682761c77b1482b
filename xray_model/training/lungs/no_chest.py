"""Pictures that show no upright chest: what the lung finder must find no lungs in."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from xray_model.training.lungs.hard_to_see import letter

Grey = NDArray[np.float32]


def draw_no_chest(grey: Grey, rng: np.random.Generator) -> Grey:
    """A picture that shows no upright chest: grey levels 0-255, float32 (h, h), made from a radiograph or of nothing.

    Turned, inverted, a detail or shuffled tiles of the radiograph; or clouds, shapes, a card with writing, a limb-like
    body on black, a body cut across, long bones with filled vessels.
    """
    draw = _NO_CHESTS[int(rng.integers(len(_NO_CHESTS)))]
    return np.clip(draw(grey, rng), 0, 255).astype(np.float32)


def _turned(grey: Grey, rng: np.random.Generator) -> Grey:
    return np.ascontiguousarray(np.rot90(grey, int(rng.choice([1, 2, 2, 3]))))


def _inverted(grey: Grey, rng: np.random.Generator) -> Grey:  # noqa: ARG001
    return 255 - grey


def _detail(grey: Grey, rng: np.random.Generator) -> Grey:
    side = len(grey)
    part = int(side * rng.uniform(0.18, 0.36))
    top, left = rng.integers(0, side - part, 2)
    return np.asarray(cv2.resize(grey[top : top + part, left : left + part], (side, side)), np.float32)


def _shuffled(grey: Grey, rng: np.random.Generator) -> Grey:
    count = int(rng.integers(2, 5))
    side = len(grey) // count
    tiles = [grey[r * side : (r + 1) * side, c * side : (c + 1) * side] for r in range(count) for c in range(count)]
    order = rng.permutation(len(tiles))
    rows = [np.hstack([tiles[i] for i in order[r * count : (r + 1) * count]]) for r in range(count)]
    return np.asarray(cv2.resize(np.vstack(rows), (len(grey), len(grey))), np.float32)


def _clouds(grey: Grey, rng: np.random.Generator) -> Grey:
    sides, slope = (4, 9, 28, 112, 224), rng.uniform(0, 1.2)  # from even to coarse
    out = np.sum([_blobs(grey.shape, side, rng) * rng.random() * side**-slope for side in sides], axis=0)
    return (out - out.min()) / max(1e-6, float(np.ptp(out))) * 255


def _shapes(grey: Grey, rng: np.random.Generator) -> Grey:
    side, out = len(grey), np.full(grey.shape, rng.uniform(0, 255), np.float32)
    for _ in range(rng.integers(1, 14)):
        start, other = rng.integers(0, side, (2, 2)).tolist()
        if rng.random() < 0.5:
            axes = rng.integers(4, side // 2, 2).tolist()
            cv2.ellipse(out, start, axes, rng.uniform(0, 180), 0, 360, rng.uniform(0, 255), -1)
        else:
            cv2.line(out, start, other, rng.uniform(0, 255), int(rng.integers(1, 40)))
    grain = rng.standard_normal(out.shape, np.float32) * rng.uniform(0, 10)
    return cv2.GaussianBlur(out, (0, 0), rng.uniform(0.5, 4)) + grain


def _limb(grey: Grey, rng: np.random.Generator) -> Grey:
    side, out = len(grey), np.full(grey.shape, rng.uniform(0, 40), np.float32)
    centre = rng.integers(side // 3, 2 * side // 3, 2)
    axes = rng.integers(side // 8, side // 2, 2).tolist()
    cv2.ellipse(out, centre.tolist(), axes, rng.uniform(-90, 90), 0, 360, rng.uniform(90, 220), -1)
    for _ in range(rng.integers(0, 5)):
        place, inner = centre + rng.integers(-40, 40, 2), rng.integers(4, 40, 2).tolist()
        cv2.ellipse(out, place.tolist(), inner, rng.uniform(0, 180), 0, 360, rng.uniform(0, 255), -1)
    cloudy = out + _blobs(out.shape, 28, rng) * np.float32(rng.uniform(0, 25))
    return np.asarray(cv2.GaussianBlur(cloudy, (0, 0), rng.uniform(0.5, 3)), np.float32)


def _slice(grey: Grey, rng: np.random.Generator) -> Grey:
    """A body cut across, as CT shows it: a bright rim on black, clouds and dark or bright parts inside."""
    side, out = len(grey), np.full(grey.shape, rng.uniform(0, 40), np.float32)
    centre, tilt = rng.uniform(0.4, 0.6, 2) * side, rng.uniform(0, 180)
    axes = rng.uniform(0.18, 0.48, 2) * side

    def ring(place: NDArray[np.float64], size: NDArray[np.float64], level: float, turn: float, thick: int = -1) -> None:
        cv2.ellipse(out, place.astype(int).tolist(), size.astype(int).tolist(), turn, 0, 360, level, thick)

    ring(centre, axes, rng.uniform(50, 160), tilt)
    inside = out > 45
    out += inside * _blobs(out.shape, int(rng.choice([9, 28])), rng) * np.float32(rng.uniform(0, 30))
    for _ in range(rng.integers(0, 9)):
        part = centre + rng.uniform(-0.7, 0.7, 2) * axes
        ring(part, rng.uniform(0.03, 0.45, 2) * axes.min(), rng.uniform(0, 255), rng.uniform(0, 180))
    ring(centre, axes, rng.uniform(150, 255), tilt, int(rng.integers(1, 14)))
    return cv2.GaussianBlur(out, (0, 0), rng.uniform(0.5, 2)) + rng.standard_normal(out.shape, np.float32) * 4


def _card(grey: Grey, rng: np.random.Generator) -> Grey:
    """Writing on an even ground, dark on bright or bright on dark."""
    card = letter(np.zeros_like(grey), rng, int(rng.integers(3, 30)), small=rng.random() < 0.5)
    return 255 - card if rng.random() < 0.5 else card


def _long_bones(grey: Grey, rng: np.random.Generator) -> Grey:
    """One or two legs or arms, with bones and, now and then, vessels filled with contrast; dark or bright."""
    side, out = len(grey), np.full(grey.shape, rng.uniform(0, 30), np.float32)
    rows, count = np.linspace(-10, side + 10, 20), int(rng.integers(1, 3))

    def strip(middle: float, width: float, level: float, sway: float) -> None:
        course = middle + rng.normal(0, sway, 20).cumsum()
        widths = width * (1 + 0.15 * np.sin(rows / side * rng.uniform(2, 9) + rng.uniform(0, 6)))
        edges = np.concatenate([np.stack([course - widths, rows], 1), np.stack([course + widths, rows], 1)[::-1]])
        cv2.fillPoly(out, [edges.astype(np.int32)], level, cv2.LINE_AA)

    for limb in range(count):
        middle, width = side * (limb + rng.uniform(0.4, 0.6)) / count, side * rng.uniform(0.2, 0.48) / count
        strip(middle, width, rng.uniform(60, 150), 1)
        for _ in range(rng.integers(1, 3)):
            place, thick = middle + rng.uniform(-0.5, 0.5) * width, width * rng.uniform(0.1, 0.3)
            strip(place, thick, rng.uniform(160, 250), 0.5)
            strip(place, thick * rng.uniform(0.2, 0.7), rng.uniform(110, 190), 0.5)
        for _ in range(rng.integers(0, 7)):
            strip(middle + rng.uniform(-0.8, 0.8) * width, rng.uniform(0.5, 4), float(rng.choice([10, 250])), 2)
    out = cv2.GaussianBlur(out, (0, 0), rng.uniform(0.5, 3)) + rng.standard_normal(out.shape, np.float32) * 3
    return 255 - out if rng.random() < 0.4 else np.asarray(out, np.float32)


def _blobs(shape: tuple[int, ...], cells: int, rng: np.random.Generator) -> Grey:
    coarse = rng.standard_normal((cells, cells), np.float32)
    return np.asarray(cv2.resize(coarse, shape[::-1], interpolation=cv2.INTER_CUBIC), np.float32)


_NO_CHESTS = (_turned, _turned, _inverted, _detail, _shuffled, _clouds, _shapes, _limb, _slice, _card, _long_bones)
