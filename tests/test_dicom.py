"""DICOM at the door: every way of storing a chest film gives the same picture, and nothing about the patient stays."""

from __future__ import annotations

import logging
import re
import warnings
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.sequence import Sequence

from tests.dicom_files import NAME, NUMBER, compressed, dataset, dicom, film, table, written
from tests.pictures import saved
from xray_model import dicom_grey, dicom_pixels
from xray_model import dicom_syntax as syntax
from xray_model.dicom import KEPT, WANTED, deidentified, is_dicom
from xray_model.dicom_header import read_header
from xray_model.errors import InvalidRadiograph
from xray_model.inference import analyze
from xray_model.radiograph import SUFFIXES, Radiograph

FILM = film(12)
LOSSLESS = (
    syntax.RLE,
    syntax.JPEG_LOSSLESS,
    syntax.JPEG_LOSSLESS_FIRST_ORDER,
    syntax.JPEG_LS_LOSSLESS,
    syntax.JPEG_LS_NEAR_LOSSLESS,  # at an error of 0
    syntax.JPEG_2000_LOSSLESS,
)


def read(data: bytes) -> Radiograph:
    return Radiograph.from_bytes(data)


def refusal(data: bytes) -> str:
    with pytest.raises(InvalidRadiograph) as caught:
        read(data)
    return str(caught.value)


def notes(**elements) -> str:
    return " ".join(read(dicom(**elements)).source.notes)


def expected(values: np.ndarray = FILM, bits: int = 12) -> np.ndarray:
    return np.rint(values * (255 / (2**bits - 1))).astype(np.uint8)


# The ways to store a picture.


@pytest.mark.parametrize("uid", sorted(syntax.NATIVE))
def test_uncompressed_pictures_are_the_same_in_each_byte_order(uid):
    np.testing.assert_array_equal(read(dicom(FILM, uid=uid)).pixels, expected())


@pytest.mark.parametrize("uid", LOSSLESS)
def test_lossless_compression_gives_every_level_back(uid):
    radiograph = read(compressed(FILM, 12, uid))
    np.testing.assert_array_equal(radiograph.levels.values, FILM)
    np.testing.assert_array_equal(radiograph.pixels, expected())


def test_lossless_16_bits():
    values = film(16)
    radiograph = read(compressed(values, 16, syntax.JPEG_LOSSLESS_FIRST_ORDER))
    np.testing.assert_array_equal(radiograph.levels.values, values)


