"""The one reading of identifying elements: complete for a sound file, silent about anything else."""

from __future__ import annotations

import numpy as np
import pytest

from tests.support.dicom_files import dataset, dicom, film, written
from tests.support.dicom_reading import read
from tests.support.pictures import saved, smooth
from xray_model.imaging.dicom import WANTED
from xray_model.imaging.dicom.identity import PATIENT_AND_STUDY, read_identity
from xray_model.imaging.dicom.orientation import Turn

UIDS = {"StudyInstanceUID": "1.2.3.5", "SeriesInstanceUID": "1.2.3.6"}
YAMADA = b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B"  # PS3.5 annex H.3.1, example 1


def test_nothing_that_only_this_reads_is_on_the_usual_list():
    assert not set(PATIENT_AND_STUDY) & set(WANTED)


def test_a_file_is_read_in_its_own_characters():
    found = dataset(film(), **UIDS, SpecificCharacterSet=["", "ISO 2022 IR 87"])
    found.add_new("PatientName", "PN", YAMADA)
    identity = read_identity(written(found))
    assert identity.elements["PatientName"] == "Yamada^Tarou=山田^太郎"
    assert identity.image["StudyInstanceUID"] == "1.2.3.5"
    assert (identity.rows, identity.columns) == film().shape
    assert "lanted" not in repr(identity) + repr(read_identity(dicom(**UIDS)))


@pytest.mark.filterwarnings("ignore::UserWarning:pydicom")
def test_values_against_the_standard_are_left_empty():
    odd = {"PatientSex": "X", "StudyDate": "yesterday", "AccessionNumber": "A" * 17, "StudyID": "a\\b"}
    identity = read_identity(dicom(**UIDS, **odd))
    assert {name: identity.elements[name] for name in odd} == dict.fromkeys(odd, "")
    assert identity.elements["PatientID"] == "PLANTED-4711"


@pytest.mark.filterwarnings("ignore::UserWarning:pydicom")
@pytest.mark.parametrize(
    "data",
    [
        saved(smooth()),
        dicom(),
        dicom(**UIDS).replace(b"1.2.3.5", b"1.2.x.5"),
        dicom(**UIDS, SOPInstanceUID=None),
        dicom(**UIDS)[:300],
    ],
    ids=["png", "no study", "odd study", "no instance", "cut off"],
)
def test_a_file_that_does_not_identify_its_picture_has_no_identity(data):
    assert read_identity(data) is None


@pytest.mark.parametrize("turn", [Turn(bool(n & 1), bool(n & 2), bool(n & 4)) for n in range(8)])
def test_what_was_turned_upright_is_turned_back(turn):
    values = np.arange(12, dtype=np.uint16).reshape(3, 4)
    np.testing.assert_array_equal(turn.stored(turn.upright(values)), values)


def test_the_usual_reading_keeps_none_of_it():
    assert "1.2.3.5" not in repr(read(dicom(**UIDS)))
