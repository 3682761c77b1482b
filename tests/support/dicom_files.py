"""DICOM files in memory, written by pydicom, for tests and for the fuzzer."""

from __future__ import annotations

import functools
import io
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.filewriter import dcmwrite
from pydicom.sequence import Sequence
from pydicom.uid import UID

from tests.support.pictures import saved
from xray_model.imaging.dicom import transfer_syntax as syntax

CR, DX = "1.2.840.10008.5.1.4.1.1.1", "1.2.840.10008.5.1.4.1.1.1.1"
NAME, NUMBER = "Zyxwvut^Planted", "PLANTED-4711"  # tests search messages, logs and results for these


def coded(meaning: str) -> Sequence:
    """A sequence with one code, as digital radiography writes part and view."""
    item = Dataset()
    item.CodeValue, item.CodeMeaning = "T-1", meaning
    return Sequence([item])


def film(bits: int = 12, height: int = 120, width: int = 100) -> np.ndarray:
    """A smooth uint16 (height, width) picture over all values of `bits` bits, without any symmetry."""
    rows, columns = np.mgrid[0:height, 0:width]
    levels = (2 * rows / (height - 1) + columns / (width - 1)) / 3
    return np.rint(levels * (2**bits - 1)).astype(np.uint16)


def dataset(values: np.ndarray, bits: int = 12, **elements: Any) -> Dataset:
    """A chest CR of `values`, (height, width). elements: pydicom keywords to set, or to omit if None."""
    found = Dataset()
    cells = values.astype(values.dtype if bits > 8 else f"{values.dtype.kind}1")
    standard = {
        "SOPClassUID": CR, "SOPInstanceUID": "1.2.3.4711", "Modality": "CR", "PatientName": NAME, "PatientID": NUMBER,
        "PatientBirthDate": "20180101", "PatientAge": "003Y", "BodyPartExamined": "CHEST", "ViewPosition": "AP",
        "BurnedInAnnotation": "NO", "SamplesPerPixel": 1, "PhotometricInterpretation": "MONOCHROME2",
        "Rows": values.shape[0], "Columns": values.shape[1], "BitsAllocated": 8 * cells.itemsize, "BitsStored": bits,
        "HighBit": bits - 1, "PixelRepresentation": int(values.dtype.kind == "i"), "PixelData": cells.tobytes(),
    }  # fmt: skip
    for keyword, value in (standard | elements).items():
        if value is not None:
            setattr(found, keyword, value)
    if "PixelData" in found:
        found["PixelData"].VR = "OW" if cells.itemsize == 2 else "OB"
    return found


def written(found: Dataset, uid: str = syntax.EXPLICIT_LITTLE, frame: bytes | None = None, meta: bool = True) -> bytes:
    """The bytes of a DICOM file. frame: a compressed picture to store. meta: write preamble and group 2."""
    if frame is not None:
        found.PixelData = encapsulate([frame])
        found["PixelData"].VR = "OB"
        found["PixelData"].is_undefined_length = True
    if uid == syntax.EXPLICIT_BIG and found.BitsAllocated == 16:
        found.PixelData = np.frombuffer(found.PixelData, "<u2").astype(">u2").tobytes()
    out = io.BytesIO()
    if meta:
        found.file_meta = FileMetaDataset()
        found.file_meta.TransferSyntaxUID = UID(uid)
        found.file_meta.MediaStorageSOPClassUID = found.get("SOPClassUID", CR)
        found.file_meta.MediaStorageSOPInstanceUID = "1.2.3.4711"
        dcmwrite(out, found, enforce_file_format=True)
    else:
        dcmwrite(out, found, implicit_vr=uid == syntax.IMPLICIT_LITTLE, little_endian=True)
    return out.getvalue()


def dicom(
    values: np.ndarray | None = None, bits: int = 12, uid: str = syntax.EXPLICIT_LITTLE, **elements: Any
) -> bytes:
    """The bytes of a chest CR, uncompressed."""
    return written(dataset(film(bits) if values is None else values, bits, **elements), uid)


def compressed(values: np.ndarray, bits: int, uid: str, **elements: Any) -> bytes:
    """The bytes of a chest CR with a compressed picture."""
    return written(dataset(values, bits, **elements), uid, frame(values.tobytes(), values.shape, bits, uid))


def table(entries: np.ndarray, first: int, bits: int) -> Sequence:
    """A modality or VOI LUT sequence with 16-bit entries for the values from `first` on."""
    item = Dataset()
    item.add_new(0x00283002, "US" if first >= 0 else "SS", [len(entries), first, bits])
    item.add_new(0x00283006, "OW", entries.astype("<u2").tobytes())
    return Sequence([item])


@functools.cache
def frame(data: bytes, shape: tuple[int, int], bits: int, uid: str) -> bytes:
    """One compressed frame of 16-bit values, or of 8-bit values for JPEG Baseline and Extended."""
    values = np.frombuffer(data, np.uint8 if len(data) == shape[0] * shape[1] else np.uint16).reshape(shape)
    if uid == syntax.JPEG_EXTENDED and bits == 12:
        return twelve_bits(values)
    if uid in (syntax.JPEG_BASELINE, syntax.JPEG_EXTENDED):
        return saved(values.astype(np.uint8), "JPEG", quality=98)
    if uid == syntax.JPEG_2000:
        return saved(values, "JPEG2000", no_jp2=True, irreversible=True, quality_mode="rates", quality_layers=[4])
    if uid == syntax.JPEG_2000_LOSSLESS:
        return saved(values, "JPEG2000", no_jp2=True, irreversible=False)
    if uid == syntax.RLE:
        return run_lengths(values)
    return gdcm_frame(values, bits, uid)


def gdcm_frame(values: np.ndarray, bits: int, uid: str) -> bytes:
    """One frame, encoded by GDCM in another process."""
    command = [sys.executable, str(Path(__file__).with_name("gdcm_encode.py")), uid, *map(str, values.shape), str(bits)]
    return subprocess.run(command, input=values.astype("<u2").tobytes(), stdout=subprocess.PIPE, check=True).stdout


def twelve_bits(values: np.ndarray) -> bytes:
    """12-bit JPEG Extended. GDCM writes 16 for any depth above 8 bits; the coefficients differ in the mid level."""
    stream = bytearray(gdcm_frame(values + (2**15 - 2**11), 16, syntax.JPEG_EXTENDED))
    place = stream.index(b"\xff\xc1") + 4
    assert stream[place] == 16
    stream[place] = 12
    return bytes(stream)


def run_lengths(values: np.ndarray) -> bytes:
    """RLE of 16-bit values with literal runs only (PS3.5 annex G): two segments, high bytes first."""
    segments = []
    for plane in (values >> 8, values & 255):
        packed = b"".join(
            bytes([len(run) - 1]) + run
            for row in plane.astype(np.uint8)
            for run in (row[start : start + 128].tobytes() for start in range(0, row.size, 128))
        )
        segments.append(packed + b"\x80" * (len(packed) % 2))
    offsets = [2, 64, 64 + len(segments[0]), *[0] * 13]
    return np.array(offsets, "<u4").tobytes() + b"".join(segments)
