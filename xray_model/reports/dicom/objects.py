"""Structured Report, Segmentation and Parametric Map of one answer, made with highdicom.

They lie on the picture as the file stores it, row by row and column by column. highdicom is imported when the first of
them is made, and gets a picture of nobody: it would quote a name that it finds odd in a warning.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code
from pydicom.uid import generate_uid

from xray_model.bundles.bundle import Bundle
from xray_model.bundles.finder_card import FinderCard
from xray_model.explanation.heatmap import Heatmap
from xray_model.imaging.radiograph import Radiograph
from xray_model.inference.analyze import Analysis
from xray_model.labels import PNEUMONIA
from xray_model.notice import NOTICE
from xray_model.reports.dicom.maker import LABEL, PROGRAM, PURPOSE, SERIES, parameters, series_description, software
from xray_model.reports.dicom.subject import REQUIRED, Subject

if TYPE_CHECKING:
    import highdicom

OWN_SCHEME = "99XRAYLAB"  # private codes start with 99 (PS3.16 chapter 8)
PREVALENCE = Code("prevalence", OWN_SCHEME, "Prevalence for which the probability holds")
THRESHOLD = Code("threshold", OWN_SCHEME, "Probability from which on the finding is called present")
STRONGEST = Code("evidence", OWN_SCHEME, "Strongest evidence, logits per cell of the map")
PNEUMONIA_CODE = Code("233604007", "SCT", "Pneumonia")
CHEST_RADIOGRAPHY = Code("399208008", "SCT", "Plain chest X-ray")
ZONES = {
    "upper zone": codes.SCT.UpperZoneOfLung,
    "middle zone": codes.SCT.MiddleZoneOfLung,
    "lower zone": codes.SCT.LowerZoneOfLung,
}
SIDES = {"right": codes.SCT.Right, "left": codes.SCT.Left}
AXES = {"L": (1, 0, 0), "R": (-1, 0, 0), "F": (0, 0, -1), "H": (0, 0, 1)}  # PS3.3 section C.7.6.2.1.1
HALF = 0.5  # of the strongest evidence: the outlined region has at least that
SIDE = 512  # pixels of the grid on which the region is outlined
DEEPEST = 2**15 - 1  # stored levels of evidence above and below none


def report(analysis: Analysis, bundle: Bundle, subject: Subject) -> Dataset:
    """Probability, decision and the region of the strongest evidence, a Comprehensive SR (PS3.16 TID 1500)."""
    import highdicom as hd
    from highdicom.coding_schemes import CodingSchemeIdentificationItem

    groups = [_answer(analysis, bundle, subject), *_region(analysis, bundle, subject)]
    device = hd.sr.DeviceObserverIdentifyingAttributes(
        generate_uid(prefix=None), bundle.name, PROGRAM, bundle.name, bundle.hash
    )
    content = hd.sr.MeasurementReport(
        hd.sr.ObservationContext(observer_device_context=hd.sr.ObserverContext(_code(codes.DCM.Device), device)),
        CHEST_RADIOGRAPHY,
        groups,
        title=codes.DCM.ImagingMeasurementReport,
    )
    for sentence in (f"{PURPOSE}. {NOTICE}", *(analysis.radiograph.source.notes)):
        item = hd.sr.TextContentItem(codes.DCM.Comment, sentence, hd.sr.RelationshipTypeValues.CONTAINS)
        content[0].ContentSequence.append(item)
    found = hd.sr.ComprehensiveSR(
        evidence=[_source(subject)],
        content=content[0],
        is_complete=True,
        manufacturer_model_name=bundle.name,
        software_versions=software(bundle),
        device_serial_number=bundle.hash,
        coding_schemes=[CodingSchemeIdentificationItem(OWN_SCHEME, PROGRAM, responsible_organization=PROGRAM)],
        **_common("report"),
    )
    return _signed(found, subject)


def lungs(analysis: Analysis, bundle: Bundle, subject: Subject) -> Dataset | None:
    """Both lungs as the finder saw them, a binary Segmentation; None for a bundle without a lung finder."""
    import highdicom as hd

    if analysis.admission is None:
        return None
    height, width = subject.upright_shape
    sides = [cv2.resize(mask.astype(np.float32), (width, height)) for mask in analysis.admission.lungs.masks]
    masks = np.stack([subject.stored(side >= HALF) for side in sides], axis=-1)
    assert bundle.finder
    finder = bundle.finder.card
    found = hd.seg.Segmentation(
        source_images=[_source(subject)],
        pixel_array=masks[None],
        segmentation_type=hd.seg.SegmentationTypeValues.BINARY,
        segment_descriptions=[_segment(number, name, finder) for number, name in enumerate(SIDES, start=1)],
        content_label=LABEL,
        content_description=f"{PURPOSE}: lungs by {finder.name}"[:64],
        omit_empty_frames=False,
        **_equipment(bundle),
        **_common("lungs"),
    )
    found.PatientOrientation = list(subject.directions if subject.orientation else ())
    return _signed(found, subject)


def evidence(analysis: Analysis, bundle: Bundle, subject: Subject) -> Dataset:
    """Signed evidence, logits per cell of the network's map, bicubic between the cells: a Parametric Map."""
    import highdicom as hd

    height, width = subject.upright_shape
    values = subject.stored(cv2.resize(analysis.evidence, (width, height), interpolation=cv2.INTER_CUBIC))
    most = max(float(np.abs(values).max()), 1e-6)
    step = most / DEEPEST
    mapping = hd.pm.RealWorldValueMapping(
        lut_label="EVIDENCE",
        lut_explanation="Evidence for pneumonia, below 0 against, logits"[:64],
        unit=codes.UCUM.NoUnits,
        value_range=(1, 2 * DEEPEST + 1),
        slope=step,
        intercept=-step * (DEEPEST + 1),
        quantity_definition=codes.DCM.GradientWeightedClassActivation,
    )
    rows, columns = analysis.evidence.shape
    found = hd.pm.ParametricMap(
        source_images=[_placed(subject, analysis.radiograph)],
        pixel_array=(np.rint(values / step) + DEEPEST + 1).astype(np.uint16),
        contains_recognizable_visual_features=False,
        real_world_value_mappings=[mapping],
        voi_lut_transformations=[hd.VOILUTTransformation(window_center=DEEPEST + 1, window_width=2 * DEEPEST + 1)],
        content_label=LABEL,
        content_description=f"{PURPOSE}: {analysis.heatmap.method}, {rows} x {columns} cells",
        content_qualification=hd.ContentQualificationValues.RESEARCH,
        derivation=codes.DCM.GradientWeightedClassActivation,
        **_equipment(bundle),
        **_common("evidence"),
    )
    found.SharedFunctionalGroupsSequence[0].FrameAnatomySequence = [_chest()]  # mandatory, and not in highdicom 0.28
    return _signed(found, subject)


