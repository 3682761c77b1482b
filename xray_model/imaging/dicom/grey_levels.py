"""Stored values of a DICOM picture to grey levels: modality and VOI LUT, window, padding, MONOCHROME1 (PS3.3 C.11).

A stored value has at most 16 bits, so every step is a table of at most 65,536 entries, computed once and looked up. A
window or look-up table that would spoil the picture is ignored, and a note says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from xray_model.imaging.dicom.admission import photometric, window
from xray_model.imaging.dicom.header import Header
from xray_model.imaging.dicom.lookup_table import MODALITY_TABLE, VOI_TABLE, Table, read_table
from xray_model.imaging.grey_range import GreyRange, find_range

PADDING, PADDING_LIMIT = 0x00280120, 0x00280121
INTERCEPT, SLOPE, FUNCTION = 0x00281052, 0x00281053, 0x00281056
SPOILT = 0.5  # most additional pixels, as a share, that a window may turn black, or white
NOTICED = 0.25  # from this share on, a note says what an obeyed window hides
FEW = 64  # least span, of 256 grey levels, of the middle 98 % of the pixels

Curve = NDArray[np.float64]  # one number for each stored value


@dataclass(frozen=True)
class Drawn:
    """Look-up tables that draw a picture, indexed by stored value minus the lowest possible one.

    grey: uint8 (2**bits,). levels: uint16 (2**bits,), full depth, bright is dense, below 2**depth. window: centre and
    width, in levels, that give `grey`; None if no linear window does.
    """

    grey: NDArray[np.uint8]
    levels: NDArray[np.uint16]
    depth: int
    window: tuple[float, float] | None
    notes: tuple[str, ...] = ()


def draw(header: Header, index: NDArray[np.uint16], bits: int, signed: bool) -> Drawn:
    """The tables for `index`, (height, width): as the header requests, or else over the picture's own range."""
    values = np.arange(2**bits) - (2.0 ** (bits - 1) if signed else 0.0)
    padded = _is_padding(header, values, signed)
    counts = np.where(padded, 0, cv2.calcHist([index], [0], None, [2**bits], [0, 2**bits]).ravel())
    scale = _Scale.of(header, values)
    picture = _without(index, padded, counts)
    found = find_range(picture, bits if bits < 16 else None, 2 ** (bits - 1) if signed else 0)
    plain, own = scale.whole_range(picture, found)
    curve, shown, notes = _chosen(scale, found, plain, counts)
    if curve is None:
        curve, shown, notes = plain, None if scale.modality else found.window, notes + own
    grey = np.rint(np.round(np.where(padded, 0, curve) * 255, 6))  # ties round the same way in a MONOCHROME1 twin
    levels = np.where(padded, 0, found.above_black(np.arange(2**bits), scale.is_inverted))
    return Drawn(grey.astype(np.uint8), levels.astype(np.uint16), found.depth, shown, scale.notes + notes)


def _chosen(
    scale: _Scale, found: GreyRange, plain: Curve, counts: NDArray[np.float64]
) -> tuple[Curve | None, tuple[float, float] | None, tuple[str, ...]]:
    """The first requested curve that does not spoil the picture, with its window; notes on those that would."""
    notes: tuple[str, ...] = ()
    for curve, shown, kind in scale.requested(found):
        fault = _fault(curve, plain, counts)
        if fault is None:
            return curve, shown, notes + _hidden(curve, plain, counts, kind)
        notes += (f"The file's {kind} was ignored, because it would leave {fault}.",)
    return None, None, notes


def linear(values: Curve, center: float, width: float) -> Curve:
    """The LINEAR function (section C.11.2.1.2.1), in [0, 1]; a width of 1 is a step."""
    if width <= 1:
        return (values > center - 0.5).astype(np.float64)
    return linear_exact(values, center - 0.5, width - 1)


def linear_exact(values: Curve, center: float, width: float) -> Curve:
    """The LINEAR_EXACT function (section C.11.2.1.3.2), in [0, 1]."""
    return np.clip((values - center) / width + 0.5, 0, 1)


def sigmoid(values: Curve, center: float, width: float) -> Curve:
    """The SIGMOID function (section C.11.2.1.3.1), in [0, 1]."""
    return 1 / (1 + np.exp(np.clip(-4 * (values - center) / width, -500, 500)))


FUNCTIONS: dict[str, Callable[[Curve, float, float], Curve]] = {"LINEAR_EXACT": linear_exact, "SIGMOID": sigmoid}


