"""Reading DICOM files: every way of storing a chest film gives the same picture."""

from __future__ import annotations

import numpy as np
import pydicom
import pytest
from pydicom.sequence import Sequence

from tests.support.dicom_files import NAME, compressed, dataset, dicom, film, written
from tests.support.dicom_reading import FILM, expected, read
from tests.support.pictures import saved
from xray_model.imaging.dicom import is_dicom
from xray_model.imaging.dicom import transfer_syntax as syntax
from xray_model.imaging.files import SUFFIXES
from xray_model.imaging.radiograph import Radiograph

FIRST_ORDER = syntax.JPEG_LOSSLESS_FIRST_ORDER
LOSSY = (syntax.JPEG_BASELINE, syntax.JPEG_EXTENDED, syntax.JPEG_2000)  # near-lossless JPEG-LS has an error of 0 here
LOSSLESS = [(uid, 12) for uid in sorted(syntax.COMPRESSED) if uid not in LOSSY] + [(FIRST_ORDER, 16)]


@pytest.mark.parametrize("uid", sorted(syntax.NATIVE))
def test_uncompressed_pictures_are_the_same_in_each_byte_order(uid):
    np.testing.assert_array_equal(read(dicom(FILM, uid=uid)).pixels, expected())


@pytest.mark.parametrize(("uid", "bits"), LOSSLESS)
def test_lossless_compression_restores_every_level(uid, bits):
    radiograph = read(compressed(film(bits), bits, uid))
    np.testing.assert_array_equal(radiograph.levels.values, film(bits))
    np.testing.assert_array_equal(radiograph.pixels, expected(film(bits), bits))


@pytest.mark.parametrize(
    ("uid", "bits"),
    [(syntax.JPEG_BASELINE, 8), (syntax.JPEG_EXTENDED, 8), (syntax.JPEG_EXTENDED, 12), (syntax.JPEG_2000, 12)],
)
def test_lossy_compression_stays_close(uid, bits):
    values = film(bits).astype(np.uint8 if bits == 8 else np.uint16)
    pixels = read(compressed(values, bits, uid)).pixels.astype(int)
    assert np.abs(pixels - expected(values, bits)).max() <= 3


@pytest.mark.parametrize("bits", [8, 10, 12, 14, 15, 16])
def test_every_bit_depth(bits):
    radiograph = read(dicom(film(bits), bits))
    assert np.abs(radiograph.pixels.astype(int) - expected(film(bits), bits)).max() == 0
    assert radiograph.source.bit_depth == bits


@pytest.mark.parametrize("uid", [syntax.EXPLICIT_LITTLE, syntax.EXPLICIT_BIG])
def test_8_bits_in_words_are_not_swapped(uid):
    found = dataset(film(8), 8)
    found["PixelData"].VR = "OW"
    if uid == syntax.EXPLICIT_BIG:
        found.PixelData = np.frombuffer(found.PixelData, "<u2").astype(">u2").tobytes()
    np.testing.assert_array_equal(read(written(found, uid)).pixels, film(8))


def test_unused_high_bits_are_cleared_and_low_ones_shifted_away():
    np.testing.assert_array_equal(read(dicom(FILM | 0xA000)).pixels, expected())
    np.testing.assert_array_equal(read(dicom(FILM << 4 | 5, HighBit=15)).pixels, expected())


def test_signed_values():
    signed = FILM.astype(np.int16) - 2048
    window = {"WindowCenter": 0, "WindowWidth": 4095, "VOILUTFunction": "LINEAR_EXACT"}
    np.testing.assert_allclose(read(dicom(signed, **window)).pixels, expected(), atol=1)
    np.testing.assert_array_equal(read(dicom(signed)).pixels, expected())  # the range in use


def test_only_the_levels_in_use_are_stretched_as_for_a_png():
    dark = film(10)
    assert read(dicom(dark, 12)).source.bit_depth == 10
    np.testing.assert_array_equal(read(dicom(dark, 12)).pixels, read(saved(dark)).pixels)


def test_odd_files_of_old_writers_are_read():
    sound = dataset(FILM)
    for uid in (syntax.EXPLICIT_LITTLE, syntax.IMPLICIT_LITTLE):  # neither preamble nor group 2
        data = written(sound, uid, meta=False)
        assert is_dicom(data)
        np.testing.assert_array_equal(read(data).pixels, expected())
    lying = dicom(FILM).replace(b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2\0\0\0")
    np.testing.assert_array_equal(read(lying).pixels, expected())
    np.testing.assert_array_equal(read(dicom(FILM) + bytes(100)).pixels, expected())


def test_a_compressed_picture_without_its_last_delimiter_is_read():
    data = compressed(FILM, 12, syntax.RLE)
    assert data.endswith(b"\xfe\xff\xdd\xe0\0\0\0\0")
    np.testing.assert_array_equal(read(data[:-8]).pixels, expected())


def test_sequences_of_undefined_length_and_private_elements_are_skipped():
    found = dataset(FILM)
    inner = pydicom.Dataset()
    inner.PatientName = NAME
    inner.RequestAttributesSequence = Sequence([pydicom.Dataset()])
    for each in (found, inner):
        each.ReferencedImageSequence = Sequence([pydicom.Dataset(), inner] if each is found else [])
        each["ReferencedImageSequence"].is_undefined_length = True
    inner.is_undefined_length_sequence_item = True
    found.add_new(0x00091010, "UN", b"anything at all!")
    found.add_new(0x00091011, "LO", NAME)
    for uid in (syntax.IMPLICIT_LITTLE, syntax.EXPLICIT_LITTLE):
        radiograph = read(written(found, uid))
        np.testing.assert_array_equal(radiograph.pixels, expected())
        assert {"Private elements (2)", "Referenced Image Sequence"} <= set(radiograph.source.removed_tags)


def test_recognised_by_content_whatever_the_name(tmp_path):
    for name in ("film.dcm", "film.dicom", "IM000001", "film.png"):
        path = tmp_path / name
        path.write_bytes(dicom(FILM))
        assert Radiograph.from_file(path).source.format == "DICOM"
    assert {".dcm", ".dicom"} <= set(SUFFIXES)
    for file_format in ("PNG", "JPEG", "BMP", "TIFF", "WEBP"):
        assert not is_dicom(saved(film(8).astype(np.uint8), file_format))
