"""Decoding in processes of its own: the same answer, and a file that kills or hangs its decoder costs itself alone."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict

import numpy as np
import pytest

from tests.support.dicom_files import NAME, NUMBER, dicom
from tests.support.pictures import saved, smooth
from xray_model import InvalidRadiograph, PackedRadiograph, Radiograph, decode_apart, draw_phantom
from xray_model.imaging import packed as packing
from xray_model.imaging import sandbox
from xray_model.reports.figures import overlay_png

FILES = {
    "png": saved(smooth()),
    "png of 16 bits": saved(smooth().astype(np.uint16) * 256),
    "jpeg": saved(smooth(), "JPEG"),
    "dicom": dicom(PixelSpacing=[0.2, 0.2], WindowCenter=2000, WindowWidth=3000),
    "dicom of 8 bits": dicom(bits=8),
}


@pytest.fixture
def alone():
    """Decoders of the test's own, with one process, so that no other test waits for it."""
    alone = sandbox.Decoders(1)
    yield alone
    alone.stop()


def process_of(alone: sandbox.Decoders) -> subprocess.Popen:
    return alone._workers[0]._process


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


@pytest.mark.parametrize("name", FILES)
def test_with_a_size_only_what_the_model_needs_comes_back(name):
    found, whole = sandbox.decoders(sandbox.WORKERS).decode(FILES[name], 64), Radiograph.from_bytes(FILES[name])
    assert found.pixels.shape == (224, 224)
    np.testing.assert_array_equal(found.grey(64), whole.grey(64))
    assert found.levels is None
    assert found.source == whole.source


def test_what_is_too_large_is_not_even_sent(alone, monkeypatch):
    monkeypatch.setattr(sandbox, "MAX_BYTES", 10)
    with pytest.raises(InvalidRadiograph, match="more than"):
        alone.decode(FILES["png"])
    assert process_of(alone) is None


def test_a_decoder_that_dies_costs_one_file(alone):
    check_same(alone.decode(FILES["png"]), Radiograph.from_bytes(FILES["png"]))
    stopped = process_of(alone)
    os.kill(stopped.pid, signal.SIGSTOP)
    threading.Timer(0.3, stopped.kill).start()
    with pytest.raises(InvalidRadiograph, match="stopped its decoder"):
        alone.decode(FILES["png"])
    check_same(alone.decode(FILES["jpeg"]), Radiograph.from_bytes(FILES["jpeg"]))
    assert process_of(alone).pid != stopped.pid


def test_one_that_died_while_it_waited_costs_nothing(alone):
    alone.decode(FILES["png"])
    process_of(alone).kill()
    process_of(alone).wait()
    check_same(alone.decode(FILES["png"]), Radiograph.from_bytes(FILES["png"]))


def test_a_decoder_that_hangs_is_stopped(alone, monkeypatch):
    alone.decode(FILES["png"])
    monkeypatch.setattr(sandbox, "SECONDS", 0.5)
    os.kill(process_of(alone).pid, signal.SIGSTOP)
    start = time.monotonic()
    with pytest.raises(InvalidRadiograph, match="not decoded within"):
        alone.decode(FILES["png"])
    assert time.monotonic() - start < 5
    monkeypatch.undo()
    check_same(alone.decode(FILES["png"]), Radiograph.from_bytes(FILES["png"]))


def test_one_that_was_stopped_just_after_its_answer_costs_nothing(alone):
    alone.decode(FILES["png"])
    worker = alone._workers[0]
    worker._is_due_in(-1)
    assert worker.stop_if_late()
    worker._is_due_in(None)
    check_same(alone.decode(FILES["png"]), Radiograph.from_bytes(FILES["png"]))


def test_several_work_at_once_and_each_file_gets_its_own_answer():
    with ThreadPoolExecutor(6) as threads:
        names = list(FILES) * 6
        for name, found in zip(names, threads.map(lambda name: decode_apart(FILES[name]), names), strict=True):
            check_same(found, Radiograph.from_bytes(FILES[name]))


def test_stopped_decoders_begin_anew(alone):
    alone.decode(FILES["png"])
    first = process_of(alone)
    alone.stop()
    assert first.poll() is not None
    check_same(alone.decode(FILES["png"]), Radiograph.from_bytes(FILES["png"]))


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
def test_an_answer_that_is_none_is_refused(alone, monkeypatch, answer, tmp_path):
    script = tmp_path / "answer.py"
    script.write_text(f"import sys; sys.stdin.buffer.read(12); sys.stdout.buffer.write({answer!r})")
    start = sandbox.subprocess.Popen
    monkeypatch.setattr(
        sandbox.subprocess, "Popen", lambda command, **options: start([command[0], str(script)], **options)
    )
    with pytest.raises(InvalidRadiograph, match="stopped its decoder"):
        alone.decode(FILES["png"])


@pytest.mark.parametrize("name", FILES)
def test_packing_loses_nothing(name):
    radiograph = Radiograph.from_bytes(FILES[name])
    packed = PackedRadiograph.of(radiograph)
    check_same(packed.radiograph(), radiograph)
    assert 0 < packed.size < radiograph.pixels.size * 4


def test_a_large_picture_is_packed_as_large_as_the_largest_overlay(tiny_bundle):
    from xray_model import analyze, load_bundle
    from xray_model.inference.analyze import Analysis

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
