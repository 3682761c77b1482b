"""Hundreds of damaged and malicious DICOM files: each is read, or refused quickly in one clear sentence."""

from __future__ import annotations

import logging
import subprocess
import time
import tracemalloc
import warnings
from collections.abc import Iterator
from itertools import islice
from types import SimpleNamespace

import numpy as np
import pytest

from tests.support.decoder_loop import DecoderLoop
from tests.support.dicom_files import NAME, NUMBER, dataset, dicom, written
from tests.support.hostile import answer
from tests.support.hostile_dicom import FILM, crafted, damaged, damaged_streams, edited, element, file_of
from xray_model.errors import InvalidRadiograph
from xray_model.imaging.dicom import is_dicom, pixels
from xray_model.imaging.dicom import transfer_syntax as syntax
from xray_model.imaging.radiograph import Radiograph


def check(cases: Iterator[tuple[str, bytes]], caplog, least: int) -> dict[str, str]:
    with caplog.at_level(logging.DEBUG):
        made = dict(cases)
        caplog.clear()
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            answers = {name: answer(name, data) for name, data in made.items()}
    said = " ".join(answers.values()) + caplog.text
    assert NAME not in said
    assert NUMBER not in said
    assert len(answers) >= least
    return answers


def test_damaged_files(caplog):
    answers = check(damaged(), caplog, 600)
    assert sum(not said for said in answers.values()) > 100  # much of the damage hits unimportant bytes


def test_impossible_numbers(caplog):
    answers = check(edited(), caplog, 80)
    assert answers["WindowWidth=nan"] == ""
    assert "how large" in answers["Rows=0"]


def test_attacks(caplog):
    answers = check(crafted(), caplog, 40)
    for name in ("nested-bomb", "unending-elements", "unending-items"):
        assert "more than 50,000 elements" in answers[name]
    assert "deflated" in answers["deflated-bomb"]
    assert "several frames" in answers["many-frames"]
    assert answers["nested-deep"]


@pytest.fixture(scope="module")
def loop() -> Iterator[DecoderLoop]:
    loop = DecoderLoop()
    yield loop
    loop.stop()


def test_damaged_streams(caplog, monkeypatch, loop):
    monkeypatch.setattr(pixels, "subprocess", SimpleNamespace(**vars(subprocess) | {"run": loop.run}))
    answers = check(damaged_streams(), caplog, 300)
    assert all(not said or "compressed" in said or "damaged" in said for said in answers.values())
    assert 10 < sum(not said for said in answers.values()) < 290, "some are read, most are not"


def test_a_damaged_stream_and_the_decoder_that_is_started_for_it(caplog):
    check(islice(damaged_streams(), 2), caplog, 2)


def test_a_stream_cannot_make_the_decoder_take_all_memory(monkeypatch, tmp_path):
    """RLE states no size: two bytes become 128, any number of times. With a third of the memory, to be quick."""
    script = pixels.DECODER.read_text(encoding="utf-8")
    assert script.count("MEMORY = 1536 *") == 1
    (tmp_path / "decoder.py").write_text(script.replace("MEMORY = 1536 *", "MEMORY = 512 *"), encoding="utf-8")
    monkeypatch.setattr(pixels, "DECODER", tmp_path / "decoder.py")
    offsets = np.array([2, 64, 64 + 4_000_000, *[0] * 13], "<u4").tobytes()
    bomb = offsets + b"\x81\x00" * 4_000_000
    said = answer_within(written(dataset(FILM), syntax.RLE, bomb), pixels.DECODE_SECONDS + 5)
    assert "compressed" in said or "decompressed" in said


def test_a_second_transfer_syntax_among_the_picture_elements_is_ignored():
    """Found by the fuzzer."""
    film_alone = dicom(FILM)[132:]
    place = film_alone.index(b"\x08\x00\x16\x00")
    later = element(0x00020010, b"UI", syntax.DEFLATED.encode())
    data = file_of(element(0x00080005, b"CS", b""), later, film_alone[place:])
    np.testing.assert_array_equal(Radiograph.from_bytes(data).pixels, Radiograph.from_bytes(dicom(FILM)).pixels)


def answer_within(data: bytes, seconds: float) -> str:
    start = time.monotonic()
    with pytest.raises(InvalidRadiograph) as caught:
        Radiograph.from_bytes(data)
    assert time.monotonic() - start < seconds
    return str(caught.value)


def test_a_header_costs_no_memory():
    bomb = file_of(element(0x00091010, b"LO", b"") * 500_000)
    tracemalloc.start()
    try:
        with pytest.raises(InvalidRadiograph):
            Radiograph.from_bytes(bomb)
        assert tracemalloc.get_traced_memory()[1] < 2**20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("data", [b"", b"\x08", b"\x08\x00", b"\x08\x00\x05\x00CS", bytes(131), b"\x02\x00\x00\x00"])
def test_almost_nothing(data):
    is_dicom(data)
    with pytest.raises(InvalidRadiograph):
        Radiograph.from_bytes(data)