def _answer(analysis: Analysis, bundle: Bundle, subject: Subject) -> Any:
    """The measurement group of the whole film (TID 1501)."""
    import highdicom as hd

    prediction = analysis.prediction
    said = [codes.SCT.Present if prediction.label == PNEUMONIA else codes.SCT.Absent]
    said += [codes.SCT.Indeterminate] if prediction.unsure else []
    measured = {
        codes.DCM.Probability: prediction.probability,
        PREVALENCE: prediction.prevalence,
        THRESHOLD: prediction.threshold,
    }
    return hd.sr.MeasurementsAndQualitativeEvaluations(
        hd.sr.TrackingIdentifier(generate_uid(prefix=None), "Whole film"),
        finding_type=PNEUMONIA_CODE,
        finding_sites=[hd.sr.FindingSite(codes.SCT.Lung)],
        algorithm_id=_algorithm(analysis, bundle),
        measurements=[
            hd.sr.Measurement(name, round(share * 100, 4), codes.UCUM.Percent) for name, share in measured.items()
        ],
        qualitative_evaluations=[hd.sr.QualitativeEvaluation(PNEUMONIA_CODE, value) for value in said],
        source_images=[hd.sr.SourceImageForMeasurementGroup(subject.image.SOPClassUID, subject.image.SOPInstanceUID)],
    )


def _region(analysis: Analysis, bundle: Bundle, subject: Subject) -> list[Any]:
    """The outline around the strongest evidence for pneumonia (TID 1410); an empty list where nothing speaks for it."""
    import highdicom as hd

    heatmap = analysis.heatmap
    outline, place = _outline(heatmap, subject), heatmap.region()
    if outline is None or place is None:
        return []
    image = hd.sr.SourceImageForRegion(subject.image.SOPClassUID, subject.image.SOPInstanceUID)
    return [
        hd.sr.PlanarROIMeasurementsAndQualitativeEvaluations(
            hd.sr.TrackingIdentifier(generate_uid(prefix=None), f"Strongest evidence, {place}"),
            referenced_region=hd.sr.ImageRegion(hd.sr.GraphicTypeValues.POLYLINE, outline, image),
            finding_type=PNEUMONIA_CODE,
            method=codes.DCM.GradientWeightedClassActivation,
            algorithm_id=_algorithm(analysis, bundle),
            finding_sites=[_site(place)],
            measurements=[hd.sr.Measurement(STRONGEST, round(heatmap.maximum, 4), codes.UCUM.NoUnits)],
        )
    ]


