"""How DICOM pictures are drawn: windows, tables and padding, and the same answer for every form of a picture."""

from __future__ import annotations

import warnings

import numpy as np
import pydicom
import pytest

from tests.support.dicom_files import compressed, dataset, dicom, film, table, written
from tests.support.dicom_reading import FILM, expected, read
from tests.support.pictures import saved
from xray_model.imaging.dicom import grey_levels
from xray_model.imaging.dicom import transfer_syntax as syntax
from xray_model.imaging.radiograph import Radiograph
from xray_model.inference.analyze import analyze


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
    np.testing.assert_allclose(grey_levels.linear(values, 150, 101), np.clip((values - 149.5) / 100 + 0.5, 0, 1))
    np.testing.assert_allclose(grey_levels.linear_exact(values, 150, 100), np.clip((values - 100) / 100, 0, 1))
    np.testing.assert_allclose(grey_levels.sigmoid(values, 150, 100)[4], 0.5)
    np.testing.assert_array_equal(grey_levels.linear(values, 100.5, 1), values > 100)
    assert grey_levels.sigmoid(np.array([-1e9, 1e9]), 0, 1e-3).tolist() == pytest.approx([0, 1])


@pytest.mark.parametrize("function", ["LINEAR", "LINEAR_EXACT", "SIGMOID"])
def test_windows_agree_with_pydicom(function):
    found = dataset(FILM, WindowCenter=[3000, 1], WindowWidth=[2900, 1], VOILUTFunction=function)
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


def test_a_negative_rescale_slope_inverts_the_picture():
    falling = read(dicom(4095 - FILM, RescaleSlope=-1, RescaleIntercept=4095))
    np.testing.assert_array_equal(falling.pixels, expected())
    np.testing.assert_array_equal(falling.levels.values, FILM)


def test_padding_is_black_and_does_not_stretch_the_rest():
    values = FILM.copy()
    values[:20] = 4095
    padded = read(dicom(values, PixelPaddingValue=4095)).pixels
    assert padded[:20].max() == 0
    values = FILM.astype(np.int16) - 1000
    values[:20] = -2000
    signed = read(dicom(values, 16, PixelPaddingValue=-2001, PixelPaddingRangeLimit=-1990)).pixels
    assert signed[:20].max() == 0
    np.testing.assert_allclose(signed[20:], (FILM[20:] - FILM[20:].min()) / np.ptp(FILM[20:]) * 255, atol=1)


def test_a_window_that_shows_nothing_is_ignored():
    radiograph = read(dicom(FILM, WindowCenter=30000, WindowWidth=10))
    np.testing.assert_array_equal(radiograph.pixels, expected())
    assert "window was ignored, because it would leave the picture nearly black" in " ".join(radiograph.source.notes)


def test_a_window_that_hides_much_is_obeyed_and_a_note_says_so():
    share = np.mean(FILM > 2700)
    assert 0.25 < share < 0.5
    radiograph = read(dicom(FILM, WindowCenter=1350, WindowWidth=2700))
    assert (radiograph.pixels == 255).mean() == pytest.approx(share, abs=0.01)
    assert "The file's window draws" in " ".join(radiograph.source.notes)
    assert "more of the picture plain white" in " ".join(radiograph.source.notes)
    assert read(dicom(FILM, WindowCenter=2048, WindowWidth=4096)).source.notes == ()


@pytest.mark.parametrize("width", [0, -5, "1e12", ""])
def test_impossible_windows_are_ignored(width):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        data = dicom(FILM, WindowCenter=100, WindowWidth=width)
    np.testing.assert_array_equal(read(data).pixels, expected())


def test_full_depth_levels_are_for_the_screen_alone():
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
