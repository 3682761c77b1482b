"""The documents' screenshots: each can be taken again, is shown in a document, has words, and is small."""

from __future__ import annotations

import re

from PIL import Image

from tests.pictures.__main__ import BOOTH, FOLDER, PICTURES
from tests.support.places import ROOT

LARGEST = 1.5 * 2**20  # bytes, all together
SHOWN = re.compile(r"!\[([^\]]*)\]\([^)]*pictures/([\w-]+)\.png\)")


def test_every_picture_can_be_taken_again_and_is_shown_in_a_document_with_words():
    shown = {name: words for path in ROOT.rglob("*.md") for words, name in SHOWN.findall(path.read_text("utf-8"))}
    files = {path.stem for path in FOLDER.iterdir()}
    assert files == set(PICTURES) | {BOOTH} == set(shown)
    assert all(len(words) > 30 for words in shown.values())


def test_they_are_small_pngs():
    files = list(FOLDER.iterdir())
    assert sum(path.stat().st_size for path in files) < LARGEST
    assert {Image.open(path).format for path in files} == {"PNG"}
