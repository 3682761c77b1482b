"""Decoding in separate processes: the same answers, and a file that kills or hangs its decoder affects no other."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace

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
    """A pool of one process for this test, so that no other test waits for it."""
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
def test_the_answer_is_the_same_as_from_bytes(name):
    check_same(decode_apart(FILES[name]), Radiograph.from_bytes(FILES[name]))


@pytest.mark.parametrize("data", [b"", b"text", FILES["png"][:200], FILES["dicom"][:300], b"PK\x05\x06" + bytes(18)])
def test_the_refusal_is_the_same_as_from_bytes(data):
    with pytest.raises(InvalidRadiograph) as here:
        Radiograph.from_bytes(data)
    with pytest.raises(InvalidRadiograph) as there:
        decode_apart(data)
    assert str(there.value) == str(here.value)


@pytest.mark.parametrize("name", FILES)
def test_a_size_returns_only_what_the_model_needs(name):
    found, whole = sandbox.decoders(sandbox.WORKERS).decode(FILES[name], 64), Radiograph.from_bytes(FILES[name])
    assert found.pixels.shape == (224, 224)
    np.testing.assert_array_equal(found.grey(64), whole.grey(64))
    assert found.levels is None
    assert found.source == whole.source


def test_a_file_that_is_too_large_is_not_even_sent(alone, monkeypatch):
    monkeypatch.setattr(sandbox, "MAX_BYTES", 10)
    with pytest.raises(InvalidRadiograph, match="larger than"):
        alone.decode(FILES["png"])
    assert process_of(alone) is None


@pytest.mark.parametrize("words", ["stopped its decoder", "not decoded within"])
def test_a_decoder_that_dies_or_hangs_costs_one_file(alone, monkeypatch, words):
    alone.decode(FILES["png"])
    stopped = process_of(alone)
    os.kill(stopped.pid, signal.SIGSTOP)
    if "within" in words:
        monkeypatch.setattr(sandbox, "SECONDS", 0.5)
    else:
        threading.Timer(0.3, stopped.kill).start()
    with pytest.raises(InvalidRadiograph, match=words):
        alone.decode(FILES["png"])
    monkeypatch.undo()
    check_same(alone.decode(FILES["jpeg"]), Radiograph.from_bytes(FILES["jpeg"]))
    assert process_of(alone).pid != stopped.pid


def killed_as_late(alone: sandbox.Decoders) -> None:
    worker = alone._workers[0]
    worker._is_due_in(-1)
    assert worker.stop_if_late()
    worker._is_due_in(None)


@pytest.mark.parametrize("end", [killed_as_late, lambda alone: process_of(alone).kill(), sandbox.Decoders.stop])
def test_a_decoder_that_ends_between_two_files_costs_nothing(alone, end):
    alone.decode(FILES["png"])
    first = process_of(alone)
    end(alone)
    first.wait(5)
    check_same(alone.decode(FILES["png"]), Radiograph.from_bytes(FILES["png"]))


def test_several_decode_at_once_and_each_file_gets_its_own_answer():
    with ThreadPoolExecutor(6) as threads:
        names = list(FILES) * 6
        for name, found in zip(names, threads.map(lambda name: decode_apart(FILES[name]), names), strict=True):
            check_same(found, Radiograph.from_bytes(FILES[name]))


NEGATIVE, HUGE = b'{"shape": [-1, 5], "levels": null, "source": {}}\n', b'{"shape": [100000, 100000]}\n'


@pytest.mark.parametrize("answer", [b"", b"no json\n", b"{}\n", b"[]\n", NEGATIVE, HUGE])
def test_a_broken_answer_is_a_refusal(alone, monkeypatch, answer, tmp_path):
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

    pixels = np.asarray(draw_phantom(1, size=512).pixels).repeat(5, axis=0).repeat(5, axis=1)[:2400]
    whole = analyze(Radiograph.from_array(pixels), bundle := load_bundle(tiny_bundle))
    packed = PackedRadiograph.of(whole.radiograph).radiograph()
    assert max(packed.pixels.shape) == packing.LONGEST
    same = overlay_png(replace(whole, radiograph=packed), bundle) == overlay_png(whole, bundle)
    assert same, "compared first: to explain how megabytes differ takes pytest an hour"


def test_only_listed_facts_of_a_header_are_packed():
    packed = PackedRadiograph.of(decode_apart(dicom(PatientName=NAME, PatientID=NUMBER)))
    assert "Patient's Name" in packed.source.removed_tags
    for planted in (NAME, NUMBER, "20180101", "003Y"):
        assert planted not in repr(packed)
        assert planted.encode() not in packed.pixels + (packed.levels or b"")
