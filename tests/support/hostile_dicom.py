"""A hostile corpus: hundreds of damaged and malicious DICOM files, the same each time."""

from __future__ import annotations

import struct
import warnings
import zlib
from collections.abc import Iterator

import numpy as np

from tests.support.dicom_files import compressed, dataset, dicom, film, table, written
from xray_model.imaging.dicom import header as dicom_header
from xray_model.imaging.dicom import transfer_syntax as syntax

SEED = 20260102
FILM = film(12)
WINDOW = {"WindowCenter": 2048, "WindowWidth": 3000, "RescaleSlope": 2, "RescaleIntercept": -10, "PixelPaddingValue": 5}
SHARES = (0.001, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.3, 0.5, 0.8, 0.99, 0.9999)
NUMBERS = (0, 1, 0x7F, 0xFF, 0xFFFE, 0xFFFF)  # instead of a 16-bit length or value


def element(tag: int, vr: bytes, value: bytes, length: int | None = None) -> bytes:
    """One explicit little-endian element, with a false length if given."""
    length = len(value) if length is None else length
    head = struct.pack("<HH", tag >> 16, tag & 0xFFFF) + vr
    return head + (struct.pack("<HI", 0, length) if vr in dicom_header.LONG_VRS else struct.pack("<H", length)) + value


def file_of(*elements: bytes, uid: str = syntax.EXPLICIT_LITTLE) -> bytes:
    """A file of preamble, transfer syntax and these elements."""
    padded = uid.encode() + b"\0" * (len(uid) % 2)
    return bytes(128) + b"DICM" + element(0x00020010, b"UI", padded) + b"".join(elements)


