"""A small DICOM header reader, which copies only the values of listed elements.

It steps from element to element (PS3.5 section 7), remembers the tags of the others and stops at the pixel data. No
patient's name, date or number is touched, and the number of steps is bounded. pydicom's own reader would quote values
in its warnings, such as that about Specific Character Set.
"""

from __future__ import annotations

import contextlib
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from xray_model.errors import InvalidRadiograph
from xray_model.imaging.dicom.transfer_syntax import EXPLICIT_BIG, EXPLICIT_LITTLE, IMPLICIT_LITTLE, check_syntax

PREAMBLE, MAGIC = 128, b"DICM"
MAX_ELEMENTS = 50_000  # with those inside sequences of undefined length; real headers have hundreds
UNDEFINED = 0xFFFFFFFF
ITEM, ITEM_END, SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
PIXEL_DATA, TRANSFER_SYNTAX = 0x7FE00010, 0x00020010
LONG_VRS = frozenset(b"OB OD OF OL OV OW SQ SV UC UN UR UT UV".split())
SHORT_VRS = frozenset(b"AE AS AT CS DA DS DT FD FL IS LO LT PN SH SL SS ST TM UI UL US".split())
CUT_OFF = "The DICOM file is damaged or cut off. Export it again."


@dataclass(frozen=True)
class Element:
    """One element; its value starts at byte `start`. vr: two letters, empty if not written."""

    tag: int
    vr: bytes
    start: int
    length: int


@dataclass
class Walk:
    """Reads the elements of one file, each at a given position. steps: elements read so far."""

    data: bytes
    explicit: bool
    little: bool
    steps: int = 0

    def element(self, at: int) -> Element:
        """The element that starts at byte `at`; raises `InvalidRadiograph` if there is none."""
        self.steps += 1
        if self.steps > MAX_ELEMENTS:
            raise InvalidRadiograph(
                f"The DICOM header has more than {MAX_ELEMENTS:,} elements. Export the image again."
            )
        group, number = self._unpack("HH", at)
        vr = self.data[at + 4 : at + 6] if self.explicit else b""
        if vr in LONG_VRS:
            return Element(group << 16 | number, vr, at + 12, self._unpack("I", at + 8)[0])
        if vr in SHORT_VRS:
            return Element(group << 16 | number, vr, at + 8, self._unpack("H", at + 6)[0])
        return Element(group << 16 | number, b"", at + 8, self._unpack("I", at + 4)[0])  # items have no VR either

    def end(self, element: Element) -> int:
        """The first byte after the element and the sequences in it."""
        if element.length != UNDEFINED:
            return self._inside(element.start + element.length)
        if element.vr == b"UN":  # PS3.5 section 6.2.2: its items are written without VRs
            return self._skip(element.start, Walk(self.data, False, True, self.steps))
        return self._skip(element.start, self)

    def _skip(self, at: int, walk: Walk) -> int:
        """The end of a sequence of undefined length, found by counting levels, as recursion could be made too deep."""
        depth = 1
        while depth:
            inner = walk.element(at)
            at = inner.start
            if inner.tag in (ITEM_END, SEQUENCE_END):
                depth -= 1
            elif inner.length == UNDEFINED:
                depth += 1
            else:
                at = self._inside(at + inner.length)
        self.steps = walk.steps
        return at

    def _inside(self, at: int) -> int:
        if at > len(self.data):
            raise InvalidRadiograph(CUT_OFF)
        return at

    def _unpack(self, form: str, at: int) -> tuple[int, ...]:
        try:
            return struct.unpack_from(("<" if self.little else ">") + form, self.data, at)
        except struct.error:
            raise InvalidRadiograph(CUT_OFF) from None


