"""What the lung finder learns from: noisy lung masks made clean or left out, and pictures that show no chest."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

# A mask is kept when its two largest patches look like two lungs. Shares of the picture unless said otherwise; set by
# looking at masks of the Kermany set that they keep and leave out.
LEAST_AREA = 0.045
LEAST_SOLIDITY = 0.74  # area over the convex hull's: below, an opacity was cut away
LEAST_HEIGHT = 0.4
LEAST_LIKENESS = 0.4  # smaller over larger area
LEAST_HEIGHT_LIKENESS = 0.65
LEAST_DISTANCE = 0.18  # between the two centres, along the width
CLOSING = 25 / 224  # dents up to this wide, such as a hilum's, are filled

Grey = NDArray[np.float32]


def clean_mask(mask: NDArray[np.bool_]) -> NDArray[np.uint8] | None:
    """Both lungs of a noisy mask (h, w) as (2, h, w) of 0 and 1, the picture's left first; None unless plausible."""
    lungs = split_lungs(mask)
    if lungs is None or not _stand_apart(*lungs):
        return None
    filled = [_filled(lung) for lung in lungs]
    return np.stack(filled) if all(map(_is_whole, filled)) and _are_alike(*filled) else None


def split_lungs(mask: NDArray[np.bool_]) -> NDArray[np.uint8] | None:
    """The two largest patches of a mask (h, w) as (2, h, w) of 0 and 1, the picture's left first; None without two."""
    count, patches, stats, centres = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=4)
    if count < 3:
        return None
    two = sorted(1 + np.argsort(-stats[1:, cv2.CC_STAT_AREA])[:2], key=lambda index: float(centres[index][0]))
    return np.stack([patches == index for index in two]).astype(np.uint8)


def _stand_apart(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> bool:
    centres = [np.average(np.arange(lung.shape[1]), weights=lung.sum(axis=0)) for lung in (first, second)]
    return bool(centres[1] - centres[0] >= LEAST_DISTANCE * first.shape[1])


def _filled(patch: NDArray[np.uint8]) -> NDArray[np.uint8]:
    side = round(CLOSING * patch.shape[1])
    padded = np.pad(patch, side)
    closed = cv2.morphologyEx(padded, cv2.MORPH_CLOSE, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)))
    outline, _ = cv2.findContours(closed, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    filled = cv2.drawContours(np.zeros_like(closed), outline, -1, 1, -1)
    return np.asarray(filled[side:-side, side:-side], np.uint8)


def _is_whole(lung: NDArray[np.uint8]) -> bool:
    outline, _ = cv2.findContours(lung, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    solidity = lung.sum() / max(1.0, cv2.contourArea(cv2.convexHull(outline[0])))
    return bool(lung.mean() >= LEAST_AREA and solidity >= LEAST_SOLIDITY and _height(lung) >= LEAST_HEIGHT)


def _are_alike(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> bool:
    areas, heights = sorted([first.mean(), second.mean()]), sorted([_height(first), _height(second)])
    return bool(areas[0] / areas[1] >= LEAST_LIKENESS and heights[0] / heights[1] >= LEAST_HEIGHT_LIKENESS)


def _height(lung: NDArray[np.uint8]) -> float:
    return float(lung.any(axis=1).mean())


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
