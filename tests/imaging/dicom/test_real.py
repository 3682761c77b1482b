"""Real DICOM files give what pydicom reads from them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
import pytest

from tests.support.dicom_reading import refusal
from xray_model.imaging.dicom import WANTED, pixels
from xray_model.imaging.dicom.header import read_header
from xray_model.imaging.radiograph import Radiograph


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
    words = {"OOD_CT_JPEG70.dcm": "computed tomography", "OOD_pydicomdata_RG3_J2KR_tibia.dcm": "other than"}
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
    layout = pixels.Layout.of(header)
    index, _, notes = pixels.read_stored(path.read_bytes(), header, layout)
    assert notes == ()
    np.testing.assert_array_equal(index.astype(int) - 2**15, pydicom.dcmread(path).pixel_array)