def originals() -> dict[str, bytes]:
    """Sound files of the kinds that need no codec."""
    square = np.rint((np.arange(4096) / 4095) ** 2 * 65535)
    return {
        "explicit": dicom(FILM, **WINDOW),
        "implicit": dicom(FILM, uid=syntax.IMPLICIT_LITTLE, **WINDOW),
        "big": dicom(FILM, uid=syntax.EXPLICIT_BIG, **WINDOW),
        "signed": dicom(FILM.astype(np.int16) - 2048, **WINDOW),
        "8bit": dicom(film(8), 8, PhotometricInterpretation="MONOCHROME1"),
        "tables": dicom(FILM, VOILUTSequence=table(square, 0, 16), ModalityLUTSequence=table(square // 16, 0, 12)),
        "bare": written(dataset(FILM, **WINDOW), meta=False),
    }


def damaged() -> Iterator[tuple[str, bytes]]:
    """(name, bytes) of damaged files, the same each time."""
    rng = np.random.default_rng(SEED)
    for name, data in originals().items():
        header = len(data) - FILM.size * (1 if name == "8bit" else 2)
        for share in SHARES:
            yield f"{name}-cut-{share}", data[: max(1, int(len(data) * share))]
        for number in range(30):
            yield f"{name}-flip-{number}", flipped(data, rng, 132, header)
        for number in range(20):
            place = int(rng.integers(132, header))
            yield f"{name}-ff-{number}", data[:place] + b"\xff" * 4 + data[place + 4 :]
            yield f"{name}-zero-{number}", data[:place] + bytes(4) + data[place + 4 :]
            yield f"{name}-gone-{number}", data[:place] + data[place + 2 :]


def flipped(data: bytes, rng: np.random.Generator, start: int, stop: int, bits: int = 3) -> bytes:
    changed = bytearray(data)
    for place in rng.integers(start, stop, bits):
        changed[place] ^= 1 << int(rng.integers(8))
    return bytes(changed)


def edited() -> Iterator[tuple[str, bytes]]:
    """Files with impossible values in each number that the reader uses."""
    for keyword in (
        "Rows",
        "Columns",
        "BitsAllocated",
        "BitsStored",
        "HighBit",
        "PixelRepresentation",
        "SamplesPerPixel",
    ):
        for number in NUMBERS:
            yield f"{keyword}={number}", dicom(FILM, **{keyword: number})
    for keyword in ("WindowCenter", "WindowWidth", "RescaleSlope", "RescaleIntercept"):
        for number in ("-1", "0", "1e300", "nan", "inf", "-inf", "abc", "1\\2\\x", "", "9" * 15):
            others = {"WindowCenter": "2048", "WindowWidth": "3000"} | {keyword: number}
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                found = dataset(FILM)
                for name, value in others.items():
                    found.add_new(name, "LO", value)  # text accepts any value
                yield f"{keyword}={number}", written(found, syntax.IMPLICIT_LITTLE)


def crafted() -> Iterator[tuple[str, bytes]]:
    """Files that attack the header reader."""
    rest = dicom(FILM)[132:]
    nested = element(0x00081140, b"SQ", b"", 0xFFFFFFFF) + b"\xfe\xff\x00\xe0\xff\xff\xff\xff"
    yield "nested-deep", file_of(nested * 20_000, rest)
    yield "nested-bomb", file_of(nested * 100_000)
    yield "unending-items", file_of(element(0x00081140, b"SQ", b"\xfe\xff\x00\xe0\0\0\0\0" * 100_000, 0xFFFFFFFF))
    yield "unending-elements", file_of(element(0x00091010, b"LO", b"") * 200_000)
    yield "undefined-un", file_of(element(0x00091010, b"UN", b"\xfe\xff\x00\xe0" + b"\xff" * 64, 0xFFFFFFFF), rest)
    yield "length-to-the-end", file_of(element(0x00091010, b"OB", b"", 0x7FFFFFFF), rest)
    yield "wrong-vr", dicom(FILM).replace(b"US\x02\0", b"SQ\x02\0")
    yield "unknown-vr", dicom(FILM).replace(b"US\x02\0", b"ZZ\x02\0")
    yield "no-vr", dicom(FILM).replace(b"CS\x02\0", b"\0\0\x02\0")
    yield "text-for-numbers", dicom(FILM).replace(b"US\x02\0", b"LO\x02\0")
    yield "only-magic", bytes(128) + b"DICM"
    yield "magic-and-zeros", bytes(128) + b"DICM" + bytes(10_000)
    yield "magic-and-ff", bytes(128) + b"DICM" + b"\xff" * 10_000
    yield "zeros", b"\x08\0" + bytes(10_000)
    yield "delimiters", file_of(b"\xfe\xff\xdd\xe0\0\0\0\0" * 1000, rest)
    yield "deflated-bomb", file_of(zlib.compress(bytes(50_000_000)), uid=syntax.DEFLATED)
    yield "huge-picture", dicom(FILM, Rows=65535, Columns=600)
    yield "long-picture", dicom(FILM, Rows=64, Columns=65535)
    yield "many-frames", dicom(FILM, NumberOfFrames=2_000_000_000)
    yield "minus-frames", dicom(FILM, NumberOfFrames=-1)
    yield "undefined-native", dicom(FILM).replace(b"OW\0\0" + struct.pack("<I", FILM.nbytes), b"OW\0\0" + b"\xff" * 4)
    yield "float-pixels", dicom(FILM, PixelData=None, FloatPixelData=FILM.astype("<f4").tobytes())
    yield "all-padding", dicom(FILM, PixelPaddingValue=0, PixelPaddingRangeLimit=4095)
    yield "blank", dicom(np.full_like(FILM, 9))
    for count, first, bits, size in ((0, 0, 16, 0), (65535, 0, 16, 10), (4, 0, 99, 8), (4, 0, 0, 8), (1, 65535, 16, 2)):
        item = element(0x00283002, b"US", struct.pack("<3H", count, first, bits))
        item += element(0x00283006, b"OW", bytes(size))
        for tag in (0x00283000, 0x00283010):
            sequence = element(tag, b"SQ", b"\xfe\xff\x00\xe0" + struct.pack("<I", len(item)) + item)
            yield f"table-{tag:x}-{count}-{bits}", with_sequence(sequence)
    for count, size in ((4096, 8190), (4096, 8194), (4096, 4096), (65535, 2**18), (65535, 2**18 + 2)):
        item = element(0x00283002, b"US", struct.pack("<3H", count, 0, 16)) + element(0x00283006, b"OW", bytes(size))
        sequence = element(0x00283010, b"SQ", b"\xfe\xff\x00\xe0" + struct.pack("<I", len(item)) + item)
        yield f"table-of-{size}-for-{count}", with_sequence(sequence)
    yield "many-windows", dicom(FILM, WindowCenter=["1"] * 9000, WindowWidth=["1"] * 9000)
    for count, word in ((3, "RGB"), (3, "YBR_FULL_422"), (255, "RGB"), (0, "MONOCHROME2")):
        yield f"channels-{count}-{word}", dicom(FILM, SamplesPerPixel=count, PhotometricInterpretation=word)
    yield "planes", dicom(FILM, SamplesPerPixel=3, PhotometricInterpretation="RGB", PlanarConfiguration=1, Columns=64)
    yield "unnamed-stream", file_of(rest.replace(b"OW\0\0" + struct.pack("<I", FILM.nbytes), b"OW\0\0" + b"\xff" * 4))
    for junk in (b"", b"\xfe\xff\x00\xe0", b"\xfe\xff\x00\xe0\xff\xff\xff\xff", b"\xff" * 40, bytes(2**18 + 2)):
        yield f"table-junk-{len(junk)}", with_sequence(element(0x00283010, b"SQ", junk))
    for kind in (b"\xff\xd8\xff\xf7", b"\x89PNG\r\n\x1a\n", b"PK\x03\x04", b"%PDF-1.7"):
        yield f"polyglot-{kind[:2].hex()}", kind + bytes(128 - len(kind)) + dicom(FILM)[128:]


def whole_corpus() -> Iterator[bytes]:
    """All files that need no codec."""
    for cases in (damaged, edited, crafted):
        yield from (data for _, data in cases())


def with_sequence(sequence: bytes) -> bytes:
    """A sound film with a sequence just before its pixel data."""
    data = dicom(FILM)
    place = data.rindex(b"\xe0\x7f\x10\x00OW")
    return data[:place] + sequence + data[place:]


def damaged_streams() -> Iterator[tuple[str, bytes]]:
    """Compressed pictures that are empty, cut off or have flipped bits."""
    rng = np.random.default_rng(SEED)
    for uid in sorted(syntax.COMPRESSED - {syntax.JPEG_EXTENDED}):
        bits = 8 if uid == syntax.JPEG_BASELINE else 12
        data = compressed(film(bits), bits, uid)
        start = data.rindex(b"\xe0\x7f\x10\x00OB")
        for number in range(40):
            yield f"{uid}-flip-{number}", flipped(data, rng, start + 40, len(data) - 8, 1 + number // 2)
        yield f"{uid}-cut", data[: (start + len(data)) // 2]
        yield f"{uid}-no-fragments", data[: start + 12] + data[-8:]
        yield f"{uid}-short", data[: start + 28] + b"\xfe\xff\xdd\xe0\0\0\0\0"
