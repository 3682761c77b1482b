"""PneumoniaMNIST (Yang et al., Scientific Data 2023): fetched on demand, checked, and taken up where it broke off."""

from __future__ import annotations

import hashlib
import os
import tempfile
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from xray_model.datasets import LabelledImages
from xray_model.errors import InvalidConfig, InvalidDataset
from xray_model.radiograph import resize_grey

ORIGIN = "https://zenodo.org/records/10519652/files"
MD5 = {
    64: "8f4eceb4ccffa70c672198ea285246c6",
    128: "05b46931834c231683c68f40c47b2971",
    224: "d6a3c71de1b945ea11211b03746c1fe1",
}
BLOCK = 1 << 18
PATIENCE = 20  # seconds without a byte

Advance = Callable[[int, int], None]  # (bytes here, bytes in all)


def file_name(size: int) -> str:
    """The record's file with images of `size` pixels; `InvalidConfig` for another size."""
    if size not in MD5:
        raise InvalidConfig(f"PneumoniaMNIST comes at {', '.join(map(str, MD5))} pixels; got {size}.")
    return f"pneumoniamnist_{size}.npz"


def download_pneumoniamnist(
    size: int,
    folder: Path | None = None,
    *,
    origin: str | None = None,
    md5: str | None = None,
    on_progress: Advance | None = None,
) -> Path:
    """The file, downloaded unless a whole one is there; a broken-off download goes on where it stopped.

    folder: None is a temporary folder of this machine. origin: where the record's files lie; None takes
    `$XRAY_PNEUMONIAMNIST_ORIGIN`, then Zenodo. Raises `InvalidDataset` when it cannot be had or is not the file.
    """
    folder = folder or Path(tempfile.gettempdir()) / "xray-pneumoniamnist"
    folder.mkdir(parents=True, exist_ok=True)
    target, wanted = folder / file_name(size), md5 or MD5[size]
    if target.is_file() and _md5(target) == wanted:
        return target
    part = target.with_suffix(".part")
    source = f"{origin or os.environ.get('XRAY_PNEUMONIAMNIST_ORIGIN') or ORIGIN}/{target.name}"
    try:
        _fetch(source, part, on_progress)
    except (OSError, ValueError) as error:  # URLError and a timeout are OSError; ValueError: no address at all
        raise InvalidDataset(
            f"PneumoniaMNIST could not be downloaded ({reason_of(error)}). What has come is kept, and the next "
            "try goes on from there. Without the internet, train on the phantoms."
        ) from error
    if _md5(part) != wanted:
        part.unlink()
        raise InvalidDataset("The downloaded PneumoniaMNIST file is damaged (wrong MD5) and was removed: try again.")
    part.replace(target)
    return target


def load_pneumoniamnist(file: Path, size: int) -> tuple[LabelledImages, LabelledImages]:
    """(training, validation) at `size` pixels, as the record splits them; its test images are left alone."""
    try:
        with np.load(file, allow_pickle=False) as arrays:
            sets = [
                _labelled(arrays[f"{name}_images"], arrays[f"{name}_labels"], name, size) for name in ("train", "val")
            ]
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise InvalidDataset(f"The PneumoniaMNIST file cannot be read ({error}). Delete it and try again.") from error
    return sets[0], sets[1]


def reason_of(error: Exception) -> str:
    """What went wrong without Python's wrapping: `<urlopen error [Errno -2] ...>` tells a visitor nothing."""
    reason = getattr(error, "reason", error)
    return str(getattr(reason, "strerror", None) or reason)


def _labelled(images: np.ndarray, labels: np.ndarray, name: str, size: int) -> LabelledImages:
    grey = images if images.shape[1] == size else np.stack([resize_grey(image, size) for image in images])
    names = tuple(f"pneumoniamnist/{name}/{i}" for i in range(len(grey)))
    return LabelledImages(grey, labels.ravel().astype(np.int8), names, names)


def _fetch(source: str, part: Path, on_progress: Advance | None) -> None:
    have = part.stat().st_size if part.is_file() else 0
    request = urllib.request.Request(source, headers={"Range": f"bytes={have}-"} if have else {})
    try:
        reply = urllib.request.urlopen(request, timeout=PATIENCE)
    except urllib.error.HTTPError as error:
        if error.code == 416:  # nothing after the last byte: the checksum will say whether it is whole
            return
        raise
    with reply:
        have = have if reply.status == 206 else 0  # a server without ranges sends all of it again
        total = have + int(reply.headers.get("Content-Length", 0))
        with part.open("ab" if have else "wb") as stream:
            while block := reply.read(BLOCK):
                stream.write(block)
                have += len(block)
                if on_progress:
                    on_progress(have, total)
    if total and have < total:
        raise OSError(f"the connection ended after {have:,} of {total:,} bytes")


def _md5(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "md5").hexdigest()
