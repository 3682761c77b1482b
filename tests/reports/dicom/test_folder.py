"""DICOM objects of one phantom, stored lying on its side with a patient's name, and of the same phantom as a PNG."""

from __future__ import annotations

import csv
import io
import re
import subprocess
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pydicom
import pytest
from PIL import Image

from tests.support.dicom_files import dicom
from tests.support.pictures import saved
from xray_model.bundles.bundle import Bundle, load_bundle
from xray_model.cli import main
from xray_model.imaging.radiograph import Radiograph
from xray_model.inference.analyze import Analysis, analyze
from xray_model.phantoms import draw_phantom
from xray_model.reports.dicom import objects as objects_of
from xray_model.reports.dicom.secondary_capture import overlay_dicom
from xray_model.reports.dicom.subject import Subject
from xray_model.reports.figures import overlay_png

NAME = "Müller^Jörg"
OF_THE_FILE = {
    "PatientName": NAME, "PatientID": "4711", "PatientBirthDate": "20200229", "PatientSex": "M",
    "StudyInstanceUID": "1.2.3.5", "StudyDate": "20240102", "StudyTime": "030405.6", "AccessionNumber": "A-1",
    "ReferringPhysicianName": "Who^Doctor", "StudyID": "S1",
}  # fmt: skip
MORE = {"SeriesInstanceUID": "1.2.3.6", "InstitutionName": "Planted Hospital", "StudyDescription": "Planted study"}
KINDS = {"overlay", "report", "lungs", "evidence"}
Objects = dict[str, pydicom.Dataset]


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """`lying.dcm`, `upright.png` and, in `out`, what `predict` made of them; `table.csv` holds the rows."""
    place = tmp_path_factory.mktemp("objects")
    upright = draw_phantom(11, size=320).pixels[:, 10:290]
    stored = (
        np.ascontiguousarray(upright.T[:, ::-1]).astype(np.uint16) * 16
    )  # H\L: rows to the head, columns to the left
    said = {"SpecificCharacterSet": "ISO_IR 100", "PatientOrientation": ["H", "L"], "PixelSpacing": [0.3, 0.4]}
    (place / "lying.dcm").write_bytes(dicom(stored, **OF_THE_FILE, **MORE, **said))
    (place / "upright.png").write_bytes(saved(upright))
    command = ["predict", str(place), "--dicom-out", str(place / "out"), "--csv", str(place / "table.csv")]
    assert main(command) == 0
    return place


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return load_bundle()


@pytest.fixture(scope="module")
def analysis(folder, bundle) -> Analysis:
    return analyze(Radiograph.from_file(folder / "lying.dcm"), bundle)


@pytest.fixture(scope="module")
def lying(folder) -> Objects:
    return objects(folder / "out" / "lying")


@pytest.fixture(scope="module")
def upright(folder) -> Objects:
    return objects(folder / "out" / "upright")


def objects(place: Path) -> Objects:
    return {file.stem: pydicom.dcmread(file) for file in place.iterdir()}


def back(frame: np.ndarray) -> np.ndarray:
    """A frame of the lying picture, whose rows run to the head and columns to the left, turned upright."""
    return np.ascontiguousarray(frame[:, ::-1].T)


def items(found: pydicom.Dataset) -> list[pydicom.Dataset]:
    """All content items of a report, at every depth."""
    return [inner for item in found.get("ContentSequence", []) for inner in (item, *items(item))]


def numbers(report: pydicom.Dataset) -> dict[str, float]:
    """The measured values of a report, by the code of what was measured."""
    return {
        item.ConceptNameCodeSequence[0].CodeValue: float(item.MeasuredValueSequence[0].NumericValue)
        for item in items(report)
        if item.ValueType == "NUM"
    }


def codes(report: pydicom.Dataset, name: str) -> list[str]:
    """The values of the coded items with this name."""
    found = [item for item in items(report) if item.ValueType == "CODE"]
    return [i.ConceptCodeSequence[0].CodeValue for i in found if i.ConceptNameCodeSequence[0].CodeValue == name]


@pytest.mark.dicom3tools
def test_each_object_is_what_the_standard_asks_for(folder):
    files = sorted((folder / "out").rglob("*.dcm"))
    assert len(files) == 9
    for file in files:
        done = subprocess.run(["dciodvfy", str(file)], capture_output=True, text=True, check=False)
        assert not re.findall("^Error.*", done.stdout + done.stderr, re.M), file
        assert done.returncode == 0


@pytest.mark.dcmtk
def test_an_independent_reader_shows_the_overlay_and_the_report(folder, analysis, bundle):
    made = {"own": folder / "out" / "lying" / "overlay.dcm", "page": folder / "page.dcm"}
    made["page"].write_bytes(overlay_dicom(analysis, bundle))
    with Image.open(io.BytesIO(overlay_png(analysis, bundle))) as image:
        wanted = np.asarray(image)
    for file in made.values():
        subprocess.run(["dcmj2pnm", "+on", str(file), str(folder / "seen.png")], check=True, capture_output=True)
        with Image.open(folder / "seen.png") as image:
            np.testing.assert_array_equal(np.asarray(image.convert("RGB")), wanted)
    done = subprocess.run(
        ["dsrdump", "+Pl", str(folder / "out" / "lying" / "report.dcm")], check=True, capture_output=True, text=True
    )
    assert '<contains NUM:(,,"Probability")=' in done.stdout
    assert f'"Algorithm Version")="{bundle.card.version}, {bundle.hash}"' in done.stdout


