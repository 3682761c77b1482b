"""Hundreds of damaged and malicious files: each is read, or refused quickly, in one sentence and in little memory."""

from __future__ import annotations

import re
from fnmatch import fnmatch
from pathlib import Path

import pytest

from tests.support.hostile import answers
from tests.support.hostile_dicom import whole_corpus
from tests.support.hostile_images import SMOOTH, corpus, originals
from xray_model.errors import InvalidRadiograph
from xray_model.imaging import sandbox
from xray_model.imaging.radiograph import Radiograph

READ = "^$"
MANY = {  # kind of random damage, with any outcome -> least number of files
    "*-cut-*": 100, "*-flip-*": 150, "*-head-*": 100, "*-greatest-*": 100, "*-zero-*": 100, "*-twice": 10,
    "magic-*": 20,
}  # fmt: skip
SAID = {  # kind of file -> (least number of files, what each answer must match)
    "png-declares-0x*": (2, "not an image"),
    "png-declares-*00x*": (3, "damaged|pixels"),
    "png-declares-2147483647x*": (1, "pixels"),
    "tiff-tag-*": (15, ""),
    "png-*-bomb": (3, "blank|damaged"),
    "zip-bomb": (1, "100 times"),
    "animated-PNG": (1, "several pictures"),
    "animated-WEBP": (1, "several pictures"),
    "animated-GIF": (1, "not an image of a supported kind"),
    "pages-tiff": (1, "several pictures"),
    "pages-that-*": (1, READ),
    "nan-*": (6, "numbers from 0 to 65535"),
    "icc-garbage-*": (4, READ),
    "exif-garbage-*": (9, READ),
    "black-*": (7, "blank|within 0-1"),
    "white-*": (7, "blank"),
    "empty": (1, "0 bytes"),
    "empty-but-*": (5, "."),
    "slip-*": (6, "leads out of the archive"),
    "nested-*": (5, "inside the archive"),
    "name-*": (11, READ),
}  # fmt: skip
KINDS = ("jpeg-cmyk", "tiff-cmyk", "png-palette", "bmp-palette", "1bit", "tiff16-little", "tiff16-big", "tiff-float")
LITTLE = 400 * 2**20  # bytes for the worst file, in its decoding process; Python itself takes a quarter

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::PIL.Image.DecompressionBombWarning")


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    return dict(corpus())


@pytest.fixture(scope="module")
def said(files) -> dict[str, list[str]]:
    """Each case's answers; `answers` fails unless each is a radiograph or a sentence, in time."""
    return {name: answers(name, data) for name, data in files.items()}


def test_corpus_is_large_and_the_same_each_time(files):
    assert len(files) >= 1000
    assert dict(corpus()) == files


def test_every_case_is_a_radiograph_or_a_sentence(said):
    found = [answer for each in said.values() for answer in each]
    assert sum(answer == "" for answer in found) > 100  # much of the damage hits unimportant bytes
    assert sum(answer != "" for answer in found) > 300


@pytest.mark.parametrize("pattern", MANY)
def test_there_are_many_of_each_kind_of_damage(files, pattern):
    assert sum(fnmatch(name, pattern) for name in files) >= MANY[pattern]


@pytest.mark.parametrize("pattern", SAID)
def test_what_is_said_of_each_kind(said, pattern):
    least, words = SAID[pattern]
    found = [answer for name, each in said.items() if fnmatch(name, pattern) for answer in each]
    assert len(found) >= least
    assert [answer for answer in found if not re.search(words, answer)] == []


@pytest.mark.parametrize("kind", KINDS)
def test_rare_kinds_are_read_and_damaged_like_the_others(files, kind):
    assert Radiograph.from_bytes(originals()[kind]).pixels.shape == SMOOTH.shape
    assert sum(name.startswith(f"{kind}-") for name in files) > 40


def test_originals_are_sound():
    for data in originals().values():
        assert Radiograph.from_bytes(data).pixels.shape == SMOOTH.shape


def test_half_a_file_is_never_a_radiograph(said):
    half = [name for name in said if name.endswith(("cut-0.001", "cut-0.3", "cut-0.5", "alone"))]
    assert len(half) > 50
    assert [name for name in half if "" in said[name]] == []


@pytest.mark.linux
def test_no_case_kills_a_decoder_or_needs_much_memory(files):
    """All of them and the damaged DICOM files, one after the other in one process."""
    alone = sandbox.Decoders(1)
    alone.decode(originals()["png"])
    process = alone._workers[0]._process
    said = [refusal(alone, data) for data in (*files.values(), *whole_corpus())]
    status = Path(f"/proc/{process.pid}/status").read_text()
    assert alone._workers[0]._process is process, "it was never restarted"
    assert not any("decoder" in sentence for sentence in said)
    assert int(re.findall(r"VmHWM:\s+(\d+) kB", status)[0]) * 1024 < LITTLE
    alone.stop()


def refusal(alone: sandbox.Decoders, data: bytes) -> str:
    try:
        alone.decode(data)
    except InvalidRadiograph as error:
        return str(error)
    return ""
