"""Hundreds of damaged and malicious DICOM files: each is a `Radiograph`, or one clear sentence, soon."""

from __future__ import annotations

import logging
import struct
import subprocess
import time
import tracemalloc
import warnings
import zlib
from collections.abc import Iterator
from itertools import islice
from types import SimpleNamespace

import numpy as np
import pytest

from tests.support.decoder_loop import DecoderLoop
from tests.support.dicom_files import NAME, NUMBER, compressed, dataset, dicom, film, table, written
from tests.support.hostile import answer
from xray_model.errors import InvalidRadiograph
from xray_model.imaging.dicom import header as dicom_header
from xray_model.imaging.dicom import is_dicom, pixels
from xray_model.imaging.dicom import transfer_syntax as syntax
from xray_model.imaging.radiograph import Radiograph

SEED = 20260102
FILM = film(12)
WINDOW = {"WindowCenter": 2048, "WindowWidth": 3000, "RescaleSlope": 2, "RescaleIntercept": -10, "PixelPaddingValue": 5}
SHARES = (0.001, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.3, 0.5, 0.8, 0.99, 0.9999)
NUMBERS = (0, 1, 0x7F, 0xFF, 0xFFFE, 0xFFFF)  # in place of a 16-bit length or value


def element(tag: int, vr: bytes, value: bytes, length: int | None = None) -> bytes:
    """One explicit little-endian element, with a length of its own choice."""
    length = len(value) if length is None else length
    head = struct.pack("<HH", tag >> 16, tag & 0xFFFF) + vr
    return head + (struct.pack("<HI", 0, length) if vr in dicom_header.LONG_VRS else struct.pack("<H", length)) + value


def file_of(*elements: bytes, uid: str = syntax.EXPLICIT_LITTLE) -> bytes:
    """Preamble, transfer syntax and whatever follows."""
    padded = uid.encode() + b"\0" * (len(uid) % 2)
    return bytes(128) + b"DICM" + element(0x00020010, b"UI", padded) + b"".join(elements)


def originals() -> dict[str, bytes]:
    """Sound files of the kinds that need no decoder."""
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
    """(name, bytes), the same each time."""
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
    """Impossible values in each number that the reader trusts."""
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
                    found.add_new(name, "LO", value)  # as text, so that anything may stand there
                yield f"{keyword}={number}", written(found, syntax.IMPLICIT_LITTLE)


def crafted() -> Iterator[tuple[str, bytes]]:
    """Attacks on a reader of headers."""
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
    """All that needs no decoder of compressed pictures."""
    for cases in (damaged, edited, crafted):
        yield from (data for _, data in cases())


def with_sequence(sequence: bytes) -> bytes:
    """A sound film with one more element just before its pixel data."""
    data = dicom(FILM)
    place = data.rindex(b"\xe0\x7f\x10\x00OW")
    return data[:place] + sequence + data[place:]


def check(cases: Iterator[tuple[str, bytes]], caplog, least: int) -> dict[str, str]:
    with caplog.at_level(logging.DEBUG):
        made = dict(cases)
        caplog.clear()
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            answers = {name: answer(name, data) for name, data in made.items()}
    said = " ".join(answers.values()) + caplog.text
    assert NAME not in said
    assert NUMBER not in said
    assert len(answers) >= least
    return answers


def test_damaged_files(caplog):
    answers = check(damaged(), caplog, 600)
    assert sum(not said for said in answers.values()) > 100  # what was hit was often of no importance


def test_impossible_numbers(caplog):
    answers = check(edited(), caplog, 80)
    assert answers["WindowWidth=nan"] == ""
    assert "how large" in answers["Rows=0"]


def test_attacks(caplog):
    answers = check(crafted(), caplog, 40)
    for name in ("nested-bomb", "unending-elements", "unending-items"):
        assert "more than 50,000 elements" in answers[name]
    assert "deflated" in answers["deflated-bomb"]
    assert "several frames" in answers["many-frames"]
    assert answers["nested-deep"]


@pytest.fixture(scope="module")
def loop() -> Iterator[DecoderLoop]:
    loop = DecoderLoop()
    yield loop
    loop.stop()


def test_damaged_streams(caplog, monkeypatch, loop):
    monkeypatch.setattr(pixels, "subprocess", SimpleNamespace(**vars(subprocess) | {"run": loop.run}))
    answers = check(damaged_streams(), caplog, 300)
    assert all(not said or "compressed" in said or "damaged" in said for said in answers.values())
    assert 10 < sum(not said for said in answers.values()) < 290, "some are read, most are not"


def test_a_damaged_stream_and_the_decoder_that_is_started_for_it(caplog):
    check(islice(damaged_streams(), 2), caplog, 2)


def damaged_streams() -> Iterator[tuple[str, bytes]]:
    """Compressed pictures with turned bits, cut off, and empty."""
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


def test_a_stream_cannot_make_the_decoder_take_all_memory(monkeypatch, tmp_path):
    """RLE says no size: two bytes become 128, as often as the file likes. With a third of the memory, to be quick."""
    script = pixels.DECODER.read_text(encoding="utf-8")
    assert script.count("MEMORY = 1536 *") == 1
    (tmp_path / "decoder.py").write_text(script.replace("MEMORY = 1536 *", "MEMORY = 512 *"), encoding="utf-8")
    monkeypatch.setattr(pixels, "DECODER", tmp_path / "decoder.py")
    offsets = np.array([2, 64, 64 + 4_000_000, *[0] * 13], "<u4").tobytes()
    bomb = offsets + b"\x81\x00" * 4_000_000
    said = answer_within(written(dataset(FILM), syntax.RLE, bomb), pixels.DECODE_SECONDS + 5)
    assert "compressed" in said or "decompressed" in said


def test_a_second_transfer_syntax_among_the_picture_elements_is_not_believed():
    """Found by the fuzzer."""
    film_alone = dicom(FILM)[132:]
    place = film_alone.index(b"\x08\x00\x16\x00")
    later = element(0x00020010, b"UI", syntax.DEFLATED.encode())
    data = file_of(element(0x00080005, b"CS", b""), later, film_alone[place:])
    np.testing.assert_array_equal(Radiograph.from_bytes(data).pixels, Radiograph.from_bytes(dicom(FILM)).pixels)


def answer_within(data: bytes, seconds: float) -> str:
    start = time.monotonic()
    with pytest.raises(InvalidRadiograph) as caught:
        Radiograph.from_bytes(data)
    assert time.monotonic() - start < seconds
    return str(caught.value)


def test_a_header_costs_no_memory():
    bomb = file_of(element(0x00091010, b"LO", b"") * 500_000)
    tracemalloc.start()
    try:
        with pytest.raises(InvalidRadiograph):
            Radiograph.from_bytes(bomb)
        assert tracemalloc.get_traced_memory()[1] < 2**20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("data", [b"", b"\x08", b"\x08\x00", b"\x08\x00\x05\x00CS", bytes(131), b"\x02\x00\x00\x00"])
def test_almost_nothing(data):
    is_dicom(data)
    with pytest.raises(InvalidRadiograph):
        Radiograph.from_bytes(data)
