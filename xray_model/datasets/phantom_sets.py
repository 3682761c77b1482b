"""Sets of labelled phantoms of any size: the first of each ship, more are drawn once on each machine and cached.

They ship because drawing them takes longer than learning from them. After a change to the phantoms, draw them again
with `python -m xray_model.datasets.phantom_sets`.
"""

from __future__ import annotations

import io
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from PIL import Image

from xray_model.datasets.choice import ELSEWHERE, PHANTOMS
from xray_model.datasets.labelled_images import LabelledImages, concatenate
from xray_model.imaging.resize import input_grey, resize_grey
from xray_model.labels import LABELS
from xray_model.phantoms import ELSEWHERE as OTHER_PLACE
from xray_model.phantoms import HOME, UPLOAD_SIZE, Hospital, draw_phantom

# JPEG, like the children's radiographs that the bundled model learned from
SHIPPED_SIZE, QUALITY = 224, 90
# Trials and samples use lower seeds. The bundled model learned from these, so that a visitor's run draws from others:
# before and after are then compared on phantoms that neither model has seen.
TRAINING_SEEDS = 10_000
CHUNK = 50  # phantoms in a cache file
WORKERS = 2
MOST_KEPT = 3000  # phantoms of one size; any further ones are drawn each time


@dataclass(frozen=True)
class PhantomSet:
    """A hospital's phantoms for visitors' runs, from the seed `first` on. shipped: so many of them lie in `file`."""

    hospital: Hospital
    first: int
    shipped: int
    file: Path


FOLDER = Path(__file__).parents[1] / "phantoms"
AT_HOME = PhantomSet(HOME, 100_000, 600, FOLDER / "shipped.zip")
OTHER_HOSPITAL = PhantomSet(OTHER_PLACE, 400_000, 500, FOLDER / "elsewhere.zip")
SETS = {PHANTOMS: AT_HOME, ELSEWHERE: OTHER_HOSPITAL}  # by the kind of a `DataChoice`


def cache_folder() -> Path:
    """Where drawn phantoms are cached, until the machine clears its temporary files."""
    return Path(tempfile.gettempdir()) / "xray-phantoms"


def training_phantoms(
    count: int,
    size: int,
    of: PhantomSet = AT_HOME,
    *,
    workers: int = WORKERS,
    advance: Callable[[int, int], None] | None = None,
) -> LabelledImages:
    """The first `count` phantoms of a set at `size` pixels, about half of them NORMAL.

    workers: processes that draw what is neither shipped nor cached; 1 draws in this process. advance: called with
    (drawn, in all) after each chunk.
    """
    shipped = [images] if (images := shipped_phantoms(count, size, of)) else []
    starts = range(sum(map(len, shipped)), count, CHUNK)
    missing = [start for start in starts if not _file(start, size, of).is_file()]
    new, left = {}, sum(min(CHUNK, count - start) for start in missing)
    for start, part in zip(missing, _draw(missing, size, of, workers), strict=True):
        new[start], left = part, left - min(CHUNK, count - start)
        if advance:
            advance(count - left, count)
    return concatenate([*shipped, *(new[s] if s in new else draw_chunk(s, size, of) for s in starts)]).take(
        range(count)
    )


def phantom_images(seeds: Iterable[int], size: int, hospital: Hospital = HOME) -> LabelledImages:
    """Synthetic phantoms drawn from `seeds`, about half of them NORMAL."""
    phantoms = [draw_phantom(seed, size=UPLOAD_SIZE, hospital=hospital) for seed in seeds]
    return LabelledImages(
        np.stack([input_grey(phantom.pixels, size) for phantom in phantoms]),
        np.array([LABELS.index(phantom.label) for phantom in phantoms], np.int8),
        tuple(f"phantom{phantom.seed}" for phantom in phantoms),
        tuple(f"phantom/{phantom.seed}-{phantom.finding}" for phantom in phantoms),
    )


def shipped_phantoms(count: int, size: int, of: PhantomSet = AT_HOME) -> LabelledImages | None:
    """The first `count` shipped phantoms at `size` pixels; None if they are too small or missing."""
    if size > SHIPPED_SIZE or not of.file.is_file() or count < 1:
        return None
    with zipfile.ZipFile(of.file) as archive:
        names = archive.namelist()[:count]
        pictures = [np.asarray(Image.open(io.BytesIO(archive.read(name)))) for name in names]
    labels, files = zip(*(name.removesuffix(".jpg").split("/") for name in names), strict=True)
    return LabelledImages(
        np.stack([resize_grey(picture, size) for picture in pictures]),
        np.array([LABELS.index(label) for label in labels], np.int8),
        tuple(f"phantom{file.partition('-')[0]}" for file in files),
        tuple(f"phantom/{file}" for file in files),
    )


def write_shipped(images: LabelledImages, file: Path) -> None:
    """Write phantoms of `SHIPPED_SIZE` pixels into a ZIP archive, as `LABEL/seed-finding.jpg`."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for grey, label, name in zip(images.grey, images.labels, images.names, strict=True):
            jpeg = io.BytesIO()
            Image.fromarray(grey).save(jpeg, "JPEG", quality=QUALITY)
            entry = zipfile.ZipInfo(f"{LABELS[label]}/{name.removeprefix('phantom/')}.jpg")  # the same bytes every time
            archive.writestr(entry, jpeg.getvalue())


def draw_chunk(start: int, size: int, of: PhantomSet = AT_HOME) -> LabelledImages:
    """`CHUNK` phantoms of a set from index `start` on, from the cache if possible."""
    file = _file(start, size, of)
    if file.is_file():
        with np.load(file, allow_pickle=False) as kept:
            return LabelledImages(
                kept["grey"], kept["labels"], tuple(kept["groups"].tolist()), tuple(kept["names"].tolist())
            )
    first = of.first + start
    images = phantom_images(range(first, first + CHUNK), size, of.hospital)
    if start < MOST_KEPT:
        _keep(images, file)
    return images


def _draw(starts: list[int], size: int, of: PhantomSet, workers: int) -> Iterator[LabelledImages]:
    if workers < 2 or len(starts) < 2:
        yield from (draw_chunk(start, size, of) for start in starts)
        return
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        yield from pool.map(draw_chunk, starts, [size] * len(starts), [of] * len(starts))


def _file(start: int, size: int, of: PhantomSet) -> Path:
    return cache_folder() / f"{size}-{of.first + start}.npz"


def _keep(images: LabelledImages, file: Path) -> None:
    """Write a cache file, whole or not at all; if the disk is full, the next run has to draw again."""
    try:
        file.parent.mkdir(mode=0o700, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=file.parent, delete=False) as stream:
            np.savez(stream, grey=images.grey, labels=images.labels, groups=images.groups, names=images.names)
        Path(stream.name).replace(file)
    except OSError:
        return


def main() -> None:
    """Draw what ships anew."""
    for of in SETS.values():
        starts = list(range(0, of.shipped, CHUNK))
        write_shipped(concatenate(_draw(starts, SHIPPED_SIZE, of, WORKERS)).take(range(of.shipped)), of.file)


if __name__ == "__main__":
    main()
