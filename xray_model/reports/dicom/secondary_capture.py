"""Secondary Captures: the overlay, and the film itself where no DICOM file holds it.

Written with pydicom alone: highdicom reads tables of the whole standard first, 110 MB that a server would keep.
"""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.filewriter import dcmwrite
from pydicom.uid import ExplicitVRLittleEndian, SecondaryCaptureImageStorage, generate_uid

from xray_model.bundles.bundle import Bundle
from xray_model.explanation.heatmap import DEFAULT_COLORMAP
from xray_model.inference.analyze import Analysis
from xray_model.labels import PNEUMONIA
from xray_model.notice import NOTICE
from xray_model.reports.dicom.maker import PROGRAM, SERIES, derivation, now, series_description, software
from xray_model.reports.dicom.subject import Subject
from xray_model.reports.figures import overlay_picture

SOURCE_IMAGE = ("121322", "DCM", "Source image for image processing operation")


def overlay_dicom(
    analysis: Analysis,
    bundle: Bundle,
    target: str = PNEUMONIA,
    colormap: str = DEFAULT_COLORMAP,
    opacity: float = 0.6,
    window: tuple[float, float] | None = None,
) -> bytes:
    """The picture of `overlay_png` as a DICOM file of nobody: every identifier in it is new."""
    picture, text = overlay_picture(analysis, bundle, target, colormap, opacity, window)
    return file_bytes(overlay_capture(picture, text, bundle, Subject.new(analysis.radiograph)))


def overlay_capture(picture: NDArray[np.uint8], text: dict[str, str], bundle: Bundle, subject: Subject) -> Dataset:
    """The overlay as it is on the screen, upright. picture, text: from `overlay_picture`."""
    capture = _capture("overlay", picture, bundle, subject)
    capture.ImageComments = "\r\n".join(f"{name}: {value}" for name, value in text.items())
    capture.BurnedInAnnotation = "YES"  # the strip, which names nobody; what the film itself says is not known
    capture.SOPInstanceUID, capture.SeriesInstanceUID = generate_uid(prefix=None), generate_uid(prefix=None)
    if not subject.is_new:
        capture.SourceImageSequence = [_reference(subject)]
    return capture


def film_capture(pixels: NDArray[np.uint8], bundle: Bundle, subject: Subject) -> Dataset:
    """The picture that the model saw, for objects to refer to; `subject` must be new. pixels: (height, width)."""
    capture = _capture("film", pixels, bundle, subject)
    capture.ImageComments = NOTICE
    capture.WindowCenter, capture.WindowWidth = 128, 256
    capture.SOPInstanceUID, capture.SeriesInstanceUID = subject.image.SOPInstanceUID, subject.image.SeriesInstanceUID
    return capture


def file_bytes(found: Dataset) -> bytes:
    """An object as a DICOM file, explicit and little-endian, uncompressed."""
    found.file_meta = FileMetaDataset()
    found.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    found.file_meta.MediaStorageSOPClassUID = found.SOPClassUID
    found.file_meta.MediaStorageSOPInstanceUID = found.SOPInstanceUID
    out = io.BytesIO()
    dcmwrite(out, found, enforce_file_format=True)
    return out.getvalue()


def _capture(kind: str, picture: NDArray[np.uint8], bundle: Bundle, subject: Subject) -> Dataset:
    """All but the identifiers (PS3.3 section A.8.1)."""
    date, time = now()
    colours = 3 if picture.ndim == 3 else 1
    elements = {
        "SOPClassUID": SecondaryCaptureImageStorage, "ImageType": ["DERIVED", "SECONDARY"], "Modality": "OT",
        "ConversionType": "WSD", "BodyPartExamined": "CHEST", "SeriesNumber": SERIES[kind], "InstanceNumber": 1,
        "SeriesDescription": series_description(kind), "DerivationDescription": derivation(bundle),
        "Manufacturer": PROGRAM, "ManufacturerModelName": bundle.name, "SoftwareVersions": software(bundle),
        "ContentDate": date, "ContentTime": time, "InstanceCreationDate": date, "InstanceCreationTime": time,
        "DateOfSecondaryCapture": date, "TimeOfSecondaryCapture": time,
        "PatientOrientation": list(subject.orientation),
        "SamplesPerPixel": colours, "PhotometricInterpretation": "RGB" if colours == 3 else "MONOCHROME2",
        "Rows": picture.shape[0], "Columns": picture.shape[1], "BitsAllocated": 8, "BitsStored": 8, "HighBit": 7,
        "PixelRepresentation": 0,
    }  # fmt: skip
    capture = Dataset()
    capture.update(subject.elements)
    for keyword, value in elements.items():
        setattr(capture, keyword, value)
    if colours == 3:
        capture.PlanarConfiguration = 0
    stored = picture.tobytes()
    capture.add_new("PixelData", "OB", stored + b"\0" * (len(stored) % 2))
    return capture


def _reference(subject: Subject) -> Dataset:
    purpose, found = Dataset(), Dataset()
    purpose.CodeValue, purpose.CodingSchemeDesignator, purpose.CodeMeaning = SOURCE_IMAGE
    found.ReferencedSOPClassUID = subject.image.SOPClassUID
    found.ReferencedSOPInstanceUID = subject.image.SOPInstanceUID
    found.PurposeOfReferenceCodeSequence = [purpose]
    return found