@pytest.mark.parametrize(
    ("uid", "bits"), [(syntax.JPEG_BASELINE, 8), (syntax.JPEG_EXTENDED, 8), (syntax.JPEG_2000, 12)]
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
    assert NAME.encode() not in deidentified(data[:-8])


def test_sequences_of_undefined_length_and_private_elements_are_passed_over():
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


# What is shown of it.


def test_a_monochrome1_twin_is_identical():
    twin = {"PhotometricInterpretation": "MONOCHROME1"}
    for bits in (8, 12, 16):
        values = film(bits)
        one = read(dicom((2**bits - 1) - values, bits, **twin))
        np.testing.assert_array_equal(one.pixels, read(dicom(values, bits)).pixels)
    window = read(dicom(FILM, WindowCenter=2000, WindowWidth=1500))
    one = read(dicom(4095 - FILM, WindowCenter=4096 - 2000, WindowWidth=1500, **twin))
    np.testing.assert_array_equal(one.pixels, window.pixels)
    np.testing.assert_array_equal(one.levels.values, window.levels.values)
    assert one.levels.center == pytest.approx(window.levels.center, abs=1)


def test_window_functions_follow_the_standard():
    values = np.array([0.0, 99, 100, 101, 150, 200, 201, 4095])
    np.testing.assert_allclose(dicom_grey.linear(values, 150, 101), np.clip((values - 149.5) / 100 + 0.5, 0, 1))
    np.testing.assert_allclose(dicom_grey.linear_exact(values, 150, 100), np.clip((values - 100) / 100, 0, 1))
    np.testing.assert_allclose(dicom_grey.sigmoid(values, 150, 100)[4], 0.5)
    np.testing.assert_array_equal(dicom_grey.linear(values, 100.5, 1), values > 100)
    assert dicom_grey.sigmoid(np.array([-1e9, 1e9]), 0, 1e-3).tolist() == pytest.approx([0, 1])


@pytest.mark.parametrize("function", ["LINEAR", "LINEAR_EXACT", "SIGMOID"])
def test_windows_agree_with_pydicom(function):
    found = dataset(FILM, WindowCenter=[1800, 1], WindowWidth=[900, 1], VOILUTFunction=function)
    found.RescaleSlope, found.RescaleIntercept = 2, -1000
    rescaled = pydicom.pixels.apply_modality_lut(FILM, found)
    shown = pydicom.pixels.apply_windowing(rescaled, found)
    low, high = -1000, 2 * 4095 - 1000
    theirs = (shown - low) / (high - low) * 255
    np.testing.assert_allclose(read(written(found)).pixels, theirs, atol=0.51)


def test_look_up_tables():
    square = np.rint((np.arange(4096) / 4095) ** 2 * 65535)
    both = read(dicom(FILM, VOILUTSequence=table(square, 0, 16), WindowCenter=1, WindowWidth=1)).pixels  # table first
    np.testing.assert_allclose(both, (FILM / 4095.0) ** 2 * 255, atol=0.51)
    halves = table(np.arange(4096) // 2 + 1000, 0, 16)
    window = {"WindowCenter": 1000 + 1023.5, "WindowWidth": 2047, "VOILUTFunction": "LINEAR_EXACT"}
    np.testing.assert_allclose(read(dicom(FILM, ModalityLUTSequence=halves, **window)).pixels, expected(), atol=1)
    np.testing.assert_allclose(read(dicom(FILM, ModalityLUTSequence=halves)).pixels, expected(), atol=1)
    negative = table(np.arange(4096), -2048, 12)
    signed = FILM.astype(np.int16) - 2048
    np.testing.assert_allclose(read(dicom(signed, VOILUTSequence=negative)).pixels, expected(), atol=1)
    for uid in (syntax.IMPLICIT_LITTLE, syntax.EXPLICIT_LITTLE):
        data = dicom(FILM, uid=uid, VOILUTSequence=table(square, 0, 16))
        np.testing.assert_array_equal(read(data).pixels, both)


def test_a_falling_rescale_turns_the_picture_round():
    falling = read(dicom(4095 - FILM, RescaleSlope=-1, RescaleIntercept=4095))
    np.testing.assert_array_equal(falling.pixels, expected())
    np.testing.assert_array_equal(falling.levels.values, FILM)


def test_padding_is_black_and_does_not_stretch_the_rest():
    values = FILM.copy()
    values[:20] = 4095
    padded = read(dicom(values, PixelPaddingValue=4095)).pixels
    assert padded[:20].max() == 0
    values = FILM.astype(np.int16)
    values[:20] = -2000
    signed = read(dicom(values, 16, PixelPaddingValue=-2001, PixelPaddingRangeLimit=-1990)).pixels
    assert signed[:20].max() == 0
    np.testing.assert_allclose(signed[20:], (FILM[20:] - FILM[20:].min()) / np.ptp(FILM[20:]) * 255, atol=1)


def test_a_window_that_shows_nothing_is_left_alone():
    radiograph = read(dicom(FILM, WindowCenter=30000, WindowWidth=10))
    np.testing.assert_array_equal(radiograph.pixels, expected())
    assert "window shows nothing" in " ".join(radiograph.source.notes)


@pytest.mark.parametrize("width", [0, -5, "1e12", ""])
def test_impossible_windows_are_left_alone(width):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        data = dicom(FILM, WindowCenter=100, WindowWidth=width)
    np.testing.assert_array_equal(read(data).pixels, expected())


def test_levels_are_for_the_screen_alone():
    radiograph = read(dicom(FILM, WindowCenter=2048, WindowWidth=1024))
    levels = radiograph.levels
    before = radiograph.grey(64).copy()
    assert (levels.bit_depth, levels.center, levels.width) == (12, 2047.5, 1024)
    assert np.abs(levels.windowed(levels.center, levels.width).astype(int) - radiograph.pixels).max() <= 1
    narrow = levels.windowed(1000, 10)
    assert set(np.unique(narrow)) >= {0, 255}
    np.testing.assert_array_equal(radiograph.grey(64), before)
    assert not levels.values.flags.writeable
    with pytest.raises(ValueError, match="width of 0"):
        levels.windowed(100, 0)
    assert read(dicom(film(8), 8)).levels is None


def test_levels_of_a_large_film_are_reduced():
    large = np.tile(FILM, (20, 25))
    radiograph = read(dicom(large))
    assert radiograph.pixels.shape == large.shape
    assert radiograph.levels.values.size <= 4_000_000
    assert abs(int(radiograph.levels.values.mean()) - int(large.mean())) <= 1


# Same picture, same answer.


def forms(values: np.ndarray, bits: int) -> dict[str, bytes]:
    stretched = values.astype(np.uint16)
    return {
        "png": saved(expected(values, bits)),
        "png16": saved(stretched),
        "tiff16": saved(stretched, "TIFF"),
        "dicom": dicom(values, bits),
        "dicom with a window": dicom(
            values, bits, WindowCenter=2 ** (bits - 1), WindowWidth=2**bits, VOILUTFunction="LINEAR"
        ),
        "monochrome1": dicom(2**bits - 1 - values, bits, PhotometricInterpretation="MONOCHROME1"),
        "jpeg-ls": compressed(values, bits, syntax.JPEG_LS_LOSSLESS),
    }


def test_every_form_gives_the_same_grey():
    levels = [read(data).grey(96) for data in forms(film(12, 300, 260), 12).values()]
    for each in levels[1:]:
        assert np.abs(each - levels[0]).max() <= 1


@pytest.mark.real_data
def test_every_form_gives_the_same_probability(data_dir):
    from xray_model import load_bundle

    model = load_bundle()
    for folder in ("NORMAL", "PNEUMONIA"):
        for path in sorted((data_dir / "kermany_train" / folder).glob("*"))[:3]:
            grey = Radiograph.from_file(path).pixels
            deep = np.rint(grey * (4095 / 255)).astype(np.uint16)
            deep[0, 0] = 4095  # a film that uses its range, so that every form knows its depth
            forms_of_it = forms(deep, 12) | {"jpeg": saved(expected(deep), "JPEG", quality=95)}
            answers = {name: analyze(read(data), model).prediction.probability for name, data in forms_of_it.items()}
            for name, probability in answers.items():
                assert abs(probability - answers["png"]) <= (0.03 if name == "jpeg" else 0.01), name
            assert answers["monochrome1"] == answers["dicom"]


# What is let in.


@pytest.mark.parametrize(
    ("elements", "words"),
    [
        ({"Modality": "CT"}, "computed tomography"),
        ({"Modality": "MR"}, "magnetic resonance"),
        ({"Modality": "MG"}, "mammogram"),
        ({"Modality": "US"}, "ultrasound"),
        ({"Modality": "QQ"}, "not a plain radiograph"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.2"}, "not a plain radiograph"),
        ({"BodyPartExamined": "KNEE"}, "another part of the body"),
        ({"BodyPartExamined": "RIGHT HAND"}, "another part of the body"),
        ({"BodyPartExamined": "EXTREMITY"}, "another part of the body"),
        ({"ViewPosition": "LL"}, "lateral"),
        ({"ViewPosition": "LATERAL"}, "lateral"),
        ({"NumberOfFrames": 2}, "several frames"),
        ({"SamplesPerPixel": 3, "PhotometricInterpretation": "RGB"}, "colour"),
        ({"PhotometricInterpretation": "PALETTE COLOR"}, "colour"),
        ({"PhotometricInterpretation": None}, "colour"),
        ({"PixelData": None}, "no picture"),
        ({"Rows": None}, "how large"),
        ({"Rows": 0}, "how large"),
        ({"Rows": 40, "Columns": 40}, "at least 64"),
        ({"Rows": 65000, "Columns": 65000}, "at most 40,000,000"),
        ({"Rows": 500}, "cut off"),
        ({"BitsAllocated": 32}, "bits"),
        ({"BitsAllocated": 1, "BitsStored": 1, "HighBit": 0}, "bits"),
        ({"BitsStored": 4, "HighBit": 3}, "bits"),
        ({"HighBit": 15, "BitsStored": 17}, "bits"),
    ],
)
def test_what_is_not_one_frontal_chest_film_is_refused_in_words(elements, words):
    assert words in refusal(dicom(FILM, **elements))


def test_index_files_and_other_syntaxes_are_refused():
    directory = dataset(FILM, DirectoryRecordSequence=Sequence([]), FileSetID="PLANTED")
    assert "DICOMDIR" in refusal(written(directory))
    sound = dicom(FILM)
    for suffix, words in ((b"1.99", "deflated"), (b"4.100", "compression"), (b"4.201", "compression")):
        uid = b"1.2.840.10008.1.2." + suffix
        explicit = b"\x02\x00\x10\x00UI\x14\x001.2.840.10008.1.2.1\0"
        changed = b"\x02\x00\x10\x00UI" + (len(uid) + len(uid) % 2).to_bytes(2, "little") + uid + b"\0" * (len(uid) % 2)
        assert words in refusal(sound.replace(explicit, changed))


def test_12_bit_jpeg_is_refused_rather_than_misread():
    data = written(dataset(FILM), syntax.JPEG_EXTENDED, saved(film(8).astype(np.uint8), "JPEG"))
    assert "12 bits" in refusal(data)


def test_a_stream_of_another_size_is_refused_before_it_is_decoded(monkeypatch):
    monkeypatch.setattr(dicom_pixels, "_decode_apart", None)
    stream = saved(np.zeros((3000, 3000), np.uint8), "JPEG")
    assert "size" in refusal(written(dataset(film(8), 8), syntax.JPEG_BASELINE, stream))
    stream = saved(np.zeros((3000, 3000), np.uint16), "JPEG2000", no_jp2=True)
    assert "size" in refusal(written(dataset(FILM), syntax.JPEG_2000, stream))


@pytest.mark.parametrize(
    ("elements", "words"),
    [
        ({"BurnedInAnnotation": "YES"}, "text burned into it"),
        ({"BurnedInAnnotation": None}, "does not say whether text"),
        ({"PatientAge": "034Y"}, "older than the children"),
        ({"PatientAge": "003M"}, "younger than the children"),
        ({"BodyPartExamined": None}, "does not say which part"),
        ({"BodyPartExamined": "SPECIAL"}, "not known here"),
        ({"ViewPosition": "SWIMMERS"}, "a view that is not known"),
        ({"Modality": "OT"}, "does not say that it is a plain radiograph"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.1.1.1", "Modality": "DX"}, "raw image"),
    ],
)
def test_doubts_are_said_in_words(elements, words):
    assert words in notes(**elements)


@pytest.mark.parametrize("age", ["001Y", "003Y", "005Y", "018M", "", None])
def test_the_trained_population_gets_no_note(age):
    assert notes(PatientAge=age) == ""


def test_words_for_the_chest():
    for part in ("CHEST", "Chest", "THORAX", "CHEST PA", "PORT CHEST", "CHEST,ABDOMEN"):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            assert notes(BodyPartExamined=part) == ""


# Nobody's name.


def test_only_the_list_is_kept():
    radiograph = read(dicom(FILM, WindowCenter=2048, WindowWidth=4096, PixelSpacing=[0.2, 0.2], InstitutionName=NAME))
    source, kept = radiograph.source, radiograph.source.acquisition
    assert (kept.modality, kept.view, kept.body_part, kept.photometric) == ("CR", "AP", "CHEST", "MONOCHROME2")
    assert (kept.spacing, kept.window) == ((0.2, 0.2), (2048, 4096))
    assert (source.format, source.height, source.width, source.bit_depth) == ("DICOM", *FILM.shape, 12)
    assert {"Patient's Name", "Patient ID", "Patient's Age", "Institution Name"} <= set(source.removed_tags)
    assert {"Media Storage SOP Instance UID", "SOP Instance UID"} <= set(source.removed_tags)
    assert not {"Modality", "Rows", "Window Center"} & set(source.removed_tags)
    assert "lanted" not in repr(radiograph) + repr(source)


@pytest.mark.parametrize("uid", [*sorted(syntax.NATIVE), syntax.RLE])
def test_what_must_be_kept_as_bytes_is_deidentified_first(uid):
    elements = {"WindowCenter": 1500, "WindowWidth": 900, "PixelPaddingValue": 7, "InstitutionName": NAME}
    data = dicom(FILM, uid=uid, **elements) if uid in syntax.NATIVE else compressed(FILM, 12, uid, **elements)
    kept = deidentified(data + NAME.encode())
    assert NAME.encode() not in kept
    assert NUMBER.encode() not in kept
    np.testing.assert_array_equal(read(kept).pixels, read(data).pixels)
    assert "Patient's Age" not in read(kept).source.removed_tags
    assert deidentified(kept) == kept


def test_deidentifying_other_files():
    png = saved(FILM)
    assert deidentified(png) is png
    bare = deidentified(written(dataset(FILM), meta=False))
    np.testing.assert_array_equal(read(bare).pixels, expected())
    with pytest.raises(InvalidRadiograph):
        deidentified(dicom(FILM, PixelData=None))


def test_the_header_reader_copies_no_element_beyond_the_list():
    header = read_header(dicom(FILM), WANTED)
    assert set(header.values) <= set(WANTED)
    assert 0x00100010 in header.tags
    assert 0x00100010 not in WANTED
    assert set(KEPT) < set(WANTED)


def planted(**elements) -> bytes:
    """A file whose every free text is the planted name, in places where it does not belong as well."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return dicom(FILM, InstitutionName=NAME, StudyDescription=NAME, SpecificCharacterSet="PLANTED", **elements)


@pytest.mark.parametrize(
    "elements",
    [
        {},
        {"Modality": "PLANTED"},
        {"BodyPartExamined": "PLANTED"},
        {"ViewPosition": "PLANTED"},
        {"PhotometricInterpretation": "PLANTED"},
        {"BurnedInAnnotation": "PLANTED"},
        {"VOILUTFunction": "PLANTED", "WindowCenter": 1, "WindowWidth": 3},
        {"PatientAge": "PLANTED"},
        {"SOPClassUID": "1.2.4711.4711"},
        {"Rows": 4711},
        {"BodyPartExamined": "PLANTED " * 500},
    ],
)
def test_no_value_comes_out_in_words_logs_or_warnings(elements, caplog, capfd):
    data = planted(**elements)
    caplog.clear()  # pydicom, which writes these files, does say such things
    capfd.readouterr()
    with caplog.at_level(logging.DEBUG), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            said = repr(read(data).source)
        except InvalidRadiograph as error:
            said = f"{error!r} {error.__cause__!r} {error.__context__!r}"
    said += caplog.text + "".join(str(each.message) for each in caught) + "".join(capfd.readouterr())
    assert not re.search(r"(?i)planted|zyxw", said)
    assert NUMBER not in said
    assert "Rows" in elements or "4711" not in said


def test_a_surprise_carries_nothing_out(monkeypatch):
    def fail(*_):
        raise RuntimeError(NAME)

    monkeypatch.setattr("xray_model.dicom_grey.draw", fail)
    with pytest.raises(InvalidRadiograph) as caught:
        read(dicom(FILM))
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_the_decoder_gets_no_header_and_leaves_no_file(monkeypatch, tmp_path):
    seen = []
    run = dicom_pixels.subprocess.run
    monkeypatch.setattr(
        dicom_pixels.subprocess, "run", lambda *args, **kw: seen.append(kw["input"]) or run(*args, **kw)
    )
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    read(compressed(FILM, 12, syntax.JPEG_2000_LOSSLESS))
    assert seen
    assert NAME.encode() not in seen[0]
    assert NUMBER.encode() not in seen[0]
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "code", ["import os; os.abort()", "while True: pass", "print('uint16')", "raise SystemExit(3)"]
)
def test_a_decoder_that_dies_hangs_or_babbles_costs_only_its_file(code, monkeypatch, tmp_path):
    script = tmp_path / "decoder.py"
    script.write_text(code)
    data = compressed(FILM, 12, syntax.JPEG_2000_LOSSLESS)
    monkeypatch.setattr(dicom_pixels, "DECODER", script)
    monkeypatch.setattr(dicom_pixels, "DECODE_SECONDS", 2)
    assert "compressed" in refusal(data)


# Names of files.


def test_found_by_content_whatever_the_name(tmp_path):
    for name in ("film.dcm", "film.dicom", "IM000001", "film.png"):
        path = tmp_path / name
        path.write_bytes(dicom(FILM))
        assert Radiograph.from_file(path).source.format == "DICOM"
    assert {".dcm", ".dicom"} <= set(SUFFIXES)
    for file_format in ("PNG", "JPEG", "BMP", "TIFF", "WEBP"):
        assert not is_dicom(saved(film(8).astype(np.uint8), file_format))


# Real files.


@pytest.mark.real_data
def test_real_chest_films_are_read_like_pydicom_reads_them(data_dir):
    paths = [path for path in sorted((data_dir / "dicom").glob("*.dcm")) if not path.name.startswith("OOD")]
    assert len(paths) == 4
    for path in paths:
        theirs = pydicom.dcmread(path)
        radiograph = Radiograph.from_file(path)
        stored = theirs.pixel_array.astype(float)
        shown = pydicom.pixels.apply_windowing(stored, theirs) / (2**theirs.BitsStored - 1) * 255
        if theirs.PhotometricInterpretation == "MONOCHROME1":
            shown = 255 - shown
        assert np.abs(radiograph.pixels - shown).max() <= 1
        assert_header_agrees(path, theirs)
        assert {"Patient's Name"} <= set(radiograph.source.removed_tags)


@pytest.mark.real_data
def test_real_files_of_something_else_are_refused(data_dir):
    words = {"OOD_CT_JPEG70.dcm": "computed tomography", "OOD_pydicomdata_RG3_J2KR_tibia.dcm": "another part"}
    for name, expected_words in words.items():
        assert expected_words in refusal((data_dir / "dicom" / name).read_bytes())
        assert_header_agrees(data_dir / "dicom" / name, pydicom.dcmread(data_dir / "dicom" / name))


def assert_header_agrees(path: Path, theirs: pydicom.Dataset) -> None:
    header = read_header(path.read_bytes(), WANTED)
    tags = {int(element.tag) for element in [*theirs.file_meta, *theirs]}
    assert header.tags == tags - {0x7FE00010}
    assert header.integer(0x00280010) == theirs.Rows
    assert header.text(0x00080060) == theirs.Modality


@pytest.mark.real_data
def test_a_real_lossless_jpeg_gives_the_values_that_pydicom_gives(data_dir):
    path = data_dir / "dicom" / "OOD_CT_JPEG70.dcm"
    header = read_header(path.read_bytes(), WANTED)
    layout = dicom_pixels.Layout.of(header)
    index = dicom_pixels.read_stored(path.read_bytes(), header, layout)
    np.testing.assert_array_equal(index.astype(int) - 2**15, pydicom.dcmread(path).pixel_array)
