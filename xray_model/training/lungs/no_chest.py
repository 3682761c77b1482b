"""Pictures that show no upright chest: what the lung finder must find no lungs in."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.float32]


def draw_no_chest(grey: Grey, rng: np.random.Generator) -> Grey:
    """A picture that shows no upright chest: grey levels 0-255, float32 (h, h), made from a radiograph or of nothing.

    Turned, inverted, a detail or shuffled tiles of the radiograph; or clouds, shapes, or a limb-like body on black.
    """
    draw = _NO_CHESTS[int(rng.integers(len(_NO_CHESTS)))]
    return np.clip(draw(grey, rng), 0, 255).astype(np.float32)


def _turned(grey: Grey, rng: np.random.Generator) -> Grey:
    return np.ascontiguousarray(np.rot90(grey, int(rng.integers(1, 4))))


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
    sides = (4, 9, 28, 112)
    out = np.sum([_blobs(grey.shape, side, rng) * rng.random() for side in sides], axis=0)
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


def _blobs(shape: tuple[int, ...], cells: int, rng: np.random.Generator) -> Grey:
    coarse = rng.standard_normal((cells, cells), np.float32)
    return np.asarray(cv2.resize(coarse, shape[::-1], interpolation=cv2.INTER_CUBIC), np.float32)


_NO_CHESTS = (_turned, _inverted, _detail, _shuffled, _clouds, _shapes, _limb)
