"""Image bytes to upright 8-bit grey levels; every size is checked before a decoder may allocate for it."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops

from xray_model.errors import InvalidRadiograph
from xray_model.imaging.full_depth import Levels, look_up
from xray_model.imaging.metadata import Source

FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "TIFF")
MAX_PIXELS = 40_000_000  # a 43 x 43 cm film at 0.1 mm has 18.5 million
MIN_SIDE = 64  # pixels: below this the lungs are a smear
MAX_SCANS = 100  # of a progressive JPEG, usually 10: each costs a pass over all pixels, however few bytes it has
BIT_DEPTHS = (8, 10, 12, 14, 16)  # what detectors and digitisers store in 16-bit files
COLOUR_MODES = ("P", "PA", "LA", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr")
# The rest (fax, LZMA, Zstandard, ...) does not hold radiographs, and each is one more decoder to feed a hostile file.
TIFF_COMPRESSIONS = ("raw", "packbits", "tiff_lzw", "tiff_adobe_deflate", "tiff_deflate", "jpeg", "group4")
TIFF_PHOTOMETRIC, TIFF_TILE_WIDTH, TIFF_TILE_HEIGHT = 262, 322, 323
MIN_IS_WHITE = 0
EXIF_ORIENTATION = 0x0112
UPRIGHT = {  # EXIF orientation -> what undoes it
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
TINT = 2  # mean distance of the channels from grey, levels: the noise of JPEG's chroma stays below


def decode(data: bytes) -> tuple[NDArray[np.uint8], Source, Levels | None]:
    """Grey levels, uint8 (height, width), facts, and for more than 8 bits the full-depth levels, of one image file.

    Raises `InvalidRadiograph`.
    """
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            _check_header(image, data)
            return _from_image(image)
    except InvalidRadiograph:
        raise
    except Image.UnidentifiedImageError as error:
        raise InvalidRadiograph(
            "This is not an image that can be read here. Expected a PNG, JPEG, WebP, BMP or TIFF file, or DICOM."
        ) from error
    except Image.DecompressionBombError as error:
        raise InvalidRadiograph(
            f"The image has far too many pixels; at most {MAX_PIXELS:,} are read. Send a smaller export."
        ) from error
    except Exception as error:  # decoders raise anything (SyntaxError, struct.error, ...) on damaged files
        raise InvalidRadiograph("The image is damaged or cut off. Export it again.") from error


def check_size(width: int, height: int) -> None:
    """Raise `InvalidRadiograph` for a picture with too many pixels or too small a side."""
    if width * height > MAX_PIXELS:
        raise InvalidRadiograph(
            f"The image has {width:,} x {height:,} pixels; at most {MAX_PIXELS:,} are read. Send a smaller export."
        )
    if min(width, height) < MIN_SIDE:
        raise InvalidRadiograph(
            f"The image has {width:,} x {height:,} pixels; at least {MIN_SIDE} a side are needed. Send the original."
        )


def to_8_bit(levels: NDArray[Any], bit_depth: int) -> NDArray[np.uint8]:
    """Levels in [0, 65535], (height, width), to 0-255, full scale being 2**bit_depth - 1; always a new array."""
    full_scale = np.arange(2**16) * (255 / (2**bit_depth - 1))
    table = np.rint(np.minimum(full_scale, 255)).astype(np.uint8)
    return look_up(table, levels)


def check_levels(levels: NDArray[Any], highest: int = 2**16 - 1) -> None:
    """Raise `InvalidRadiograph` unless every level is a number from 0 to `highest`."""
    if not (levels.min() >= 0 and levels.max() <= highest):  # a NaN makes both NaN, and every comparison false
        raise InvalidRadiograph(
            f"Grey levels must be numbers from 0 to {highest}; this image's are not. Export it with 8 or 16 bits."
        )


def _check_header(image: Image.Image, data: bytes) -> None:
    """Everything that can be refused before a pixel is decoded."""
    check_size(*image.size)
    if image.format == "TIFF":
        _check_tiff(image)
    if image.format in ("JPEG", "MPO") and data.count(b"\xff\xda") > MAX_SCANS:
        raise InvalidRadiograph(f"The JPEG has more than {MAX_SCANS} scans. Save it again as an ordinary JPEG or PNG.")
    if _has_more_pictures(image):
        raise InvalidRadiograph(
            "The file holds several pictures (animated, or several pages). Send one radiograph per file."
        )


def _check_tiff(image: Any) -> None:
    compression = str(image.info.get("compression", "raw"))
    if compression not in TIFF_COMPRESSIONS:
        raise InvalidRadiograph(f"TIFF compression {compression!r} is not read here. Save it with LZW or as PNG.")
    tile = int(image.tag_v2.get(TIFF_TILE_WIDTH, 0)) * int(image.tag_v2.get(TIFF_TILE_HEIGHT, 0))
    if tile > MAX_PIXELS:  # a small picture may declare a huge tile, and the decoder allocates the tile
        raise InvalidRadiograph(
            f"The TIFF has tiles of {tile:,} pixels; at most {MAX_PIXELS:,} are read. Export it again."
        )


def _has_more_pictures(image: Image.Image) -> bool:
    if image.format == "MPO":  # a camera's photograph, followed by its previews or depth map
        return False
    if image.format != "TIFF":
        return bool(getattr(image, "is_animated", False))
    try:
        image.seek(1)  # not n_frames, which walks a chain as long as the file cares to make it
    except EOFError:
        return False
    return True


def _from_image(image: Image.Image) -> tuple[NDArray[np.uint8], Source, Levels | None]:
    width, height = image.size
    file_format = {"MPO": "JPEG"}.get(str(image.format), str(image.format))
    image.load()
    levels, bit_depth, notes = _grey_levels(image)
    turn = UPRIGHT.get(_orientation(image))
    if turn is not None:
        levels = np.asarray(Image.fromarray(levels).transpose(turn))
        notes = (*notes, "The picture was turned upright, as its EXIF tag asks.")
    return levels, Source(file_format, width, height, bit_depth, notes), _deep_levels(image, bit_depth, turn)


def _deep_levels(image: Any, bit_depth: int, turn: Image.Transpose | None) -> Levels | None:
    if bit_depth <= 8:
        return None
    values = np.rint(np.asarray(image)).astype(np.uint16)
    if _is_inverted(image):
        values = np.uint16(2**bit_depth - 1) - values
    return Levels.of(values if turn is None else np.asarray(Image.fromarray(values).transpose(turn)), bit_depth)


def _orientation(image: Image.Image) -> int:
    try:
        value = image.getexif().get(EXIF_ORIENTATION, 1)
    except Exception:  # noqa: BLE001 - a radiograph with damaged metadata is still a radiograph
        return 1
    return value if isinstance(value, int) else 1


def _grey_levels(image: Image.Image) -> tuple[NDArray[np.uint8], int, tuple[str, ...]]:
    """(uint8 grey levels, significant bits, notes) of a loaded Pillow image in any mode."""
    if image.mode.startswith("I") or image.mode == "F":
        return _from_deep(image)
    if image.mode == "1":
        return np.asarray(image.convert("L")), 1, ("The image is black and white only (1 bit): grey levels are lost.",)
    if image.mode == "L":
        return np.asarray(image), 8, ()
    if image.mode not in COLOUR_MODES:
        raise InvalidRadiograph(f"The colour space {image.mode} is not read here. Export the image in grey.")
    return _from_colour(image)


def _from_deep(image: Any) -> tuple[NDArray[np.uint8], int, tuple[str, ...]]:
    levels = np.asarray(image)
    check_levels(levels)
    highest = levels.max()
    if levels.dtype.kind == "f" and highest <= 1:
        raise InvalidRadiograph("Grey levels lie within 0-1 (floating point). Export the image with 8 or 16 bits.")
    bit_depth = next(bits for bits in BIT_DEPTHS if highest < 2**bits)  # 12-bit films often come in 16-bit files
    grey = to_8_bit(levels, bit_depth)
    if _is_inverted(image):
        return 255 - grey, bit_depth, ("The film was stored inverted (white is zero) and was turned round.",)
    return grey, bit_depth, ()


def _is_inverted(image: Any) -> bool:
    return getattr(image, "tag_v2", {}).get(TIFF_PHOTOMETRIC) == MIN_IS_WHITE  # Pillow turns 8 bits round, not 16


def _from_colour(image: Image.Image) -> tuple[NDArray[np.uint8], int, tuple[str, ...]]:
    if image.mode in ("P", "PA"):
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    grey = image.convert("L")
    if image.mode in ("LA", "RGBA"):
        grey = ImageChops.multiply(grey, image.getchannel("A"))  # over black, like the air around a patient
    return np.asarray(grey), 8, ("Colour was converted to grey.",) if _is_tinted(image) else ()


def _is_tinted(image: Image.Image) -> bool:
    sample = image.reduce(max(1, min(image.size) // 256)).convert("RGB")
    channels = np.asarray(sample).astype(np.int16)
    return float(np.abs(channels - np.asarray(sample.convert("L"))[..., None]).mean()) > TINT