@dataclass(frozen=True)
class _Scale:
    """What the header says about brightness. values: after the modality LUT or rescale (section C.11.1)."""

    values: Curve
    first: float  # the lowest stored value
    slope: float
    intercept: float
    modality: Table | None
    voi: Table | None
    window: tuple[float, float] | None
    function: Callable[[Curve, float, float], Curve]
    low_is_bright: bool
    notes: tuple[str, ...]

    @classmethod
    def of(cls, header: Header, values: Curve) -> _Scale:
        slope, intercept = header.decimals(SLOPE), (header.decimals(INTERCEPT) or (0.0,))[0]
        factor = slope[0] if slope and abs(slope[0]) > 1e-9 else 1.0
        modality, spoilt = read_table(header, MODALITY_TABLE, signed=bool(values[0] < 0))
        scaled = values * factor + intercept if modality is None else modality.look_up(values)
        voi, spoilt_too = read_table(header, VOI_TABLE, signed=bool(scaled.min() < 0))
        function = FUNCTIONS.get(header.text(FUNCTION), linear)
        low_is_bright = photometric(header) == "MONOCHROME1"
        notes = tuple(dict.fromkeys(spoilt + spoilt_too))
        return cls(scaled, values[0], factor, intercept, modality, voi, window(header), function, low_is_bright, notes)

    @property
    def is_inverted(self) -> bool:
        """Whether low stored values are bright; a negative rescale slope inverts the picture once more."""
        return self.low_is_bright != (self.modality is None and self.slope < 0)

    def requested(self, found: GreyRange) -> Iterator[tuple[Curve, tuple[float, float] | None, str]]:
        """Brightness in [0, 1] of every stored value, its window in levels, and what requests it: the table first."""
        if self.voi is not None:
            yield self._bright_is_dense(self.voi.look_up(self.values) / self.voi.white), None, "look-up table"
        if self.window is not None:
            yield self._bright_is_dense(self.function(self.values, *self.window)), self._level_window(found), "window"

    def whole_range(self, picture: NDArray[np.uint16], found: GreyRange) -> tuple[Curve, tuple[str, ...]]:
        """Brightness over the picture's own range, and notes on it; a modality LUT is applied first."""
        if self.modality is None:
            return found.above_black(np.arange(len(self.values)), self.is_inverted) / found.span, found.notes
        bent = find_range(self.values.astype(np.uint16)[picture])
        return bent.above_black(self.values, self.low_is_bright) / bent.span, bent.notes

    def _bright_is_dense(self, curve: Curve) -> Curve:
        return np.clip(1 - curve if self.low_is_bright else curve, 0, 1)

    def _level_window(self, found: GreyRange) -> tuple[float, float] | None:
        """The file's window in levels, where a slider starts; None if a modality LUT makes it nonlinear."""
        if self.window is None or self.modality is not None:
            return None
        center = (self.window[0] - 0.5 - self.intercept) / self.slope - self.first
        width = self.window[1] / abs(self.slope)
        return found.high - center if self.is_inverted else center - found.low, width


def _fault(curve: Curve, plain: Curve, counts: NDArray[np.float64]) -> str | None:
    """What `curve` would leave of the picture if it spoils it, compared with `plain`; None if it does not."""
    black, white = _ends(curve, counts) - _ends(plain, counts)
    if black > SPOILT or white > SPOILT:
        return "the picture nearly black" if black > SPOILT else "the picture nearly white"
    span = _middle(_histogram(curve, counts))
    return f"about {span + 1} of 256 grey levels" if span < min(FEW, _middle(_histogram(plain, counts))) else None


def _hidden(curve: Curve, plain: Curve, counts: NDArray[np.float64], kind: str) -> tuple[str, ...]:
    """A note if an obeyed curve draws a large part of the picture plain black or white that is neither."""
    black, white = _ends(curve, counts) - _ends(plain, counts)
    share, colour = max((black, "black"), (white, "white"))
    if share <= NOTICED:
        return ()
    return (f"The file's {kind} draws {share:.0%} more of the picture plain {colour} than its grey levels ask for.",)


def _ends(curve: Curve, counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Shares of the picture that `curve` draws black and white."""
    return _histogram(curve, counts)[[0, 255]] / max(1, counts.sum())


def _histogram(curve: Curve, counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Pixels at each of 256 grey levels, if `curve` draws them."""
    return np.bincount(np.rint(curve * 255).astype(int), counts, 256).astype(np.float64)


def _middle(histogram: NDArray[Any]) -> int:
    """Span, in grey levels, of the middle 98 % of the pixels."""
    shares = histogram.cumsum() / max(1, histogram.sum())
    first, last = np.searchsorted(shares, (0.01, 0.99))
    return int(last - first)


def _without(index: NDArray[np.uint16], padded: NDArray[np.bool_], counts: NDArray[np.float64]) -> NDArray[np.uint16]:
    """The picture with padding replaced by its median, so that padding does not affect the range."""
    if not padded.any() or not counts.any():
        return index
    middle = np.searchsorted(counts.cumsum(), counts.sum() / 2)
    return np.where(padded[index], np.uint16(middle), index)


def _is_padding(header: Header, values: Curve, signed: bool) -> NDArray[np.bool_]:
    """Which stored values are padding (section C.7.5.1.1.2), which is drawn black."""
    first = header.integer(PADDING, signed)
    last = header.integer(PADDING_LIMIT, signed)
    if first is None:
        return np.zeros(values.shape, bool)
    low, high = sorted((first, first if last is None else last))
    return (values >= low) & (values <= high)
