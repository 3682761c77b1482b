"""The transforms of the augmentation policy: functions of grey levels 0-255, float32 (height, width)."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.float32]

FILLS = {"nearest": cv2.BORDER_REPLICATE, "black": cv2.BORDER_CONSTANT}
CLAHE_TILES = (8, 8)  # Zuiderveld, Graphics Gems IV, 1994: the usual grid
FINE, COARSE = 2.8, 11.0  # pixels of a 224-pixel side, standard deviation: rib edges and vessels; ribs and patches
ELASTIC_SMOOTHNESS = 0.08  # standard deviation of the displacement field, share of the side (Simard, ICDAR 2003)


def affine_matrix(
    shape: tuple[int, ...],
    *,
    rotation: float,
    shift: tuple[float, float],
    shear: float,
    zoom: tuple[float, float],
    flipped: bool,
) -> NDArray[np.float64] | None:
    """Output-to-input matrix (2, 3) in (x, y) pixels, or None when nothing moves.

    rotation, shear: degrees. shift: (rows, columns), shares of the sides. zoom: (rows, columns), below 1 enlarges.
    Order and centre are those of Keras' `apply_affine_transform` before it swaps the axes: rotation (clockwise above
    0), shift, shear, zoom about the pixel centre; the flip comes last.
    """
    if not (rotation or any(shift) or shear or flipped or zoom != (1.0, 1.0)):
        return None
    height, width = shape[:2]
    turn, slant = np.deg2rad(rotation), np.deg2rad(shear)
    rows_columns = (
        np.array([[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1]])
        @ np.array([[1, 0, shift[0] * height], [0, 1, shift[1] * width], [0, 0, 1]])
        @ np.array([[1, -np.sin(slant), 0], [0, np.cos(slant), 0], [0, 0, 1]])
        @ np.diag([zoom[0], zoom[1], 1.0])
        @ np.diag([1.0, -1.0 if flipped else 1.0, 1.0])
    )
    centre = np.array([height / 2 - 0.5, width / 2 - 0.5])
    linear, offset = rows_columns[:2, :2], rows_columns[:2, 2] + centre - rows_columns[:2, :2] @ centre
    return np.column_stack([linear[::-1, ::-1], offset[::-1]])  # (row, column) to OpenCV's (x, y)


def warp(grey: Grey, matrix: NDArray[np.float64] | None, fill: str) -> Grey:
    """Resample by an output-to-input matrix (2, 3), bilinear; `fill` says what stands outside the film."""
    if matrix is None:
        return grey.copy()
    height, width = grey.shape
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return _float32(cv2.warpAffine(grey, matrix, (width, height), flags=flags, borderMode=FILLS[fill]))


def elastic(grey: Grey, reach: float, rng: np.random.Generator, fill: str) -> Grey:
    """Smooth random displacement of at most `reach` (share of the side)."""
    height, width = grey.shape
    sigma = ELASTIC_SMOOTHNESS * height
    field = [cv2.GaussianBlur(rng.uniform(-1, 1, grey.shape).astype(np.float32), (0, 0), sigma) for _ in range(2)]
    dx, dy = (part * (reach * height / max(1e-9, float(np.abs(part).max()))) for part in field)
    columns, rows = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    return _float32(cv2.remap(grey, columns + dx, rows + dy, cv2.INTER_LINEAR, borderMode=FILLS[fill]))


def clahe(grey: Grey, clip_limit: float) -> Grey:
    """Contrast-limited adaptive histogram equalisation."""
    levels = np.clip(np.rint(grey), 0, 255).astype(np.uint8)
    return cv2.createCLAHE(clipLimit=clip_limit, tileGridSize=CLAHE_TILES).apply(levels).astype(np.float32)


def tone(grey: Grey, gamma: float, contrast: float, brightness: float) -> Grey:
    """Gamma and contrast as natural logarithms of their factors, brightness as a share of full scale; clipped."""
    if not (gamma or contrast or brightness):
        return grey
    out = np.clip(grey * np.float32(1 / 255), 0, 1)
    if gamma:
        out = cv2.pow(out, float(np.exp(gamma)))  # three times as fast as NumPy's, and within a rounding of it
    if contrast:
        mean = out.mean()
        out = (out - mean) * np.float32(np.exp(contrast)) + mean
    return np.clip(out + np.float32(brightness), 0, 1) * np.float32(255)


def detail(grey: Grey, fine: float, coarse: float) -> Grey:
    """Structure strengthened or softened band by band, as a maker's multi-frequency processing does; clipped.

    fine, coarse: natural logarithms of the factors of what is finer than `FINE`, and of what lies between it and
    `COARSE`; what is coarser than both, the film's general brightness, stays.
    """
    if not (fine or coarse):
        return grey
    scale = grey.shape[0] / 224
    smooth = _float32(cv2.GaussianBlur(grey, (0, 0), FINE * scale))
    smoother = _float32(cv2.GaussianBlur(smooth, (0, 0), COARSE * scale))
    out = smoother + (smooth - smoother) * np.float32(np.exp(coarse)) + (grey - smooth) * np.float32(np.exp(fine))
    return np.clip(out, 0, 255)


def blur(grey: Grey, sigma: float) -> Grey:
    """Gaussian blur; sigma in pixels of a 224-pixel side."""
    return _float32(cv2.GaussianBlur(grey, (0, 0), sigma * grey.shape[0] / 224)) if sigma > 0.05 else grey


def noise(grey: Grey, sigma: float, rng: np.random.Generator) -> Grey:
    """Additive Gaussian noise; sigma as a share of full scale."""
    grain = rng.standard_normal(grey.shape, dtype=np.float32)
    return np.clip(grey + grain * np.float32(sigma * 255), 0, 255)


def mask_borders(grey: Grey, strips: tuple[float, float, float, float], rng: np.random.Generator) -> Grey:
    """Paint (top, bottom, left, right) strips, shares of the sides, in one random grey: hides collimation, markers."""
    out = grey.copy()
    height, width = grey.shape
    level = np.float32(rng.choice([0.0, rng.uniform(0, 255)]))  # black collimation half of the time
    top, bottom, left, right = (
        round(share * side) for share, side in zip(strips, (height, height, width, width), strict=True)
    )
    out[:top], out[height - bottom :], out[:, :left], out[:, width - right :] = level, level, level, level
    return out


def erase(grey: Grey, box: tuple[float, float, float, float], rng: np.random.Generator) -> Grey:
    """Fill (top, left, height, width), shares of the sides, with one random grey."""
    rows, columns = grey.shape
    top, left, height, width = box
    out = grey.copy()
    out[int(top * rows) : int((top + height) * rows), int(left * columns) : int((left + width) * columns)] = (
        rng.uniform(0, 255)
    )
    return out


def _float32(picture: NDArray[np.integer | np.floating]) -> Grey:
    """What OpenCV returns is float32 for float32, which its annotations do not say; no copy."""
    return np.asarray(picture, dtype=np.float32)
