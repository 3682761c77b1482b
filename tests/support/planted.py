"""A visit with planted names: files that hold them, and a visitor who does everything once.

The names are drawn anew each time, so that nothing in this repository can hold them.
"""

from __future__ import annotations

import secrets
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, PngImagePlugin

from tests.support.dicom_files import dicom
from tests.support.visitor import Visitor
from xray_model import draw_phantom

FILE = f"File{secrets.token_hex(8)}"  # in names of files: the page shows them to their owner, and nobody else
PERSON = f"Person{secrets.token_hex(8)}"  # in EXIF, PNG text and DICOM elements: nobody sees it
NOISE = np.random.default_rng().integers(0, 9, (300, 300), np.uint8)  # is found by any piece of it
PIXELS = np.clip(draw_phantom(3, size=300).pixels, 0, 246) + NOISE  # a chest, else the gate keeps it off the page


def planted_files(folder: Path) -> list[Path]:
    """Every way a name comes along: file names, EXIF, PNG text, DICOM elements, archive entries, damaged files."""
    jpeg, png, deep, broken, archive = (folder / f"{FILE}{end}" for end in (".jpg", ".png", "", "-cut.dcm", ".zip"))
    exif, text = Image.Exif(), PngImagePlugin.PngInfo()
    exif[0x013B] = exif[0x010E] = PERSON  # artist, description
    text.add_text("Author", PERSON)
    Image.fromarray(PIXELS).save(jpeg, exif=exif)
    Image.fromarray(PIXELS).save(png, pnginfo=text)
    people = {
        "PatientName": PERSON,
        "PatientID": PERSON,
        "InstitutionName": PERSON,
        "ViewPosition": PERSON[:16].upper(),
    }
    deep.write_bytes(dicom(PIXELS.astype(np.uint16) * 16, **people, StudyDescription=PERSON))
    broken.write_bytes(deep.read_bytes()[:2000])
    with zipfile.ZipFile(archive, "w") as file:
        file.write(png, f"ward/{FILE}.png")
        file.writestr(f"{FILE}.txt", PERSON)
        file.comment = PERSON.encode()
    return [deep, jpeg, png, broken, archive]


def do_everything(visitor: Visitor, files: Sequence[Path]) -> list[str]:
    """Open the planted files, take everything away and clear all: what the page said, as text and source by turns."""
    said: list[str] = []

    def note() -> None:
        said.extend((visitor.text(), visitor.page.content()))

    visitor.open().upload(files[0])
    visitor.page.get_by_text("header entries removed").click()
    visitor.page.get_by_text("Patient's Name").wait_for()
    note()
    visitor.overlay()
    visitor.upload(*files[1:])
    visitor.wait_for_images(4)
    visitor.page.get_by_text("2 files without an answer, with the reasons").click()
    visitor.page.get_by_text("cut off").wait_for()
    visitor.figures()
    note()
    visitor.page.get_by_text("Open more, or remove some").click()
    visitor.page.get_by_role("button", name="Remove").first.click()
    visitor.settle()
    note()
    visitor.clear()
    return said
