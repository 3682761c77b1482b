"""The door: file bytes in, one grey `Radiograph` out, or an `InvalidRadiograph` that says why.

The resize operator is part of the model, so it stands here, once, for both wings: Pillow's antialiased bilinear
reduction, squeezing to a square as the training images were.
"""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image, ImageOps

from xray_model.errors import InvalidRadiograph

FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "TIFF")
SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff")
MAX_BYTES = 64 * 2**20
MAX_PIXELS = 40_000_000  # a 43 x 43 cm film at 0.1 mm has 18.5 million
MIN_SIDE = 64  # pixels: below this the lungs are a smear
BIT_DEPTHS = (8, 10, 12, 14, 16)  # what detectors and digitisers store in 16-bit files


@dataclass(frozen=True)
class Source:
    """What the file was. `notes` are sentences for the reader, such as "Colour was converted to grey."."""

    format: str
    width: int
    height: int
    bit_depth: int
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Radiograph:
    """One decoded frontal chest image. pixels: uint8 (height, width), bright is dense, upright."""

    pixels: NDArray[np.uint8]
    source: Source

    @classmethod
    def from_file(cls, path: str | Path) -> Radiograph:
        """Read one image file (PNG, JPEG, WebP, BMP or TIFF); raises `InvalidRadiograph`."""
        path = Path(path)
        try:
            if path.stat().st_size > MAX_BYTES:
                raise InvalidRadiograph(_too_many_bytes(path.stat().st_size))
            return cls.from_bytes(path.read_bytes())
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise InvalidRadiograph(f"The file cannot be opened ({reason}). Give the path of an image file.") from error

    @classmethod
    def from_bytes(cls, data: bytes) -> Radiograph:
        """Decode the bytes of one image file; raises `InvalidRadiograph`."""
        if not data:
            raise InvalidRadiograph("The file is empty (0 bytes). Export the image again.")
        if len(data) > MAX_BYTES:
            raise InvalidRadiograph(_too_many_bytes(len(data)))
        return _decode(data)

    @classmethod
    def from_array(cls, array: ArrayLike, bit_depth: int = 8) -> Radiograph:
        """Wrap grey levels (height, width) in [0, 2**bit_depth - 1], bright is dense."""
        levels = np.asarray(array)
        if levels.ndim != 2:
            raise InvalidRadiograph(f"Got an array of shape {levels.shape}; expected (height, width) grey levels.")
        height, width = levels.shape
        return cls(_checked(_to_8_bit(levels, bit_depth)), Source("array", width, height, bit_depth))

    def grey(self, size: int) -> NDArray[np.float32]:
        """The model's input: grey levels 0-255, float32 (size, size), antialiased and squeezed to a square."""
        return resize_grey(self.pixels, size).astype(np.float32)


def resize_grey(pixels: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """uint8 (height, width) to uint8 (size, size) by Pillow's antialiased bilinear filter; unchanged if it fits."""
    if pixels.shape == (size, size):
        return pixels
    return np.asarray(Image.fromarray(pixels).resize((size, size), Image.Resampling.BILINEAR))


def _decode(data: bytes) -> Radiograph:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # decoders warn of odd metadata, which is dropped anyway
            with Image.open(io.BytesIO(data), formats=FORMATS) as image:
                return _from_image(image)
    except InvalidRadiograph:
        raise
    except Image.UnidentifiedImageError as error:
        raise InvalidRadiograph(
            "This is not an image that can be read here. Expected a PNG, JPEG, WebP, BMP or TIFF file."
        ) from error
    except Image.DecompressionBombError as error:
        raise InvalidRadiograph(f"The image has too many pixels; at most {MAX_PIXELS:,} are read.") from error
    except Exception as error:  # decoders raise anything (SyntaxError, struct.error, ...) on damaged files
        raise InvalidRadiograph("The image is damaged or cut off. Export it again.") from error


def _from_image(image: Image.Image) -> Radiograph:
    width, height = image.size
    _check_size(width, height)
    if getattr(image, "n_frames", 1) > 1:
        raise InvalidRadiograph(
            f"The file holds {image.n_frames} pictures (animated or several pages). Send one radiograph per file."
        )
    file_format = image.format or "unknown"
    image.load()
    levels, bit_depth, notes = _grey_levels(ImageOps.exif_transpose(image))
    return Radiograph(_checked(levels), Source(file_format, width, height, bit_depth, notes))


def _grey_levels(image: Image.Image) -> tuple[NDArray[np.uint8], int, tuple[str, ...]]:
    """(uint8 grey levels, significant bits, notes) of a loaded Pillow image in any mode."""
    if image.mode.startswith("I") or image.mode == "F":
        levels = np.asarray(image)
        bit_depth = _significant_bits(levels)
        return _to_8_bit(levels, bit_depth), bit_depth, ()
    if image.mode == "1":
        return np.asarray(image.convert("L")), 1, ("The image is black and white only (1 bit): grey levels are lost.",)
    if image.mode == "L":
        return np.asarray(image), 8, ()
    return _from_colour(image)


def _from_colour(image: Image.Image) -> tuple[NDArray[np.uint8], int, tuple[str, ...]]:
    if image.has_transparency_data:
        image = Image.alpha_composite(Image.new("RGBA", image.size, "black"), image.convert("RGBA"))
    colour = image.convert("RGB")
    channels = np.asarray(colour)
    grey = np.asarray(colour.convert("L"))
    tinted = int(np.abs(channels.astype(np.int16) - grey[..., None]).mean()) > 2  # JPEG chroma noise is below 2 levels
    return grey, 8, ("Colour was converted to grey.",) if tinted else ()


def _significant_bits(levels: NDArray) -> int:
    """The least usual bit depth that holds the largest value: 12-bit films often come in 16-bit files."""
    if not np.isfinite(levels).all() or levels.min() < 0 or levels.max() >= 2**16:
        raise InvalidRadiograph("Grey levels must be finite and within 0-65535; this file's are not. Export it again.")
    if levels.dtype.kind == "f" and levels.max() <= 1:
        raise InvalidRadiograph("Grey levels lie within 0-1 (floating point). Export the image with 8 or 16 bits.")
    return next(bits for bits in BIT_DEPTHS if levels.max() < 2**bits)


def _to_8_bit(levels: NDArray, bit_depth: int) -> NDArray[np.uint8]:
    if bit_depth == 8 and levels.dtype == np.uint8:
        return levels
    scaled = levels.astype(np.float32) * (255.0 / (2**bit_depth - 1))
    return np.clip(np.rint(scaled), 0, 255).astype(np.uint8)


def _check_size(width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise InvalidRadiograph(
            f"The image has {width:,} x {height:,} pixels; at most {MAX_PIXELS:,} are read. Send a smaller export."
        )
    if min(width, height) < MIN_SIDE:
        raise InvalidRadiograph(
            f"The image has {width} x {height} pixels; at least {MIN_SIDE} on each side are needed. Send the original."
        )


def _checked(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    height, width = pixels.shape
    _check_size(width, height)
    if pixels.min() == pixels.max():
        raise InvalidRadiograph("Every pixel has the same brightness: the image is blank. Export it again.")
    return np.ascontiguousarray(pixels)


def _too_many_bytes(size: int) -> str:
    return f"The file has {size / 2**20:.0f} MB; at most {MAX_BYTES // 2**20} MB are read. Send a smaller export."
