"""Which DICOM files are accepted, and which doubts become notes."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from pydicom.sequence import Sequence

from tests.support.dicom_files import coded, dataset, dicom, film, written
from tests.support.dicom_reading import FILM, expected, notes, read, refusal
from tests.support.pictures import saved
from xray_model.imaging.dicom import pixels
from xray_model.imaging.dicom import transfer_syntax as syntax


@pytest.mark.parametrize(
    ("elements", "words"),
    [
        ({"Modality": "CT"}, "computed tomography"),
        ({"Modality": "MR"}, "magnetic resonance"),
        ({"Modality": "MG"}, "mammogram"),
        ({"Modality": "US"}, "ultrasound"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.2"}, "SOP class is not that of a plain"),
        ({"BodyPartExamined": "KNEE"}, "other than the chest"),
        ({"BodyPartExamined": "RIGHT HAND"}, "other than the chest"),
        ({"BodyPartExamined": "EXTREMITY"}, "other than the chest"),
        ({"ViewPosition": "LL"}, "lateral"),
        ({"ViewPosition": "LATERAL"}, "lateral"),
        ({"ViewPosition": None, "ViewCodeSequence": coded("left lateral")}, "lateral"),
        ({"BodyPartExamined": None, "AnatomicRegionSequence": coded("Hand")}, "other than the chest"),
        ({"NumberOfFrames": 2}, "several frames"),
        ({"SamplesPerPixel": 3, "PhotometricInterpretation": "MONOCHROME2"}, "colour"),
        ({"SamplesPerPixel": 1, "PhotometricInterpretation": "RGB"}, "colour"),
        ({"SamplesPerPixel": 4}, "colour"),
        ({"PhotometricInterpretation": "PALETTE COLOR"}, "colour"),
        ({"PixelData": None}, "no picture"),
        ({"Rows": None}, "how large"),
        ({"Rows": 0}, "how large"),
        ({"Rows": 40, "Columns": 40}, "at least 64"),
        ({"Rows": 65000, "Columns": 65000}, "at most 40,000,000"),
        ({"Rows": 500}, "cut off"),
        ({"BitsAllocated": 32}, "bits"),
        ({"BitsAllocated": 1, "BitsStored": 1, "HighBit": 0}, "bits"),
        ({"BitsStored": 4, "HighBit": 3}, "bits"),
        ({"HighBit": 15, "BitsStored": 17}, "bits"),
    ],
)
def test_everything_but_one_frontal_chest_film_is_refused_with_a_reason(elements, words):
    assert words in refusal(dicom(FILM, **elements))


def test_index_files_and_other_syntaxes_are_refused():
    directory = dataset(FILM, DirectoryRecordSequence=Sequence([]), FileSetID="PLANTED")
    assert "DICOMDIR" in refusal(written(directory))
    sound = dicom(FILM)
    for suffix, words in ((b"1.99", "deflated"), (b"4.100", "compression"), (b"4.201", "compression")):
        uid = b"1.2.840.10008.1.2." + suffix
        explicit = b"\x02\x00\x10\x00UI\x14\x001.2.840.10008.1.2.1\0"
        changed = b"\x02\x00\x10\x00UI" + (len(uid) + len(uid) % 2).to_bytes(2, "little") + uid + b"\0" * (len(uid) % 2)
        assert words in refusal(sound.replace(explicit, changed))


@pytest.mark.parametrize("frames", [None, 1, "001"])
def test_one_frame_of_a_multi_frame_secondary_capture_is_a_film(frames):
    found = read(dicom(FILM, Modality="OT", SOPClassUID="1.2.840.10008.5.1.4.1.1.7.3", NumberOfFrames=frames))
    np.testing.assert_array_equal(found.pixels, expected())


def test_a_stream_of_another_size_is_refused_before_it_is_decoded(monkeypatch):
    monkeypatch.setattr(pixels, "_decode_apart", None)
    stream = saved(np.zeros((3000, 3000), np.uint8), "JPEG")
    assert "size" in refusal(written(dataset(film(8), 8), syntax.JPEG_BASELINE, stream))
    stream = saved(np.zeros((3000, 3000), np.uint16), "JPEG2000", no_jp2=True)
    assert "size" in refusal(written(dataset(FILM), syntax.JPEG_2000, stream))


@pytest.mark.parametrize(
    ("elements", "words"),
    [
        ({"BurnedInAnnotation": "YES"}, "text burned into it"),
        ({"BurnedInAnnotation": None}, "does not say whether text"),
        ({"PatientAge": "034Y"}, "older than the children"),
        ({"PatientAge": "003M"}, "younger than the children"),
        ({"BodyPartExamined": None}, "does not say which part"),
        ({"BodyPartExamined": "SPECIAL"}, "an unknown part of the body"),
        ({"ViewPosition": "SWIMMERS"}, "an unknown view"),
        ({"ViewPosition": None}, "from which side it was taken"),
        ({"Modality": "OT"}, "does not say that it is a plain radiograph"),
        ({"Modality": "DR"}, "does not say that it is a plain radiograph"),
        ({"Modality": "XR"}, "does not say that it is a plain radiograph"),
        ({"SOPClassUID": "1.3.6.1.4.1.4711.1"}, "does not say that it is a plain radiograph"),
        ({"PhotometricInterpretation": None}, "whether low values are dark"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.1.1.1", "Modality": "DX"}, "raw image"),
    ],
)
def test_doubts_become_notes(elements, words):
    assert words in notes(**elements)


@pytest.mark.parametrize("age", ["001Y", "003Y", "005Y", "018M", "", None])
def test_the_trained_population_gets_no_note(age):
    assert notes(PatientAge=age) == ""


def test_words_for_the_chest():
    for part in ("CHEST", "Chest", "THORAX", "CHEST PA", "PORT CHEST", "CHEST,ABDOMEN"):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            assert notes(BodyPartExamined=part) == ""


@pytest.mark.parametrize(("meaning", "view"), [("postero-anterior", "PA"), ("Antero-posterior projection", "AP")])
def test_digital_radiography_states_part_and_view_in_codes(meaning, view):
    elements = {"ViewCodeSequence": coded(meaning), "AnatomicRegionSequence": coded("Chest")}
    for uid in (syntax.IMPLICIT_LITTLE, syntax.EXPLICIT_LITTLE):
        source = read(dicom(FILM, uid=uid, BodyPartExamined=None, ViewPosition=None, **elements)).source
        assert (source.acquisition.body_part, source.acquisition.view) == ("CHEST", view)
        assert source.notes == ()
