"""Streams and headers that disagree on depth, compression or channels: the picture is right, and a note says so."""

from __future__ import annotations

import subprocess
from types import SimpleNamespace

import numpy as np
import pytest

from tests.support.decoder_loop import DecoderLoop
from tests.support.dicom_files import compressed, dataset, film, frame, written
from tests.support.dicom_reading import FILM, expected, read, refusal
from tests.support.pictures import saved
from xray_model.imaging.dicom import pixels
from xray_model.imaging.dicom import transfer_syntax as syntax

PLAIN = film(8).astype(np.uint8)


@pytest.fixture(autouse=True)
def one_decoder(monkeypatch):
    """One process for all streams of a test: starting one for each takes most of the time."""
    loop = DecoderLoop()
    monkeypatch.setattr(pixels, "subprocess", SimpleNamespace(**vars(subprocess) | {"run": loop.run}))
    yield
    loop.stop()


@pytest.mark.parametrize("bits", [8, 12, 16])
@pytest.mark.parametrize("uid", sorted(syntax.COMPRESSED - {syntax.JPEG_BASELINE, syntax.JPEG_EXTENDED, syntax.RLE}))
def test_the_stream_decides_on_the_depth_whatever_the_header_says(uid, bits):
    values = np.rint(PLAIN * ((2**bits - 1) / 255)).astype(np.uint16)
    for said in {10, 12, 16}:
        data = written(dataset(values, 16, BitsStored=said, HighBit=said - 1), uid, frame_of(values, bits, uid))
        off = np.abs(read(data).pixels.astype(int) - PLAIN)
        assert off.mean() < 1, (said, off.mean())


def frame_of(values: np.ndarray, bits: int, uid: str) -> bytes:
    return frame(values.tobytes(), values.shape, max(bits, 9) if uid.startswith("1.2.840.10008.1.2.4.8") else bits, uid)


def test_jpeg_of_other_bits_than_the_header_says():
    deep = np.rint(PLAIN * (4095 / 255)).astype(np.uint16)
    extended = frame(deep.tobytes(), deep.shape, 12, syntax.JPEG_EXTENDED)
    baseline = saved(PLAIN, "JPEG", quality=98)
    for said in (10, 12, 14):
        elements = {"BitsStored": said, "HighBit": said - 1}
        for uid, stream in ((syntax.JPEG_EXTENDED, extended), (syntax.JPEG_BASELINE, baseline)):
            found = read(written(dataset(deep, 16, **elements), uid, stream))
            assert np.abs(found.pixels.astype(int) - PLAIN).mean() < 2, (said, uid)
    notes = read(written(dataset(deep, 16, BitsStored=10, HighBit=9), syntax.JPEG_EXTENDED, extended)).source.notes
    assert notes == ("The DICOM header says 10 bits; the picture has 12, and all are read.",)


@pytest.mark.parametrize("uid", [syntax.JPEG_2000_LOSSLESS, syntax.JPEG_LS_LOSSLESS, syntax.JPEG_LOSSLESS_FIRST_ORDER])
@pytest.mark.parametrize("start", [b"", bytes(128) + b"DICM"])
def test_the_stream_tells_its_compression_if_the_file_does_not(uid, start):
    data = compressed(FILM, 12, uid)
    bare = start + data[data.index(b"\x08\x00\x16\x00UI") :]
    np.testing.assert_array_equal(read(bare).pixels, expected())
    assert "does not say how its picture is compressed" in refusal(
        bare.replace(b"\xff\x4f", b"\0\0").replace(b"\xff\xd8\xff", bytes(3))
    )


@pytest.mark.parametrize("planes", [0, 1])
def test_grey_in_three_channels_is_grey(planes):
    channels = np.stack([PLAIN] * 3, axis=0 if planes else -1)
    found = dataset(PLAIN, 8, SamplesPerPixel=3, PhotometricInterpretation="RGB", PlanarConfiguration=planes)
    found.PixelData = channels.tobytes()
    radiograph = read(written(found))
    np.testing.assert_array_equal(radiograph.pixels, PLAIN)
    assert radiograph.source.notes == ("The file stores a grey picture in three colour channels.",)
    stream = saved(np.dstack([PLAIN] * 3), "JPEG", quality=95)
    found.PhotometricInterpretation = "YBR_FULL_422"
    lossy = read(written(found, syntax.JPEG_BASELINE, stream))
    assert np.abs(lossy.pixels.astype(int) - PLAIN).mean() < 2
