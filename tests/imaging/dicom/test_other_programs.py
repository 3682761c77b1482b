"""DICOM files of other programs, shipped with pydicom: read correctly, or refused with a reason."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.data import get_testdata_file
from pydicom.encaps import generate_frames

from tests.support.dicom_files import CR, dataset, written
from tests.support.dicom_reading import read, refusal
from xray_model.imaging.dicom import transfer_syntax as syntax

PALE = (
    "SC_rgb_jpeg.dcm",
    "SC_rgb_jpeg_dcmd.dcm",
    "SC_rgb_jpeg_app14_dcmd.dcm",
    "SC_jpeg_no_color_transform.dcm",
    "SC_jpeg_no_color_transform_2.dcm",
)
SIGNED = ("_RLE", "_jp2klossless", "_jpeg_ls_lossless", "_bigendian", "_implicit", "_expb", "_padded")


def test_12_bit_jpeg():
    """The expected values are libjpeg's."""
    theirs = pydicom.dcmread(get_testdata_file("JPGExtended.dcm", download=False))
    stream = next(generate_frames(theirs.PixelData, number_of_frames=1))
    values = read(written(dataset(np.zeros((1024, 256), np.uint16)), syntax.JPEG_EXTENDED, stream)).levels.values
    assert (values.min(), values.max()) == (0, 264)
    assert values.mean() == pytest.approx(14.383, abs=0.02)


def test_a_signed_picture_is_the_same_in_every_form():
    """One picture in many files, relabelled as a radiograph."""
    found = {}
    for form in ("", *SIGNED):
        theirs = pydicom.dcmread(get_testdata_file(f"MR_small{form}.dcm", download=False))
        theirs.SOPClassUID = theirs.file_meta.MediaStorageSOPClassUID = CR
        theirs.Modality, theirs.BodyPartExamined, theirs.ViewPosition = "CR", "CHEST", "AP"
        out = io.BytesIO()
        theirs.save_as(out)
        found[form] = read(out.getvalue()).levels.values
        np.testing.assert_array_equal(found[form], found[""], form)
    theirs = pydicom.dcmread(get_testdata_file("MR_small.dcm", download=False))
    values = theirs.pixel_array.astype(int)
    assert values.min() > 0  # so the range starts at 0
    np.testing.assert_array_equal(found[""], np.minimum(values, 2047))  # five bright dots do not extend the range


def test_everything_else_is_refused_with_a_reason():
    """Tomography, reports, plans, palettes, directories, deflated and truncated files."""
    folder = Path(get_testdata_file("MR_small.dcm", download=False)).parent
    files = {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    said = {name: refusal(data) for name, data in files.items() if not name.startswith(PALE)}
    assert len(said) > 100
    assert ["three colour channels" in " ".join(read(files[name]).source.notes) for name in PALE] == [True] * len(PALE)
    for name, words in (
        *(("DICOMDIR", "DICOMDIR"), ("image_dfl.dcm", "deflated"), ("SC_rgb_rle_2frame.dcm", "several frames")),
        *(("CT_small.dcm", "tomography"), ("reportsi.dcm", "report"), ("SC_rgb_rle.dcm", "screenshot")),
    ):
        assert words in said[name]
    assert [name for name, sentence in said.items() if not sentence.endswith(".")] == []
