"""Noisy lung masks, made clean or left out: what the lung finder learns from."""

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
