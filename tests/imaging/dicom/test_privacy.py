"""Privacy: nothing of a DICOM file is kept but the picture and a short list of facts."""

from __future__ import annotations

import logging
import re
import warnings

import pytest

from tests.support.dicom_files import NAME, NUMBER, coded, compressed, dicom
from tests.support.dicom_reading import FILM, read, refusal
from xray_model.errors import InvalidRadiograph
from xray_model.imaging.dicom import KEPT, WANTED, pixels
from xray_model.imaging.dicom import transfer_syntax as syntax
from xray_model.imaging.dicom.header import read_header


def test_only_the_list_is_kept():
    radiograph = read(dicom(FILM, WindowCenter=2048, WindowWidth=4096, PixelSpacing=[0.2, 0.2], InstitutionName=NAME))
    source, kept = radiograph.source, radiograph.source.acquisition
    assert (kept.modality, kept.view, kept.body_part, kept.photometric) == ("CR", "AP", "CHEST", "MONOCHROME2")
    assert (kept.spacing, kept.window) == ((0.2, 0.2), (2048, 4096))
    assert (source.format, source.height, source.width, source.bit_depth) == ("DICOM", *FILM.shape, 12)
    assert {"Patient's Name", "Patient ID", "Patient's Age", "Institution Name"} <= set(source.removed_tags)
    assert {"Media Storage SOP Instance UID", "SOP Instance UID"} <= set(source.removed_tags)
    assert not {"Modality", "Rows", "Window Center"} & set(source.removed_tags)
    assert "lanted" not in repr(radiograph) + repr(source)


def test_the_header_reader_copies_no_element_beyond_the_list():
    header = read_header(dicom(FILM), WANTED)
    assert set(header.values) <= set(WANTED)
    assert 0x00100010 in header.tags
    assert 0x00100010 not in WANTED
    assert set(KEPT) < set(WANTED)


def planted(**elements) -> bytes:
    """A file with the planted name in every free text, and even where a name does not belong."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return dicom(FILM, InstitutionName=NAME, StudyDescription=NAME, SpecificCharacterSet="PLANTED", **elements)


@pytest.mark.parametrize(
    "elements",
    [
        {},
        {"Modality": "PLANTED"},
        {"BodyPartExamined": "PLANTED"},
        {"ViewPosition": "PLANTED"},
        {"PhotometricInterpretation": "PLANTED"},
        {"BurnedInAnnotation": "PLANTED"},
        {"VOILUTFunction": "PLANTED", "WindowCenter": 1, "WindowWidth": 3},
        {"PatientAge": "PLANTED"},
        {"PatientOrientation": "PLANTED"},
        {"BodyPartExamined": None, "AnatomicRegionSequence": coded("PLANTED")},
        {"ViewPosition": None, "ViewCodeSequence": coded("PLANTED")},
        {"SOPClassUID": "1.2.4711.4711"},
        {"Rows": 4711},
        {"BodyPartExamined": "PLANTED " * 500},
    ],
)
def test_no_value_appears_in_messages_logs_or_warnings(elements, caplog, capfd):
    data = planted(**elements)
    caplog.clear()  # pydicom, which writes these files, does quote values
    capfd.readouterr()
    with caplog.at_level(logging.DEBUG), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            said = repr(read(data).source)
        except InvalidRadiograph as error:
            said = f"{error!r} {error.__cause__!r} {error.__context__!r}"
    said += caplog.text + "".join(str(each.message) for each in caught) + "".join(capfd.readouterr())
    assert not re.search(r"(?i)planted|zyxw", said)
    assert NUMBER not in said
    assert "Rows" in elements or "4711" not in said


def test_an_unforeseen_error_reveals_nothing(monkeypatch):
    def fail(*_):
        raise RuntimeError(NAME)

    monkeypatch.setattr("xray_model.imaging.dicom.grey_levels.draw", fail)
    with pytest.raises(InvalidRadiograph) as caught:
        read(dicom(FILM))
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_the_decoder_gets_no_header_and_leaves_no_file(monkeypatch, tmp_path):
    seen = []
    run = pixels.subprocess.run
    monkeypatch.setattr(pixels.subprocess, "run", lambda *args, **kw: seen.append(kw["input"]) or run(*args, **kw))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    read(compressed(FILM, 12, syntax.JPEG_2000_LOSSLESS))
    assert seen
    assert NAME.encode() not in seen[0]
    assert NUMBER.encode() not in seen[0]
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "code", ["import os; os.abort()", "while True: pass", "print('uint16')", "raise SystemExit(3)"]
)
def test_a_decoder_that_dies_hangs_or_babbles_costs_only_its_file(code, monkeypatch, tmp_path):
    script = tmp_path / "decoder.py"
    script.write_text(code)
    data = compressed(FILM, 12, syntax.JPEG_2000_LOSSLESS)
    monkeypatch.setattr(pixels, "DECODER", script)
    monkeypatch.setattr(pixels, "DECODE_SECONDS", 1)
    assert "compressed" in refusal(data)
