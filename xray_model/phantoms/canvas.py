"""Drawing on a grid: patient coordinates, filled outlines, ribbons, rounded thicknesses and smooth random textures.

Patient coordinates (dimensionless) are what the anatomy is written in: x is 0 in the midline and 1 at the inner chest
wall of the patient's left (image right); y is 0 at the lung apex and 1 at the top of the right hemidiaphragm.
Image coordinates run from 0 to 1 over the width and the height. Lengths named `*_width` or `reach` are fractions of
the image width. Nothing here draws a random number that depends on the pixel size, so a scene is the same at each.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np

SUBPIXEL_BITS = 4  # OpenCV's fixed-point corners: 1/16 of a pixel
STEPS = np.linspace(0, 1, 12, endpoint=False)[:, None]  # of a smooth curve between two control points


BEYOND = 0.25  # image widths around the image in which a body's edge is still looked for


def circular(depth: np.ndarray) -> np.ndarray:
    """Thickness in [0, 1] of a body rounded like a circle, from the depth below its edge (1: its full thickness)."""
    rest = 1 - np.minimum(depth, 1)
    return np.sqrt(1 - rest * rest)


@dataclass(frozen=True)
class Pose:
    """Where the patient lies on the detector.

    center: image coordinates of patient point (0, 0.5), the middle of the chest. scale: half the rib cage's width and
    the lungs' height, in image widths and heights. tilt: rotation in the image plane, in radians, clockwise. yaw: turn
    about the long axis: how far, in patient x, a point on the front of the chest is shifted. bend: amplitude of the
    smooth deformation of everything, in image widths. phases: four phases of that deformation, in radians.
    """

    center: tuple[float, float]
    scale: tuple[float, float]
    tilt: float
    yaw: float
    bend: float
    phases: tuple[float, ...]


def smooth_curve(points: np.ndarray, closed: bool = False) -> np.ndarray:
    """Catmull-Rom curves through (..., n, 2) control points, as (..., m, 2) polylines."""
    points = np.asarray(points, float)
    first, last = (points[..., -1:, :], points[..., :2, :]) if closed else (points[..., :1, :], points[..., -1:, :])
    padded = np.concatenate([first, points, last], axis=-2)[..., None, :]
    before, start, end, after = (padded[..., i : padded.shape[-3] - 3 + i, :, :] for i in range(4))
    curve = start + 0.5 * STEPS * (
        (end - before)
        + STEPS * ((2 * before - 5 * start + 4 * end - after) + STEPS * (3 * (start - end) + after - before))
    )
    curve = curve.reshape(*points.shape[:-2], -1, 2)
    return curve if closed else np.concatenate([curve, points[..., -1:, :]], axis=-2)


def across(line: np.ndarray) -> np.ndarray:
    """Unit vectors across polylines, at each point: (..., n, 2) of both."""
    along = np.empty_like(line)
    along[..., 1:-1, :] = (line[..., 2:, :] - line[..., :-2, :]) / 2
    along[..., [0, -1], :] = line[..., [1, -1], :] - line[..., [0, -2], :]
    along /= np.sqrt((along * along).sum(axis=-1, keepdims=True)) + 1e-9
    return np.stack([along[..., 1], -along[..., 0]], axis=-1)


def beside(line: np.ndarray, normal: np.ndarray, width: np.ndarray | float) -> tuple[np.ndarray, np.ndarray]:
    """Both edges (..., n, 2) of bands of `width`, one number or (..., n), along polylines with these unit normals."""
    offset = normal * (np.asarray(width)[..., None] if np.ndim(width) else width) / 2
    return line + offset, line - offset


def outline(upper: np.ndarray, lower: np.ndarray) -> np.ndarray:
    """Closed outlines (..., 2 n, 2) of bands with these edges."""
    return np.concatenate([upper, lower[..., ::-1, :]], axis=-2)


class Canvas:
    """A square grid of `size` pixels with the patient placed on it by `pose`."""

    def __init__(self, size: int, pose: Pose) -> None:
        self.size = size
        self.pose = pose
        centers = (np.arange(size, dtype=np.float32) + 0.5) / size
        self.u, self.v = np.meshgrid(centers, centers)

    def empty(self) -> np.ndarray:
        """A layer of zeros, uint8 (size, size); OpenCV antialiases 8-bit images only."""
        return np.zeros((self.size, self.size), np.uint8)

    def place(self, points: np.ndarray) -> np.ndarray:
        """Patient coordinates (..., 2) to image coordinates (..., 2); many at once cost little more than one."""
        pose, points = self.pose, np.asarray(points, float)
        x, y = points[..., 0] * pose.scale[0], (points[..., 1] - 0.5) * pose.scale[1]
        cos, sin = np.cos(pose.tilt), np.sin(pose.tilt)
        u, v = pose.center[0] + cos * x - sin * y, pose.center[1] + sin * x + cos * y
        a, b, c, d = pose.phases
        du = np.sin(5.0 * v + a) + 0.6 * np.sin(6.0 * u + b)  # 5-7 radians an image: about one bend across it
        dv = np.sin(5.5 * u + c) + 0.6 * np.sin(7.0 * v + d)
        return np.stack([u + pose.bend * du, v + pose.bend * dv], axis=-1)

    def fixed(self, image_points: np.ndarray) -> np.ndarray:
        """Image coordinates to OpenCV's fixed-point pixel coordinates."""
        return np.round((image_points * self.size - 0.5) * (1 << SUBPIXEL_BITS)).astype(np.int32)

    def fill(self, points: np.ndarray, layer: np.ndarray | None = None, value: int = 255) -> np.ndarray:
        """Fill the closed smooth curve through patient points (n, 2) in a uint8 layer, and return it."""
        layer = self.empty() if layer is None else layer
        return self.fill_outline(layer, self.place(smooth_curve(points, closed=True)), value)

    def fill_outline(self, layer: np.ndarray, outline: np.ndarray, value: int = 255) -> np.ndarray:
        """Fill a polygon of image coordinates (n, 2), antialiased, in a uint8 layer, and return it."""
        return self.fill_outlines(layer, outline[None], [value])

    def fill_outlines(self, layer: np.ndarray, outlines: np.ndarray, values: Iterable[int]) -> np.ndarray:
        """Fill polygons of image coordinates (k, n, 2) one after the other."""
        for corners, value in zip(self.fixed(outlines), values, strict=True):
            cv2.fillPoly(layer, [corners], value, cv2.LINE_AA, SUBPIXEL_BITS)
        return layer

    def ribbon(self, layer: np.ndarray, points: np.ndarray, width: np.ndarray | float, value: int = 255) -> None:
        """Fill a band of varying `width` along a patient polyline (n, 2), in place."""
        self.fill_outline(layer, outline(*self.margins(points, width)), value)

    def margins(self, points: np.ndarray, width: np.ndarray | float) -> tuple[np.ndarray, np.ndarray]:
        """Both edges, in image coordinates, of a band of `width` along a patient polyline (n, 2)."""
        line = self.place(points)
        return beside(line, across(line), width)

    def thread(self, layer: np.ndarray, image_points: np.ndarray, width: float, value: float = 1.0) -> None:
        """Draw a thin line of `width`; what is thinner than a pixel becomes fainter instead."""
        self.strokes(layer, image_points[None], width, value)

    def threads(self, layer: np.ndarray, lines: np.ndarray, widths: np.ndarray, values: np.ndarray) -> None:
        """Draw many thin patient polylines (k, n, 2), placed in one go, in place."""
        self.strokes(layer, self.place(lines), widths, values)

    def strokes(
        self, layer: np.ndarray, lines: np.ndarray, widths: np.ndarray | float, values: np.ndarray | float
    ) -> None:
        """Draw thin lines of image coordinates (k, n, 2) one after the other, each like a `thread`."""
        pixels = np.broadcast_to(widths, len(lines)) * self.size
        greys = np.clip(255 * values * np.minimum(pixels, 1.0), 0, 255).astype(int).tolist()
        thick = np.maximum(1, np.round(pixels)).astype(int).tolist()
        for line, grey, thickness in zip(self.fixed(lines), greys, thick, strict=True):
            cv2.polylines(layer, [line], False, grey, thickness, cv2.LINE_AA, SUBPIXEL_BITS)

    def soften(self, layer: np.ndarray, width: float) -> np.ndarray:
        """Gaussian blur with a standard deviation of `width`; uint8 layers become float32 in [0, 1]."""
        layer = layer.astype(np.float32) / 255 if layer.dtype == np.uint8 else layer
        sigma = width * self.size
        if sigma < 6:  # below this a direct blur is cheap
            return cv2.GaussianBlur(layer, (0, 0), sigma) if sigma > 0.2 else layer
        factor = int(sigma // 3)
        small = cv2.resize(layer, None, fx=1 / factor, fy=1 / factor, interpolation=cv2.INTER_AREA)
        small = cv2.GaussianBlur(small, (0, 0), sigma / factor)
        return cv2.resize(small, (self.size, self.size), interpolation=cv2.INTER_CUBIC)

    def distance(self, layer: np.ndarray) -> np.ndarray:
        """Distance to the edge inside a uint8 layer's shape, in image widths, float32."""
        inside = (layer > 127).astype(np.uint8)
        return cv2.distanceTransform(inside, cv2.DIST_L2, 5) / self.size

    def rounded(self, layer: np.ndarray, reach: float) -> np.ndarray:
        """Thickness in [0, 1] of a body with this outline that curves like a circle over `reach` from its edge."""
        return circular(self.distance(layer) / reach)

    def rounded_beyond(self, outlines: list[np.ndarray], reach: float) -> np.ndarray:
        """Like `rounded`, for image outlines (n, 2) that may leave the image: their edge counts wherever it is."""
        pad = int(BEYOND * self.size)
        side = self.size + 2 * pad
        layer = np.zeros((side, side), np.uint8)
        for outline in outlines:
            cv2.fillPoly(layer, [self.fixed(outline + pad / self.size)], 255, cv2.LINE_8, SUBPIXEL_BITS)
        depth = cv2.distanceTransform(layer, cv2.DIST_L2, 5)[pad:-pad, pad:-pad]
        return circular(depth / (reach * self.size))

    def texture(self, rng: np.random.Generator, cells: int) -> np.ndarray:
        """Smooth random field of about unit variance whose grains are 1/cells of the image, float32."""
        grid = rng.standard_normal((cells, cells)).astype(np.float32)
        return cv2.resize(grid, (self.size, self.size), interpolation=cv2.INTER_CUBIC)
