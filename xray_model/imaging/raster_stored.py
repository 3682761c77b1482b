"""The grey levels stored in an opened image, whatever its Pillow mode, at their full depth."""

from __future__ import annotations

from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops

from xray_model.errors import InvalidRadiograph

COLOUR_MODES = ("P", "PA", "LA", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr")
PNG_DEPTH, PNG_COLOURS = 24, (2, 4, 6)  # offset of a PNG's bit depth; colour types with several channels
TIFF_PHOTOMETRIC, TIFF_BITS = 262, 258
MIN_IS_WHITE = 0
TINT = 2  # mean distance of the channels from grey, of 255 levels: JPEG's chroma noise stays below
COLOURED = "Colour was converted to grey."


class Stored(NamedTuple):
    """levels: uint8 or uint16, (height, width). inverted: zero is white. bits: 1 for black and white, else 8."""

    levels: NDArray[Any]
    inverted: bool = False
    notes: tuple[str, ...] = ()
    bits: int = 8


def read_levels(image: Image.Image, data: bytes) -> Stored:
    """The levels of a loaded image. data: its file, needed for 16-bit channels, which Pillow reduces to 8 bits.

    Raises `InvalidRadiograph` for an unsupported colour space and for numbers outside the range of grey levels.
    """
    if image.mode.startswith("I") or image.mode == "F":
        return _from_deep(image)
    if image.mode == "1":
        notes = ("The image is black and white only (1 bit): grey levels are lost.",)
        return Stored(np.asarray(image.convert("L")), notes=notes, bits=1)
    if image.mode == "L":
        return Stored(np.asarray(image))
    if image.mode not in COLOUR_MODES:
        raise InvalidRadiograph(f"The colour space {image.mode} is not supported. Export the image in grey.")
    return _from_deep_colour(data, image.size) if _has_deep_channels(image, data) else _from_colour(image)


def check_levels(levels: NDArray[Any], highest: int = 2**16 - 1) -> None:
    """Raise `InvalidRadiograph` unless every level is a number from 0 to `highest`."""
    if not (levels.min() >= 0 and levels.max() <= highest):  # written so that NaN is refused, too
        raise InvalidRadiograph(
            f"Grey levels must be numbers from 0 to {highest}; this image's are not. Export it with 8 or 16 bits."
        )


def _from_deep(image: Image.Image) -> Stored:
    levels = np.asarray(image)
    check_levels(levels)
    if levels.dtype.kind == "f" and levels.max() <= 1:
        raise InvalidRadiograph("Grey levels lie within 0-1 (floating point). Export the image with 8 or 16 bits.")
    inverted = getattr(image, "tag_v2", {}).get(TIFF_PHOTOMETRIC) == MIN_IS_WHITE  # Pillow inverts 8 bits, not 16
    notes = ("The film was stored inverted (zero is white); this was undone.",) if inverted else ()
    return Stored(np.rint(levels).astype(np.uint16), inverted, notes)


def _has_deep_channels(image: Image.Image, data: bytes) -> bool:
    if image.format == "PNG":
        return data[PNG_DEPTH] == 16 and data[PNG_DEPTH + 1] in PNG_COLOURS
    return set(getattr(image, "tag_v2", {}).get(TIFF_BITS, ())) == {16}


def _from_deep_colour(data: bytes, size: tuple[int, int]) -> Stored:
    channels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if channels is None or channels.dtype != np.uint16 or channels.shape[1::-1] != size:
        raise InvalidRadiograph("The image has 16 bits a channel and cannot be read here. Export it in grey.")
    grey = cv2.cvtColor(channels, cv2.COLOR_BGR2GRAY if channels.shape[2] == 3 else cv2.COLOR_BGRA2GRAY)
    apart = np.abs(channels[::4, ::4, :3].astype(np.int32) - grey[::4, ::4, None]).mean()
    notes = (COLOURED,) if apart * 255 > TINT * int(grey.max()) else ()
    if channels.shape[2] == 4:  # transparent becomes black, like the air around a patient
        cv2.multiply(grey, channels[..., 3], grey, 1 / 65535)
    return Stored(grey, notes=notes)


def _from_colour(image: Image.Image) -> Stored:
    if image.mode in ("P", "PA"):
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    grey = image.convert("L")
    if image.mode in ("LA", "RGBA"):
        grey = ImageChops.multiply(grey, image.getchannel("A"))  # transparent becomes black, like the air
    return Stored(np.asarray(grey), notes=(COLOURED,) if _is_tinted(image) else ())


def _is_tinted(image: Image.Image) -> bool:
    sample = image.reduce(max(1, min(image.size) // 256)).convert("RGB")
    grey = np.asarray(sample.convert("L"))
    apart = cv2.mean(cv2.absdiff(np.asarray(sample), cv2.merge([grey] * 3)))  # of each channel
    return sum(apart) / 3 > TINT
