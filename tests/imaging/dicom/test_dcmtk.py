"""Films from other programs look as an independent reader draws them: dcmtk's `dcmj2pnm`, with the same window."""

from __future__ import annotations

import io
import re
import subprocess
from pathlib import Path

import numpy as np
import pydicom
import pytest
from PIL import Image

from tests.support.public_films import CHESTS, NO_CHESTS, as_chest, public_film
from tests.support.reading import read
from xray_model.errors import InvalidRadiograph
from xray_model.imaging.radiograph import Radiograph

pytestmark = pytest.mark.dcmtk

OWN_RANGE = re.compile(r"Only the levels ([\d,]+) to ([\d,]+) are in use")
WINDOWS = {  # where our notes do not say it in the file's own numbers
    "693_J2KR": ["+Ww", "222.5", "2493.0"],  # as for 693_UNCR: its header says 16 bits, where its stream has 14
    "mlut_18": [],  # the whole range of its Modality LUT
}
UNREAD = {  # those that we refuse, and why
    "JPEG2000-embedded-sequence-delimiter": "not of the size",  # its stream says that it is 3,722,445,056 pixels wide
    "MR_truncated": "cut off",
    "image_dfl": "deflated",
}


def same_window(theirs: pydicom.Dataset, ours: Radiograph) -> list[str]:
    """Options that make `dcmj2pnm` draw the range that our notes state."""
    notes = " ".join(ours.source.notes)
    if "WindowCenter" in theirs and "was ignored" not in notes:
        return ["+Wi", "1"]
    said = OWN_RANGE.search(notes)
    low, high = (int(word.replace(",", "")) for word in said.groups()) if said else (0, 2**ours.source.bit_depth - 1)
    below = 2 ** (theirs.BitsStored - 1) if said and theirs.PixelRepresentation else 0
    slope, intercept = float(theirs.get("RescaleSlope") or 1), float(theirs.get("RescaleIntercept") or 0)
    low, high = ((level - below) * slope + intercept for level in (low, high))
    return ["+Ww", str((low + high + 1) / 2), str(high - low + 1)]


def by_dcmtk(data: bytes, window: list[str], folder: Path) -> np.ndarray:
    """What `dcmj2pnm` draws, without overlays, which are not part of the film."""
    theirs = pydicom.dcmread(io.BytesIO(data), force=True)
    if theirs.file_meta.TransferSyntaxUID.name.startswith(("JPEG 2000", "JPEG-LS")):
        theirs.decompress()  # dcmj2pnm reads neither
    theirs.save_as(folder / "film.dcm")
    command = ["dcmj2pnm", "-O", *window, "+on", str(folder / "film.dcm"), str(folder / "film.png")]
    subprocess.run(command, check=True, capture_output=True)
    with Image.open(folder / "film.png") as image:
        return np.asarray(image.convert("L"))


def agree(data: bytes, folder: Path, window: list[str] | None = None) -> None:
    theirs, ours = pydicom.dcmread(io.BytesIO(data), force=True), read(data)
    window = same_window(theirs, ours) if window is None else window
    apart = np.abs(by_dcmtk(data, window, folder).astype(int) - ours.pixels)
    padding = theirs.get("PixelPaddingValue")  # which dcmtk does not draw black
    if padding is not None:
        apart[ours.pixels == 0] = 0
    assert apart.max() <= 1


@pytest.mark.parametrize("name", CHESTS + NO_CHESTS)
def test_a_film_is_drawn_as_dcmtk_draws_it(name, tmp_path):
    agree(public_film(name), tmp_path, WINDOWS.get(name))


def test_what_dcmtk_reads_and_we_do_not_has_a_reason():
    for name, words in UNREAD.items():
        with pytest.raises(InvalidRadiograph, match=words):
            read(public_film(name))


@pytest.mark.real_data
def test_real_films_are_drawn_as_dcmtk_draws_them(data_dir, tmp_path):
    paths = sorted((data_dir / "dicom").glob("*.dcm"))
    assert len(paths) == 6
    for path in paths:
        agree(as_chest(pydicom.dcmread(path)), tmp_path)
