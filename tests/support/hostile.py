"""The check that every hostile file must pass: a radiograph or one clear sentence, in bounded time."""

from __future__ import annotations

import os

import numpy as np

from xray_model.errors import InvalidRadiograph
from xray_model.imaging.radiograph import Radiograph
from xray_model.imaging.raster import MAX_PIXELS, MIN_SIDE
from xray_model.imaging.zip_archives import Archive, is_archive

SECONDS = 2.0  # of processor time, for one file; the usual is a millisecond
FORBIDDEN = ("Traceback", "Error", "0x", "\n", "\\", "tmp", "home")  # in a sentence for the reader


def answer(name: str, data: bytes) -> str:
    """An empty string for a radiograph, or the refusal; fails on any other outcome, and if it takes too long."""
    start = busy()
    try:
        radiograph = Radiograph.from_bytes(data)
    except InvalidRadiograph as error:
        said = str(error)
        assert is_a_sentence(said), (name, said)
    else:
        said = ""
        assert radiograph.pixels.dtype == np.uint8, name
        assert MIN_SIDE**2 <= radiograph.pixels.size <= MAX_PIXELS, name
        assert radiograph.pixels.min() < radiograph.pixels.max(), name
    assert busy() - start < SECONDS, name
    return said


def answers(name: str, data: bytes) -> list[str]:
    """`answer` for a file, or for each file in an archive, as the pages open it."""
    if not is_archive(data):
        return [answer(name, data)]
    start = busy()
    said = []
    try:
        archive = Archive(data)
        for member in archive.names:
            said.append(_member(archive, member, name))
    except InvalidRadiograph as error:
        said.append(str(error))
    assert all(is_a_sentence(sentence) for sentence in said if sentence), (name, said)
    assert busy() - start < SECONDS, name
    return said


def _member(archive: Archive, member: str, name: str) -> str:
    try:
        data = archive.read(member)
    except InvalidRadiograph as error:
        return str(error)
    return answer(f"{name}/{member}", data)


def is_a_sentence(said: str) -> bool:
    """Whether a message is short, complete, and only about the file."""
    return said.endswith(".") and 20 < len(said) < 220 and not any(word in said for word in FORBIDDEN)


def busy() -> float:
    """Processor time of this process and its children: unlike wall-clock time, independent of the machine's load."""
    return sum(os.times()[:4])
