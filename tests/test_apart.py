"""Decoding in a process of its own: the same answer, and a file that kills or hangs its decoder costs itself alone."""

from __future__ import annotations

import os
import signal
import threading
import time
from dataclasses import asdict

import numpy as np
import pytest

from tests.dicom_files import NAME, NUMBER, dicom
from tests.pictures import saved, smooth
from xray_model import InvalidRadiograph, PackedRadiograph, Radiograph, apart, decode_apart, draw_phantom, packing
from xray_model.report import overlay_png

FILES = {
    "png": saved(smooth()),
    "png of 16 bits": saved(smooth().astype(np.uint16) * 256),
    "jpeg": saved(smooth(), "JPEG"),
    "dicom": dicom(PixelSpacing=[0.2, 0.2], WindowCenter=2000, WindowWidth=3000),
    "dicom of 8 bits": dicom(bits=8),
}


@pytest.fixture
def worker():
    """A worker of the test's own, so that no other test waits for it."""
    worker = apart._Worker()
    yield worker
    worker._stop()


def check_same(found: Radiograph, expected: Radiograph) -> None:
    np.testing.assert_array_equal(found.pixels, expected.pixels)
    assert not found.pixels.flags.writeable
    assert found.source == expected.source
    assert (found.levels is None) == (expected.levels is None)
    if found.levels and expected.levels:
        np.testing.assert_array_equal(found.levels.values, expected.levels.values)
        facts = [{**asdict(levels), "values": None} for levels in (found.levels, expected.levels)]
        assert facts[0] == facts[1]


@pytest.mark.parametrize("name", FILES)
def test_the_answer_is_that_of_from_bytes(name):
    check_same(decode_apart(FILES[name]), Radiograph.from_bytes(FILES[name]))


@pytest.mark.parametrize("data", [b"", b"text", FILES["png"][:200], FILES["dicom"][:300], b"PK\x05\x06" + bytes(18)])
def test_the_refusal_is_that_of_from_bytes(data):
    with pytest.raises(InvalidRadiograph) as here:
        Radiograph.from_bytes(data)
    with pytest.raises(InvalidRadiograph) as there:
        decode_apart(data)
    assert str(there.value) == str(here.value)


def test_what_is_too_large_is_not_even_sent(monkeypatch):
    monkeypatch.setattr(apart, "MAX_BYTES", 10)
    monkeypatch.setattr(apart, "_idle", None)
    with pytest.raises(InvalidRadiograph, match="more than"):
        decode_apart(FILES["png"])


def test_a_decoder_that_dies_costs_one_file(worker):
    check_same(worker.decode(FILES["png"]), Radiograph.from_bytes(FILES["png"]))
    stopped = worker._process
    os.kill(stopped.pid, signal.SIGSTOP)
    threading.Timer(0.3, stopped.kill).start()
    with pytest.raises(InvalidRadiograph, match="stopped its decoder"):
        worker.decode(FILES["png"])
    check_same(worker.decode(FILES["jpeg"]), Radiograph.from_bytes(FILES["jpeg"]))
    assert worker._process.pid != stopped.pid


def test_one_that_died_while_it_waited_costs_nothing(worker):
    worker.decode(FILES["png"])
    worker._process.kill()
    worker._process.wait()
    check_same(worker.decode(FILES["png"]), Radiograph.from_bytes(FILES["png"]))


def test_a_decoder_that_hangs_is_stopped(worker, monkeypatch):
    worker.decode(FILES["png"])
    monkeypatch.setattr(apart, "SECONDS", 0.5)
    os.kill(worker._process.pid, signal.SIGSTOP)
    start = time.monotonic()
    with pytest.raises(InvalidRadiograph, match="not decoded within"):
        worker.decode(FILES["png"])
    assert time.monotonic() - start < 5
    monkeypatch.undo()
    check_same(worker.decode(FILES["png"]), Radiograph.from_bytes(FILES["png"]))


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"no json\n",
        b"{}\n",
        b'{"shape": [-1, 5], "levels": null, "source": {}}\n',
        b"[]\n",
        b'{"shape": [100000, 100000]}\n',
    ],
)
def test_an_answer_that_is_none_is_refused(worker, monkeypatch, answer, tmp_path):
    script = tmp_path / "answer.py"
    script.write_text(f"import sys; sys.stdin.buffer.read(8); sys.stdout.buffer.write({answer!r})")
    start = apart.subprocess.Popen
    monkeypatch.setattr(
        apart.subprocess, "Popen", lambda command, **options: start([command[0], str(script)], **options)
    )
    with pytest.raises(InvalidRadiograph, match="stopped its decoder"):
        worker.decode(FILES["png"])


@pytest.mark.parametrize("name", FILES)
def test_packing_loses_nothing(name):
    radiograph = Radiograph.from_bytes(FILES[name])
    packed = PackedRadiograph.of(radiograph)
    check_same(packed.radiograph(), radiograph)
    assert 0 < packed.size < radiograph.pixels.size * 4


def test_a_large_picture_is_packed_as_large_as_the_largest_overlay(tiny_bundle):
    from xray_model import analyze, load_bundle
    from xray_model.inference import Analysis

    pixels = np.asarray(draw_phantom(1, size=512).pixels).repeat(5, axis=0).repeat(5, axis=1)[:2400]
    whole = analyze(Radiograph.from_array(pixels), bundle := load_bundle(tiny_bundle))
    packed = PackedRadiograph.of(whole.radiograph).radiograph()
    assert max(packed.pixels.shape) == packing.LONGEST
    again = Analysis(packed, whole.prediction, whole.evidence, whole.evidence_reference)
    assert overlay_png(again, bundle) == overlay_png(whole, bundle)


def test_nothing_of_a_header_but_the_list_is_packed():
    packed = PackedRadiograph.of(decode_apart(dicom(PatientName=NAME, PatientID=NUMBER)))
    assert "Patient's Name" in packed.source.removed_tags
    for planted in (NAME, NUMBER, "20180101", "003Y"):
        assert planted not in repr(packed)
        assert planted.encode() not in packed.pixels + (packed.levels or b"")
