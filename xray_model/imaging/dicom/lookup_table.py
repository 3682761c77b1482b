"""Look-up tables in a DICOM header (PS3.3 section C.11.1.1), read as vendors write them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xray_model.imaging.dicom.header import Header, read_item
from xray_model.imaging.grey_range import STATED_FILL

MODALITY_TABLE, VOI_TABLE = 0x00283000, 0x00283010
DESCRIPTOR, ENTRIES = 0x00283002, 0x00283006
ITEM_ELEMENTS = {DESCRIPTOR: 64, ENTRIES: 2**18}  # tag -> most bytes; some hold more than they should
SHORT = 0.9  # least share of the declared entries: a table with fewer counts as damaged
IGNORED = "A look-up table in the DICOM file is empty or damaged and was ignored."


@dataclass(frozen=True)
class Table:
    """Entries for the values from `first` upwards; `white` is the entry that is drawn white."""

    first: int
    entries: NDArray[Any]
    white: int

    def look_up(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """The entry for each value; values outside the table get the first or last entry."""
        places = np.clip(np.rint(values) - self.first, 0, len(self.entries) - 1)
        return self.entries[places.astype(np.int64)].astype(np.float64)


def read_table(header: Header, tag: int, signed: bool) -> tuple[Table | None, tuple[str, ...]]:
    """(the first table of the sequence `tag`, or None; a note if it is ignored because it is empty or damaged).

    signed: whether the values to look up can be negative, which decides how `first` is stored. If the entries fill only
    a small part of the declared bits (some write 16 and mean 12), the largest entry is white.
    """
    item = read_item(header, tag, ITEM_ELEMENTS)
    if item is None:
        return None, ()
    order = "<" if header.little else ">"
    numbers, data = _shorts(item.values.get(DESCRIPTOR, b""), order).tolist()[:3], item.values.get(ENTRIES, b"")
    count = (numbers[0] or 2**16) if len(numbers) == 3 else 0
    wide = len(data) >= 2 * SHORT * count
    entries = (_shorts(data, order) if wide else np.frombuffer(data, np.uint8))[:count]
    if not count or len(entries) < SHORT * count or not entries.any():
        return None, (IGNORED,)
    first, highest, said = numbers[1], int(entries.max()), 2 ** min(max(numbers[2], 8), 16) - 1
    white = said if STATED_FILL * said <= highest <= said else highest
    return Table(first - 2**16 if signed and first >= 2**15 else first, entries, white), ()


def _shorts(data: bytes, order: str) -> NDArray[Any]:
    return np.frombuffer(data, f"{order}u2", len(data) // 2)
