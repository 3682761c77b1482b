"""Public DICOM files from pydicom's tests and the package pydicom-data, made to say that they are chest films."""

from __future__ import annotations

import io
import warnings

import pydicom
from pydicom.data import get_testdata_file

from tests.support.dicom_files import CR

CHESTS = ("RG1_UNCI", "RG1_UNCR")  # an adult's film, in two depths
NO_CHESTS = (  # grey pictures of one frame and at least 64 pixels a side
    *("693_J2KI", "CT_small", "JPEG-lossy", "JPEG2000", "JPGExtended", "MR_small", "MR_small_RLE"),
    *("MR_small_bigendian", "MR_small_expb", "MR_small_implicit", "MR_small_jp2klossless", "MR_small_jpeg_ls_lossless"),
    *("MR_small_padded", "examples_overlay"),
    *("RG3_UNCI", "RG3_UNCR"),  # a shin
    *("693_J2KR", "693_UNCI", "693_UNCR", "MR2_UNCR", "JPEG-LL", "JPEG2000_UNC"),
    *("JPGLosslessP14SV1_1s_1f_8b", "MR-SIEMENS-DICOM-WithOverlays", "bad_sequence", "explicit_VR-UN"),
    *("mlut_18", "vlut_04"),  # a test pattern
)


def public_film(name: str) -> bytes:
    """One of the files."""
    path = get_testdata_file(f"{name}.dcm", download=False)
    assert path, f"{name} is in neither package."
    return as_chest(pydicom.dcmread(path))


def as_chest(theirs: pydicom.Dataset) -> bytes:
    """The file, saying that it is a chest film."""
    theirs.SOPClassUID = CR
    theirs.Modality, theirs.BodyPartExamined, theirs.ViewPosition = "CR", "CHEST", "AP"
    if "PatientOrientation" in theirs:
        del theirs.PatientOrientation
    out = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs.save_as(out)
    return out.getvalue()
