"""`Radiograph`, one decoded grey image, made from a file, bytes or an array."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xray_model.errors import InvalidRadiograph
from xray_model.imaging.dicom import decode_dicom, is_dicom
from xray_model.imaging.files import read_file
from xray_model.imaging.full_depth import Levels
from xray_model.imaging.metadata import Source
from xray_model.imaging.raster import check_size, decode, to_8_bit
from xray_model.imaging.raster_stored import check_levels
from xray_model.imaging.resize import SIDE, input_grey, resize_grey
from xray_model.imaging.zip_archives import MAX_BYTES, Archive, is_archive


@dataclass(frozen=True, eq=False)
class Radiograph:
    """One decoded frontal chest image. pixels: uint8 (height, width), upright, bright is dense, read-only.

    levels: full-depth levels for windowing on the screen, if the file has more than 8 bits; the model's input comes
    from `pixels` alone.
    """

    pixels: NDArray[np.uint8]
    source: Source
    levels: Levels | None = None

    @classmethod
    def from_file(cls, path: str | Path) -> Radiograph:
        """Read one image file (DICOM, PNG, JPEG, WebP, BMP or TIFF), or `archive.zip/image.png` inside a ZIP.

        Raises `InvalidRadiograph`.
        """
        return cls.from_bytes(read_file(Path(path)))

    @classmethod
    def from_bytes(cls, data: bytes) -> Radiograph:
        """Decode the bytes of one image file; raises `InvalidRadiograph`."""
        if not data:
            raise InvalidRadiograph("The file is empty (0 bytes). Export the image again.")
        if len(data) > MAX_BYTES:
            raise InvalidRadiograph(f"The file is larger than {MAX_BYTES // 2**20} MB. Send a smaller export.")
        if is_archive(data):
            raise InvalidRadiograph(
                "This is a ZIP archive, not an image. Unpack it, or name one file inside it."
                if Archive(data).names  # raises with the reason if the archive cannot be opened
                else "The ZIP archive holds no files."
            )
        pixels, source, levels = (decode_dicom if is_dicom(data) else decode)(data)
        return cls(_checked(pixels), source, levels)

    @classmethod
    def from_array(cls, array: ArrayLike, bit_depth: int = 8) -> Radiograph:
        """Copy grey levels (height, width) in [0, 2**bit_depth - 1], bright is dense; raises `InvalidRadiograph`.

        bit_depth: 1 to 16; the array may be of integers or of floating-point numbers.
        """
        levels = np.asarray(array)
        if levels.ndim != 2 or levels.dtype.kind not in "buif" or not 1 <= bit_depth <= 16:
            raise InvalidRadiograph(
                f"Got {levels.dtype} numbers of shape {levels.shape} with {bit_depth} bits; "
                "expected (height, width) grey levels with 1 to 16 bits."
            )
        height, width = levels.shape
        check_size(width, height)
        levels = levels.astype(np.uint8) if levels.dtype == bool else levels
        check_levels(levels, 2**bit_depth - 1)
        return cls(_checked(to_8_bit(levels, 2**bit_depth - 1)), Source("array", width, height, bit_depth))

    def grey(self, size: int) -> NDArray[np.float32]:
        """The model's input: grey levels 0-255, float32 (size, size), resized by `input_grey`."""
        return input_grey(self.pixels, size).astype(np.float32)

    def squeezed(self, size: int) -> Radiograph:
        """A small copy that gives a model of `size`, and the lung finder, exactly the same input as the original.

        pixels: (size, size), but at least 224 a side. No full-depth levels.
        """
        return replace(self, pixels=resize_grey(self.pixels, max(size, SIDE)), levels=None)


def _checked(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    if pixels.min() == pixels.max():
        raise InvalidRadiograph("Every pixel has the same brightness: the image is blank. Export it again.")
    pixels = np.ascontiguousarray(pixels)
    pixels.setflags(write=False)  # one radiograph may be on several pages at once
    return pixels