def _outline(heatmap: Heatmap, subject: Subject) -> NDArray[np.float32] | None:
    """A closed line (n, 2) of columns and rows of the stored picture, around the peak and what has half its strength.

    None for an empty map.
    """
    if heatmap.peak is None:
        return None
    x, y = heatmap.peak
    mark = np.zeros((SIDE, SIDE), np.uint8)
    mark[int(y * SIDE), int(x * SIDE)] = 1
    row, column = divmod(int(subject.stored(mark).argmax()), SIDE)
    drawn = subject.stored(heatmap.resized(SIDE, SIDE))
    strong = (drawn >= HALF * drawn.max()).astype(np.uint8)
    lines, _ = cv2.findContours(strong, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    around = max(lines, key=lambda line: cv2.pointPolygonTest(line, (column, row), True))
    rows, columns = subject.shape
    points = (around[:, 0].astype(np.float32) + 0.5) * np.array([columns, rows], np.float32) / SIDE
    return np.asarray(np.concatenate([points, points[:1]]), np.float32)


def _site(place: str) -> highdicom.sr.FindingSite:
    """Codes for words such as "right lower zone" or "midline, lower zone"."""
    import highdicom as hd

    side, _, zone = place.replace(",", "").partition(" ")
    return hd.sr.FindingSite(ZONES[zone], SIDES.get(side))


def _segment(number: int, side: str, finder: FinderCard) -> Any:
    import highdicom as hd

    description = hd.seg.SegmentDescription(
        number,
        f"{side.capitalize()} lung",
        codes.SCT.Organ,
        codes.SCT.Lung,
        hd.seg.SegmentAlgorithmTypeValues.AUTOMATIC,
        hd.AlgorithmIdentificationSequence(finder.name, codes.DCM.ArtificialIntelligence, str(finder.version)),
        tracking_uid=generate_uid(prefix=None),
        tracking_id=f"{side} lung",
    )
    description.SegmentDescription = f"{PURPOSE}: the {side} lung"
    kind = description.SegmentedPropertyTypeCodeSequence[0]
    kind.SegmentedPropertyTypeModifierCodeSequence = [_code(SIDES[side])]
    return description


def _algorithm(analysis: Analysis, bundle: Bundle) -> Any:
    import highdicom as hd

    return hd.sr.AlgorithmIdentification(
        bundle.name,
        f"{bundle.card.version}, {bundle.hash}",
        parameters(analysis, bundle),
        codes.DCM.ArtificialIntelligence,
        PROGRAM,
    )


def _common(kind: str) -> dict[str, Any]:
    """Arguments that every highdicom object takes."""
    return {
        "series_instance_uid": generate_uid(prefix=None),
        "sop_instance_uid": generate_uid(prefix=None),
        "series_number": SERIES[kind],
        "instance_number": 1,
        "manufacturer": PROGRAM,
        "series_description": series_description(kind),
    }


def _equipment(bundle: Bundle) -> dict[str, Any]:
    return {
        "manufacturer_model_name": bundle.name,
        "software_versions": software(bundle),
        "device_serial_number": bundle.hash,
    }


def _source(subject: Subject) -> Dataset:
    """The picture without its patient and study, whom `_signed` puts in at the end."""
    source = Dataset()
    for keyword in REQUIRED:
        setattr(source, keyword, None)
    source.update(subject.image)
    return source


def _placed(subject: Subject, radiograph: Radiograph) -> Dataset:
    """The picture in a frame of reference of its own, which the standard wants of a Parametric Map (PS3.3 A.75).

    It says no more than the picture does: a plane from the patient's right to the left and from head to feet, its first
    pixel at the origin, as far between pixels as the file says, or a millimetre.
    """
    facts = radiograph.source.acquisition
    source = _source(subject)
    source.FrameOfReferenceUID, source.PositionReferenceIndicator = generate_uid(prefix=None), ""
    source.ImagePositionPatient = [0, 0, 0]
    source.ImageOrientationPatient = [number for way in subject.directions for number in AXES[way]]
    source.PixelSpacing = list(facts.spacing if facts and facts.spacing else (1, 1))
    source.SliceThickness = None
    return source


def _chest() -> Dataset:
    anatomy = Dataset()
    anatomy.FrameLaterality = "B"
    anatomy.AnatomicRegionSequence = [_code(codes.SCT.Chest)]
    return anatomy


def _code(code: Code) -> highdicom.sr.CodedConcept:
    import highdicom as hd

    return hd.sr.CodedConcept.from_code(code)


def _signed(found: Dataset, subject: Subject) -> Dataset:
    found.update(subject.elements)
    return found
