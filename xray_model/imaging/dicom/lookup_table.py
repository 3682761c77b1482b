"""The look-up tables that a DICOM header may carry (PS3.3 section C.11.1.1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xray_model.errors import InvalidRadiograph
from xray_model.imaging.dicom.header import Header, read_item

MODALITY_TABLE, VOI_TABLE = 0x00283000, 0x00283010
DESCRIPTOR, ENTRIES = 0x00283002, 0x00283006
ITEM_ELEMENTS = {DESCRIPTOR: 6, ENTRIES: 2**17}  # tag -> bytes at most


@dataclass(frozen=True)
class Table:
    """`entries` for the values from `first` up; `highest` is the largest that an entry can be."""

    first: int
    entries: NDArray[Any]
    highest: int

    def look_up(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """The entry of each value; those outside have the entry of the nearest end."""
        places = np.clip(np.rint(values) - self.first, 0, len(self.entries) - 1)
        return self.entries[places.astype(np.int64)].astype(np.float64)


def read_table(header: Header, tag: int, signed: bool) -> Table | None:
    """The first table of the sequence `tag`; None if there is none; raises `InvalidRadiograph` if it is damaged.

    signed: whether the values that are looked up can be negative, which decides how `first` is written.
    """
    item = read_item(header, tag, ITEM_ELEMENTS)
    if item is None:
        return None
    order = "<" if header.little else ">"
    data = item.values.get(ENTRIES, b"")
    numbers = np.frombuffer(item.values.get(DESCRIPTOR, b""), f"{order}u2").tolist()
    if len(numbers) != 3 or not 8 <= numbers[2] <= 16:
        raise InvalidRadiograph("A look-up table of the DICOM file is damaged. Export the image again.")
    count, first = numbers[0] or 2**16, numbers[1]
    entries = np.frombuffer(data, f"{order}u2" if len(data) >= 2 * count else "u1")[:count]
    if len(entries) < count:
        raise InvalidRadiograph("A look-up table of the DICOM file is cut off. Export the image again.")
    return Table(first - 2**16 if signed and first >= 2**15 else first, entries, 2 ** numbers[2] - 1)