@dataclass
class Header:
    """What was read of a header. values: tag -> bytes of a listed element. tags: those of all elements.

    syntax: the transfer syntax UID. little: whether the byte order is little-endian. pixels: None without a picture.
    """

    syntax: str
    little: bool
    values: dict[int, bytes] = field(default_factory=dict)
    tags: set[int] = field(default_factory=set)
    pixels: Element | None = None

    def text(self, tag: int) -> str:
        """The value in capitals without padding, empty if absent. For comparison only: it must never be shown."""
        return self.values.get(tag, b"").decode("ascii", "replace").strip(" \0").upper()

    def integer(self, tag: int, signed: bool = False) -> int | None:
        """The first 16-bit number (US or SS), None if absent."""
        value = self.values.get(tag, b"")
        return int.from_bytes(value[:2], "little" if self.little else "big", signed=signed) if len(value) > 1 else None

    def decimals(self, tag: int) -> tuple[float, ...]:
        """The numbers of a decimal string (DS or IS), up to the first invalid or implausibly large one."""
        numbers: list[float] = []
        with contextlib.suppress(ValueError):
            for word in self.text(tag).split("\\"):
                number = float(word)
                if not abs(number) < 1e9:  # written so that NaN stops here, too
                    break
                numbers.append(number)
        return tuple(numbers)


def read_header(data: bytes, wanted: Mapping[int, int]) -> Header:
    """Read up to the pixel data, copying the elements in `wanted`: tag -> most bytes.

    Raises `InvalidRadiograph` for an unsupported transfer syntax, a length beyond the end of the file, and a listed
    element that is longer than allowed.
    """
    at = PREAMBLE + 4 if data[PREAMBLE : PREAMBLE + 4] == MAGIC else 0
    meta, at = _read_meta(data, at, wanted)
    syntax = meta.text(TRANSFER_SYNTAX) or IMPLICIT_LITTLE
    check_syntax(syntax)
    if syntax == IMPLICIT_LITTLE and data[at + 4 : at + 6] in SHORT_VRS:  # so do old programs, or without group 2
        syntax = EXPLICIT_LITTLE
    header = Header(syntax, syntax != EXPLICIT_BIG, meta.values, meta.tags)
    for element, end in _elements(Walk(data, syntax != IMPLICIT_LITTLE, header.little), at, len(data)):
        if element.tag == PIXEL_DATA:
            header.pixels = element
            break
        _keep(header, data, element, end, wanted)
    return header


def read_item(header: Header, tag: int, wanted: Mapping[int, int]) -> Header | None:
    """The first item of a sequence that `read_header` copied, as a `Header`; None if there is none."""
    table = header.values.get(tag)
    if not table:
        return None
    walk = Walk(table, header.syntax != IMPLICIT_LITTLE, header.little)
    item = walk.element(0)
    stop = len(table) if item.length == UNDEFINED else min(item.start + item.length, len(table))
    found = Header(header.syntax, header.little)
    for element, end in _elements(walk, item.start, stop):
        _keep(found, table, element, end, wanted)
    return found


def _read_meta(data: bytes, at: int, wanted: Mapping[int, int]) -> tuple[Header, int]:
    """Group 2, always explicit and little-endian (PS3.10 section 7.1), and where it ends."""
    meta = Header(EXPLICIT_LITTLE, little=True)
    walk = Walk(data, explicit=True, little=True)
    while data[at : at + 2] == b"\x02\x00":
        element = walk.element(at)
        at = walk.end(element)
        _keep(meta, data, element, at, wanted)
    return meta, at


def _elements(walk: Walk, at: int, stop: int) -> Iterator[tuple[Element, int]]:
    """Each element with its end, up to `stop` or the end of an item; 0 stands for the end of the pixel data."""
    while at + 8 <= stop:
        element = walk.element(at)
        if element.tag in (ITEM_END, SEQUENCE_END):
            return
        at = 0 if element.tag == PIXEL_DATA else walk.end(element)
        yield element, at


def _keep(header: Header, data: bytes, element: Element, end: int, wanted: Mapping[int, int]) -> None:
    header.tags.add(element.tag)
    if element.tag not in wanted or element.tag in header.values:
        return
    if end - element.start > wanted[element.tag]:
        raise InvalidRadiograph("An element of the DICOM header is implausibly long. Export the image again.")
    header.values[element.tag] = data[element.start : end]
