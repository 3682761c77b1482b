"""PNG, JPEG, WebP, BMP and TIFF to upright grey levels; sizes are checked before a decoder may allocate for them."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from xray_model.errors import InvalidRadiograph
from xray_model.imaging.full_depth import Levels, look_up
from xray_model.imaging.grey_range import find_range, stretch_8_bits
from xray_model.imaging.metadata import Source
from xray_model.imaging.raster_stored import Stored, read_levels

FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "TIFF")
MAX_PIXELS = 40_000_000  # a 43 x 43 cm film at 0.1 mm has 18.5 million
MIN_SIDE = 64  # pixels: in a smaller picture the lungs cannot be made out
MAX_SCANS = 100  # of a progressive JPEG, which usually has 10: each costs a pass over all pixels, even if it is tiny
# No radiograph comes in the others (fax, LZMA, Zstandard, ...), and each is one more decoder for a hostile file.
TIFF_COMPRESSIONS = ("raw", "packbits", "tiff_lzw", "tiff_adobe_deflate", "tiff_deflate", "jpeg", "group4")
TIFF_TILE_WIDTH, TIFF_TILE_HEIGHT = 322, 323
EXIF_ORIENTATION = 0x0112
UPRIGHT = {  # EXIF orientation -> the transformation that undoes it
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def decode(data: bytes) -> tuple[NDArray[np.uint8], Source, Levels | None]:
    """(uint8 grey levels (height, width), facts about the file, full-depth levels if it has more than 8 bits).

    Raises `InvalidRadiograph`.
    """
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            _check_header(image, data)
            return _from_image(image, data)
    except InvalidRadiograph:
        raise
    except Image.UnidentifiedImageError as error:
        raise InvalidRadiograph(
            "This is not an image of a supported kind. Expected a PNG, JPEG, WebP, BMP or TIFF file, or DICOM."
        ) from error
    except Image.DecompressionBombError as error:
        raise InvalidRadiograph(
            f"The image has far too many pixels; at most {MAX_PIXELS:,} are read. Send a smaller export."
        ) from error
    except Exception as error:  # decoders raise anything (SyntaxError, struct.error, ...) on damaged files
        raise InvalidRadiograph("The image is damaged or cut off. Export it again.") from error


def check_size(width: int, height: int) -> None:
    """Raise `InvalidRadiograph` for too many pixels or too short a side."""
    if width * height > MAX_PIXELS:
        raise InvalidRadiograph(
            f"The image has {width:,} x {height:,} pixels; at most {MAX_PIXELS:,} are read. Send a smaller export."
        )
    if min(width, height) < MIN_SIDE:
        raise InvalidRadiograph(
            f"The image has {width:,} x {height:,} pixels; at least {MIN_SIDE} a side are needed. Send the original."
        )


def to_8_bit(levels: NDArray[Any], highest: int) -> NDArray[np.uint8]:
    """Scale levels in [0, 65535], (height, width), so that `highest` becomes 255; always a new array."""
    if levels.dtype == np.uint8 and highest == 255:
        return levels.copy()
    full_scale = np.arange(2**16) * (255 / highest)
    return look_up(np.rint(np.minimum(full_scale, 255)).astype(np.uint8), levels)


def _check_header(image: Image.Image, data: bytes) -> None:
    """Refuse everything that can be refused before a pixel is decoded."""
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
        raise InvalidRadiograph(f"TIFF compression {compression!r} is not supported. Save it with LZW or as PNG.")
    tile = int(image.tag_v2.get(TIFF_TILE_WIDTH, 0)) * int(image.tag_v2.get(TIFF_TILE_HEIGHT, 0))
    if tile > MAX_PIXELS:  # a small picture may declare a huge tile, which the decoder would allocate
        raise InvalidRadiograph(
            f"The TIFF has tiles of {tile:,} pixels; at most {MAX_PIXELS:,} are read. Export it again."
        )


def _has_more_pictures(image: Image.Image) -> bool:
    if image.format == "MPO":  # a camera's JPEG, followed by previews or a depth map
        return False
    if image.format != "TIFF":
        return bool(getattr(image, "is_animated", False))
    try:
        image.seek(1)  # not n_frames, which would follow a chain of any length
    except EOFError:
        return False
    return True


def _from_image(image: Image.Image, data: bytes) -> tuple[NDArray[np.uint8], Source, Levels | None]:
    image.load()
    width, height = image.size
    stored = read_levels(image, data)
    turn = UPRIGHT.get(_orientation(image))
    if turn is not None:
        turned = np.asarray(Image.fromarray(stored.levels).transpose(turn))
        notes = (*stored.notes, "The picture was turned upright, following its EXIF tag.")
        stored = stored._replace(levels=turned, notes=notes)
    grey, levels, bit_depth, notes = _drawn(stored)
    file_format = {"MPO": "JPEG"}.get(str(image.format), str(image.format))
    return grey, Source(file_format, width, height, bit_depth, stored.notes + notes), levels


def _drawn(stored: Stored) -> tuple[NDArray[np.uint8], Levels | None, int, tuple[str, ...]]:
    """Grey levels, full-depth levels, bits in use, notes."""
    if stored.levels.dtype == np.uint8:
        grey, notes = stretch_8_bits(stored.levels)
        return grey, None, stored.bits, notes
    found = find_range(stored.levels)
    levels = found.above_black(stored.levels, stored.inverted)
    grey = to_8_bit(levels, found.span)
    return grey, Levels.of(levels, found.depth, found.window) if found.depth > 8 else None, found.depth, found.notes


def _orientation(image: Image.Image) -> int:
    try:
        value = image.getexif().get(EXIF_ORIENTATION, 1)
    except Exception:  # noqa: BLE001 - a radiograph with damaged metadata is still a radiograph
        return 1
    return value if isinstance(value, int) else 1
