"""The orientation of DICOM pictures: frontal ones are turned upright, lateral ones are refused."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from tests.support.dicom_files import compressed, dicom
from tests.support.dicom_reading import FILM, expected, notes, read, refusal
from xray_model.imaging.dicom import transfer_syntax as syntax

MIRRORED, TURNED = "stored mirrored", "turned upright"
STORED = {  # orientation -> how a file with this orientation stores the upright `FILM`
    "L\\F": FILM,
    "R\\F": FILM[:, ::-1],
    "L\\H": FILM[::-1],
    "R\\H": FILM[::-1, ::-1],
    "F\\L": FILM.T,
    "F\\R": FILM.T[::-1],
    "H\\L": FILM.T[:, ::-1],
    "H\\R": FILM.T[::-1, ::-1],
}


@pytest.mark.parametrize("said", STORED)
def test_frontal_pictures_are_turned_upright_with_a_note(said):
    values = np.ascontiguousarray(STORED[said])
    radiograph = read(dicom(values, PatientOrientation=said.split("\\"), WindowCenter=2000, WindowWidth=4000))
    upright = read(dicom(FILM, WindowCenter=2000, WindowWidth=4000))
    np.testing.assert_array_equal(radiograph.pixels, upright.pixels)
    np.testing.assert_array_equal(radiograph.levels.values, upright.levels.values)
    assert (radiograph.source.height, radiograph.source.width) == values.shape, "the file's own"
    words = {"L\\F": "", "R\\F": MIRRORED}.get(said, TURNED)
    assert len(radiograph.source.notes) == bool(words)
    assert words in " ".join(radiograph.source.notes)


def test_rows_and_columns_run_in_the_stated_directions():
    """Checked without `STORED`: a ramp that is bright at the patient's left, and one that is bright at the feet."""
    rows, columns = np.mgrid[0:80, 0:90]
    for said, ramp in (("L", columns), ("R", columns[:, ::-1])):
        pixels = read(dicom((ramp * 40).astype(np.uint16), PatientOrientation=[said, "F"])).pixels.astype(int)
        assert pixels[0, 0] < pixels[0, -1], "the patient's left is on the right of the picture"
    for said, ramp in (("F", rows), ("H", rows[::-1])):
        pixels = read(dicom((ramp * 40).astype(np.uint16), PatientOrientation=["L", said])).pixels.astype(int)
        assert pixels[0, 0] < pixels[-1, 0], "the feet are at the bottom"


def test_oblique_letters_after_the_first_change_nothing():
    mirrored = dicom(np.ascontiguousarray(FILM[:, ::-1]), PatientOrientation=["RFP", "FLA"])
    np.testing.assert_array_equal(read(mirrored).pixels, expected())


def test_compressed_pictures_are_turned_too():
    data = compressed(np.ascontiguousarray(STORED["F\\R"]), 12, syntax.RLE, PatientOrientation=["F", "R"])
    np.testing.assert_array_equal(read(data).pixels, expected())


@pytest.mark.parametrize(("rows", "columns"), [*product("AP", "HF"), *product("HF", "AP")])
def test_lateral_pictures_are_refused(rows, columns):
    assert "lateral" in refusal(dicom(PatientOrientation=[rows, columns], ViewPosition=None))


def test_a_lateral_orientation_with_a_frontal_view_gets_a_note():
    assert "not that of a frontal view" in notes(PatientOrientation=["A", "F"], ViewPosition="PA")


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (["L", "P"], "not that of a frontal view"),
        (["L", "R"], "contradicts itself"),
        (["H", "H"], "contradicts itself"),
        (["L"], "unknown orientation"),
        (["L", "F", "A"], "unknown orientation"),
        (["LE", "CD"], "unknown orientation"),
        (["PLANTED", "F"], "unknown orientation"),
    ],
)
@pytest.mark.filterwarnings("ignore:Invalid value for VR CS")
def test_a_nonsensical_orientation_gets_a_note_and_turns_nothing(said, words):
    data = dicom(PatientOrientation=said)
    np.testing.assert_array_equal(read(data).pixels, expected())
    assert words in " ".join(read(data).source.notes)
    assert "PLANTED" not in " ".join(read(data).source.notes)


@pytest.mark.parametrize("said", [None, "", ["", ""]])
def test_a_missing_orientation_gets_no_note(said):
    assert notes(PatientOrientation=said) == ""


@pytest.mark.parametrize("keyword", ["Laterality", "ImageLaterality"])
@pytest.mark.parametrize(("said", "is_doubt"), [("L", True), ("R", True), ("U", False), ("B", False), ("", False)])
def test_a_single_side_of_the_body_gets_a_note(keyword, said, is_doubt):
    assert ("one side of the body" in notes(**{keyword: said})) == is_doubt