def test_patient_and_study_are_the_file_s_and_nothing_else_of_it(folder, lying):
    assert set(lying) == KINDS
    for kind, found in lying.items():
        assert {name: str(found[name].value) for name in OF_THE_FILE} == OF_THE_FILE, kind
        assert found.SeriesInstanceUID != MORE["SeriesInstanceUID"]
        assert b"Planted" not in (folder / "out" / "lying" / f"{kind}.dcm").read_bytes()
        assert b"1.2.3.4711" in (folder / "out" / "lying" / f"{kind}.dcm").read_bytes(), "it names its source"
    assert len({found.SOPInstanceUID for found in lying.values()}) == 4


def test_a_file_without_patient_gets_a_new_one_and_its_film(upright, folder):
    assert set(upright) == KINDS | {"film"}
    first = upright["film"]
    for found in upright.values():
        assert (found.PatientName, found.PatientIdentityRemoved) == ("Research^Not for diagnosis", "YES")
        assert (found.PatientID, found.StudyInstanceUID) == (first.PatientID, first.StudyInstanceUID)
    np.testing.assert_array_equal(first.pixel_array, Radiograph.from_file(folder / "upright.png").pixels)
    for kind in ("report", "lungs", "evidence"):
        assert first.SOPInstanceUID.encode() in (folder / "out" / "upright" / f"{kind}.dcm").read_bytes()


def test_what_the_page_gives_names_nobody(analysis, bundle):
    first, second = (pydicom.dcmread(io.BytesIO(overlay_dicom(analysis, bundle))) for _ in range(2))
    assert not {"4711", "1.2.3.5", "1.2.3.4711", NAME} & {str(element.value) for element in first}
    for name in ("PatientID", "StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"):
        assert first[name].value != second[name].value


def test_each_object_says_that_it_is_for_research(lying, upright):
    for found in [*lying.values(), *upright.values()]:
        assert found.SeriesDescription.startswith("Research, not for diagnosis: ")
    for found in (lying["lungs"], lying["evidence"]):
        assert (found.ContentLabel, found.ContentDescription[:27]) == ("RESEARCH", "Research, not for diagnosis")
    assert lying["evidence"].ContentQualification == "RESEARCH"
    assert "Not a medical device" in lying["overlay"].ImageComments
    report = lying["report"]
    assert (report.PreliminaryFlag, report.VerificationFlag) == ("PRELIMINARY", "UNVERIFIED")
    assert any("Not a medical device" in item.get("TextValue", "") for item in items(report))


def test_the_report_says_what_the_row_says(folder, lying, analysis):
    with (folder / "table.csv").open(encoding="utf-8", newline="") as stream:
        row, other = csv.DictReader(stream)
    said = numbers(lying["report"])
    assert said["122157"] == pytest.approx(float(row["probability"]) * 100, abs=1e-3)
    assert said["prevalence"] == float(row["prevalence"]) * 100
    assert said["threshold"] == pytest.approx(analysis.prediction.threshold * 100, abs=1e-3)
    assert row["label"] == "PNEUMONIA"
    assert codes(lying["report"], "233604007") == ["52101004"], "present"
    assert analysis.heatmap.region() == "left middle zone"
    assert codes(lying["report"], "363698007")[1:] == ["281393007"], "the middle zone of the lung"
    assert codes(lying["report"], "272741003") == ["7771000"], "left"
    assert " DICOM: lying. " in row["message"]
    assert "DICOM: upright, with new identifiers. " in other["message"]


def test_without_evidence_and_lungs_there_is_no_region_and_no_segmentation(analysis, bundle):
    evidence = -np.abs(analysis.evidence)
    bare = replace(analysis, evidence=evidence, admission=None)
    subject = Subject.new(bare.radiograph)
    assert objects_of.lungs(bare, bundle, subject) is None
    report = objects_of.report(bare, bundle, subject)
    assert not [item for item in items(report) if item.ValueType == "SCOORD"]
    assert "evidence" not in numbers(report)


def test_lungs_evidence_and_region_lie_on_the_stored_picture(lying, analysis):
    right, left = (back(frame) for frame in lying["lungs"].pixel_array)
    assert [segment.SegmentLabel for segment in lying["lungs"].SegmentSequence] == ["Right lung", "Left lung"]
    for mask, wanted in zip((right, left), analysis.admission.lungs.masks, strict=True):
        small = cv2.resize(mask.astype(np.float32), wanted.shape[::-1], interpolation=cv2.INTER_AREA)
        assert ((small > 0.5) == wanted).mean() > 0.99
    assert list(lying["lungs"].PatientOrientation) == ["H", "L"]

    shared = lying["evidence"].SharedFunctionalGroupsSequence[0]
    mapping = shared.RealWorldValueMappingSequence[0]
    values = back(lying["evidence"].pixel_array) * mapping.RealWorldValueSlope + mapping.RealWorldValueIntercept
    wanted = cv2.resize(analysis.evidence, values.shape[::-1], interpolation=cv2.INTER_CUBIC)
    np.testing.assert_allclose(values, wanted, atol=1e-4 * np.abs(wanted).max())
    assert list(shared.PlaneOrientationSequence[0].ImageOrientationPatient) == [0, 0, 1, 1, 0, 0]
    assert list(shared.PixelMeasuresSequence[0].PixelSpacing) == [0.3, 0.4]

    [region] = [item.GraphicData for item in items(lying["report"]) if item.ValueType == "SCOORD"]
    outline, (x, y) = np.float32(region).reshape(-1, 1, 2), analysis.heatmap.peak
    rows, columns = lying["evidence"].pixel_array.shape
    assert cv2.pointPolygonTest(outline, ((1 - y) * columns, x * rows), False) > 0
    assert 0.01 < cv2.contourArea(outline) / (rows * columns) < 0.3
