"""Stored values of a DICOM picture to grey levels: modality and VOI LUT, window, padding, MONOCHROME1 (PS3.3 C.11).

A stored value has at most 16 bits, so every step is a table of at most 65,536 entries, worked out once and looked up.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xray_model.imaging.dicom.admission import photometric, window
from xray_model.imaging.dicom.header import Header
from xray_model.imaging.dicom.lookup_table import MODALITY_TABLE, VOI_TABLE, read_table
from xray_model.imaging.raster import BIT_DEPTHS

PADDING, PADDING_LIMIT = 0x00280120, 0x00280121
INTERCEPT, SLOPE, FUNCTION = 0x00281052, 0x00281053, 0x00281056

Curve = NDArray[np.float64]  # one number for each stored value


@dataclass(frozen=True)
class Drawn:
    """How a picture is shown, for the index of each stored value: its value minus the lowest there can be.

    grey: uint8 (2**bits,). levels: uint16 (2**bits,), full depth, bright is dense, below 2**depth. window: centre and
    width in levels that give `grey`, or None if no straight window does.
    """

    grey: NDArray[np.uint8]
    levels: NDArray[np.uint16]
    depth: int
    window: tuple[float, float] | None
    notes: tuple[str, ...] = ()


def draw(header: Header, index: NDArray[np.uint16], bits: int, signed: bool) -> Drawn:
    """Draw `index`, (height, width), as the header asks.

    Without a window, or with one that leaves the picture blank, all its levels are shown, as those of a 16-bit PNG.
    """
    values = np.arange(2**bits) - (2.0 ** (bits - 1) if signed else 0.0)
    padded = _is_padding(header, values, signed)
    used = _used(index, bits) & ~padded
    levels = np.arange(2**bits)[:: -1 if _is_inverted(header) else 1]
    depth = _significant_bits(int(levels[used].max(initial=0)), bits, signed)
    curve = _asked_for(header, values)
    notes: tuple[str, ...] = ()
    if curve is not None and _is_blank(curve[used]):
        curve, notes = None, ("The file's window shows nothing: the whole range is shown instead.",)
    shown = None if curve is None else _level_window(header, values, bits)
    if curve is None:
        curve, shown = _whole_range(header, values, levels, used, 0 if signed else 2**depth - 1)
    grey = np.rint(np.round(np.where(padded, 0, curve) * 255, 6))  # a tie falls the same way in a MONOCHROME1 twin
    levels = np.where(padded, 0, np.minimum(levels, 2**depth - 1))
    return Drawn(grey.astype(np.uint8), levels.astype(np.uint16), depth, shown, notes)


def linear(values: Curve, center: float, width: float) -> Curve:
    """LINEAR of section C.11.2.1.2.1, to [0, 1]; a width of 1 is a step."""
    if width <= 1:
        return (values > center - 0.5).astype(np.float64)
    return linear_exact(values, center - 0.5, width - 1)


def linear_exact(values: Curve, center: float, width: float) -> Curve:
    """LINEAR_EXACT of section C.11.2.1.3.2, to [0, 1]."""
    return np.clip((values - center) / width + 0.5, 0, 1)


def sigmoid(values: Curve, center: float, width: float) -> Curve:
    """SIGMOID of section C.11.2.1.3.1, to [0, 1]."""
    return 1 / (1 + np.exp(np.clip(-4 * (values - center) / width, -500, 500)))


FUNCTIONS: dict[str, Callable[[Curve, float, float], Curve]] = {"LINEAR_EXACT": linear_exact, "SIGMOID": sigmoid}


def _asked_for(header: Header, values: Curve) -> Curve | None:
    """Brightness in [0, 1] of every stored value as the file asks for it; None if it does not ask."""
    values = _modality_values(header, values)
    table = read_table(header, VOI_TABLE, signed=bool(values.min() < 0))
    shown = window(header)
    if table is not None:
        curve = table.look_up(values) / table.highest
    elif shown is not None:
        curve = FUNCTIONS.get(header.text(FUNCTION), linear)(values, *shown)
    else:
        return None
    return np.clip(1 - curve if _low_is_bright(header) else curve, 0, 1)


def _whole_range(
    header: Header, values: Curve, levels: NDArray[np.int64], used: NDArray[np.bool_], highest: int
) -> tuple[Curve, tuple[float, float] | None]:
    """Levels from 0 to `highest`; if that is 0, or a table bends them, those in use, from the least to the largest."""
    bent = MODALITY_TABLE in header.values
    heights = levels.astype(np.float64)
    if bent:
        heights = _modality_values(header, values) * (-1 if _low_is_bright(header) else 1)
    low, high = 0.0, float(highest)
    if bent or not highest:
        low, high = float(heights[used].min(initial=np.inf)), float(heights[used].max(initial=-np.inf))
    if not high > low:
        return np.zeros_like(heights), None
    return np.clip((heights - low) / (high - low), 0, 1), None if bent else ((low + high) / 2, high - low)


def _modality_values(header: Header, values: Curve) -> Curve:
    """Stored values after the modality LUT or the rescale (section C.11.1)."""
    table = read_table(header, MODALITY_TABLE, signed=bool(values.min() < 0))
    return values * _slope(header) + _intercept(header) if table is None else table.look_up(values)


def _level_window(header: Header, values: Curve, bits: int) -> tuple[float, float] | None:
    """The file's window in levels, for somebody who wants to change it; None where a table draws the picture."""
    shown = window(header)
    if shown is None or VOI_TABLE in header.values or MODALITY_TABLE in header.values:
        return None
    center = (shown[0] - 0.5 - _intercept(header)) / _slope(header) - values[0]
    return 2**bits - 1 - center if _is_inverted(header) else center, shown[1] / abs(_slope(header))


def _low_is_bright(header: Header) -> bool:
    return photometric(header) == "MONOCHROME1"


def _is_inverted(header: Header) -> bool:
    """Whether low stored values are bright: a falling rescale turns them round once more."""
    return _low_is_bright(header) != (_slope(header) < 0)


def _slope(header: Header) -> float:
    slope = header.decimals(SLOPE)
    return slope[0] if slope and abs(slope[0]) > 1e-9 else 1.0


def _intercept(header: Header) -> float:
    return (header.decimals(INTERCEPT) or (0.0,))[0]


def _is_padding(header: Header, values: Curve, signed: bool) -> NDArray[np.bool_]:
    """Which stored values mean that there is no picture (section C.7.5.1.1.2): they are drawn black."""
    first = header.integer(PADDING, signed)
    last = header.integer(PADDING_LIMIT, signed)
    if first is None:
        return np.zeros(values.shape, bool)
    low, high = sorted((first, first if last is None else last))
    return (values >= low) & (values <= high)


def _used(index: NDArray[np.uint16], bits: int) -> NDArray[np.bool_]:
    used = np.zeros(2**bits, bool)
    for row in index:  # at once it would take 8 bytes a pixel
        used[row] = True
    return used


def _significant_bits(brightest: int, bits: int, signed: bool) -> int:
    """The least usual depth that holds the brightest level, as for a 16-bit PNG; signed values use all their bits."""
    return bits if signed else min(bits, next(depth for depth in BIT_DEPTHS if brightest < 2**depth))


def _is_blank(curve: Curve) -> bool:
    return not curve.size or not np.ptp(np.rint(curve * 255))
