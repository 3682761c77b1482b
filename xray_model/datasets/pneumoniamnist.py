"""PneumoniaMNIST (Yang et al., Scientific Data 2023): downloaded on demand, checked, and resumed if interrupted."""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from xray_model.datasets.folder_labels import ClassFile, of_label, part_of, sample
from xray_model.datasets.labelled_images import LabelledImages
from xray_model.errors import InvalidConfig, InvalidDataset
from xray_model.imaging.resize import input_grey
from xray_model.labels import LABELS

try:
    import fcntl
except ImportError:  # Windows: two downloads of the same file at once damage it; both notice and download it again
    fcntl = None  # type: ignore[assignment]

ORIGIN = "https://zenodo.org/records/10519652/files"
MD5 = {
    64: "8f4eceb4ccffa70c672198ea285246c6",
    128: "05b46931834c231683c68f40c47b2971",
    224: "d6a3c71de1b945ea11211b03746c1fe1",
}
MEGABYTES = {64: 20, 128: 70, 224: 214}  # the first two are estimates
PARTS = {"train": (1214, 3494), "val": (135, 389)}  # NORMAL and PNEUMONIA images; the test part is never used
BLOCK = 1 << 18
PATIENCE = 20  # seconds without a byte
POLL = 0.5  # seconds between two checks whether another process has finished the same download

Advance = Callable[[int, int], None]  # (bytes so far, bytes in all, 0 if unknown)


def file_name(size: int) -> str:
    """The name of the file with images of `size` pixels; raises `InvalidConfig` for another size."""
    if size not in MD5:
        raise InvalidConfig(f"PneumoniaMNIST comes at {', '.join(map(str, MD5))} pixels; got {size}.")
    return f"pneumoniamnist_{size}.npz"


def default_folder() -> Path:
    """Where downloads are kept, until the machine clears its temporary files."""
    return Path(tempfile.gettempdir()) / "xray-pneumoniamnist"


def find_pneumoniamnist(size: int, folder: Path | None = None) -> Path | None:
    """The file, if it was completely downloaded before; else None."""
    target = (folder or default_folder()) / file_name(size)
    return target if target.is_file() else None


def download_pneumoniamnist(
    size: int,
    folder: Path | None = None,
    *,
    origin: str | None = None,
    md5: str | None = None,
    on_progress: Advance | None = None,
) -> Path:
    """The file, downloaded unless it is already complete; an interrupted download is resumed.

    folder: None means `default_folder`. origin: the address of the record's files; None means
    `$XRAY_PNEUMONIAMNIST_ORIGIN`, or else Zenodo. Raises `InvalidDataset` if the download fails or is damaged.
    """
    folder = folder or default_folder()
    target, wanted = folder / file_name(size), md5 or MD5[size]
    part = target.with_suffix(".part")
    source = f"{origin or os.environ.get('XRAY_PNEUMONIAMNIST_ORIGIN') or ORIGIN}/{target.name}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _alone(part, on_progress):
            if not (target.is_file() and _md5(target) == wanted):
                _fetch(source, part, on_progress)
                _accept(part, target, wanted)
    except (OSError, ValueError) as error:  # OSError includes URLError and timeouts; ValueError: an invalid address
        if isinstance(error, InvalidDataset):
            raise
        raise InvalidDataset(
            f"PneumoniaMNIST could not be downloaded ({reason_of(error)}). The part received so far is kept, and "
            "the next try resumes there. Without the internet, train on the phantoms."
        ) from error
    return target


def load_pneumoniamnist(file: Path, size: int, count: int | None = None) -> LabelledImages:
    """About `count` images (None: all) at `size` pixels, each with its part, train or val, in its name.

    The test images are not read. Raises `InvalidDataset`.
    """
    with _opened(file) as arrays:
        files = [item for part in PARTS for item in _files(part, arrays[f"{part}_labels"])]
        chosen = [files[index] for index in sample(files, count)]
        return _take(arrays, chosen, size)


def peek_pneumoniamnist(file: Path, size: int, each: int) -> LabelledImages:
    """The first `each` validation images of each label; training images would fill a web process's memory."""
    with _opened(file) as arrays:
        files = _files("val", arrays["val_labels"])
        return _take(arrays, [item for label in LABELS for item in of_label(label, files)[:each]], size)


def reason_of(error: Exception) -> str:
    """The cause of a failure, without wrapping such as `<urlopen error [Errno -2] ...>`."""
    reason = getattr(error, "reason", error)
    return str(getattr(reason, "strerror", None) or reason)


@contextlib.contextmanager
def _opened(file: Path) -> Iterator[Any]:
    try:
        with np.load(file, allow_pickle=False) as arrays:
            yield arrays
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise InvalidDataset(f"The PneumoniaMNIST file cannot be read ({error}). Delete it and try again.") from error


def _files(part: str, labels: NDArray[Any]) -> list[ClassFile]:
    names = (f"pneumoniamnist/{part}/{i}" for i in range(len(labels)))
    return [
        ClassFile(name, LABELS[int(label)], part_of(name), name)
        for name, label in zip(names, labels.ravel(), strict=True)
    ]


def _take(arrays: Any, chosen: Sequence[ClassFile], size: int) -> LabelledImages:
    images = {part: arrays[f"{part}_images"] for part in {item.name.split("/")[1] for item in chosen}}
    places = [item.name.split("/")[1:] for item in chosen]
    names = tuple(item.name for item in chosen)
    return LabelledImages(
        np.stack([input_grey(images[part][int(index)], size) for part, index in places]),
        np.array([LABELS.index(item.label) for item in chosen], np.int8),
        names,
        names,
    )


@contextlib.contextmanager
def _alone(part: Path, on_progress: Advance | None) -> Iterator[None]:
    """Hold the download's lock; while another process holds it, wait and report how the file grows."""
    with part.with_suffix(".lock").open("ab") as lock:
        while not _is_ours(lock):
            if on_progress:
                on_progress(part.stat().st_size if part.is_file() else 0, 0)
            time.sleep(POLL)
        yield


def _is_ours(stream: IO[bytes]) -> bool:
    if fcntl is None:
        return True
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _fetch(source: str, part: Path, on_progress: Advance | None) -> None:
    have = part.stat().st_size if part.is_file() else 0
    request = urllib.request.Request(source, headers={"Range": f"bytes={have}-"} if have else {})
    try:
        reply = urllib.request.urlopen(request, timeout=PATIENCE)
    except urllib.error.HTTPError as error:
        if error.code == 416:  # nothing after the last byte: the checksum will tell whether the file is complete
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


def _accept(part: Path, target: Path, wanted: str) -> None:
    if _md5(part) != wanted:
        part.unlink()
        raise InvalidDataset("The downloaded PneumoniaMNIST file is damaged (wrong MD5) and was removed: try again.")
    part.replace(target)


def _md5(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "md5").hexdigest()
