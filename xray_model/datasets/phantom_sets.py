"""Sets of labelled phantoms of any size: the first 600 ship, more are drawn once on each machine and cached.

They ship because drawing them takes longer than training a head on them. After a change to the phantoms, draw them
again with `python -m xray_model.datasets.phantom_sets`.
"""

from __future__ import annotations

import io
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from PIL import Image

from xray_model.datasets.labelled_images import LabelledImages, concatenate
from xray_model.imaging.resize import input_grey, resize_grey
from xray_model.labels import LABELS
from xray_model.phantoms import UPLOAD_SIZE, draw_phantom

SHIPPED = Path(__file__).parents[1] / "phantoms" / "shipped.zip"
# JPEG, like the children's radiographs that the bundled model learned from
SHIPPED_COUNT, SHIPPED_SIZE, QUALITY = 600, 224, 90
# Trials and samples use lower seeds. The bundled model learned from the first range, so a visitor's run draws from the
# second: before and after are then compared on phantoms that neither model has seen.
TRAINING_SEEDS, VISITOR_SEEDS = 10_000, 100_000
CHUNK = 50  # phantoms in a cache file
WORKERS = 2
MOST_KEPT = 3000  # phantoms of one size; any further ones are drawn each time


def cache_folder() -> Path:
    """Where drawn phantoms are cached, until the machine clears its temporary files."""
    return Path(tempfile.gettempdir()) / "xray-phantoms"


def training_phantoms(
    count: int, size: int, *, workers: int = WORKERS, advance: Callable[[int, int], None] | None = None
) -> LabelledImages:
    """The first `count` training phantoms at `size` pixels, about half of them NORMAL.

    workers: processes that draw what is neither shipped nor cached; 1 draws in this process. advance: called with
    (drawn, in all) after each chunk.
    """
    shipped = [images] if (images := shipped_phantoms(count, size)) else []
    starts = range(sum(map(len, shipped)), count, CHUNK)
    missing = [start for start in starts if not _file(start, size).is_file()]
    new, left = {}, sum(min(CHUNK, count - start) for start in missing)
    for start, part in zip(missing, _draw(missing, size, workers), strict=True):
        new[start], left = part, left - min(CHUNK, count - start)
        if advance:
            advance(count - left, count)
    return concatenate([*shipped, *(new[s] if s in new else draw_chunk(s, size) for s in starts)]).take(range(count))


def phantom_images(seeds: Iterable[int], size: int) -> LabelledImages:
    """Synthetic phantoms drawn from `seeds`, about half of them NORMAL."""
    phantoms = [draw_phantom(seed, size=UPLOAD_SIZE) for seed in seeds]
    return LabelledImages(
        np.stack([input_grey(phantom.pixels, size) for phantom in phantoms]),
        np.array([LABELS.index(phantom.label) for phantom in phantoms], np.int8),
        tuple(f"phantom{phantom.seed}" for phantom in phantoms),
        tuple(f"phantom/{phantom.seed}-{phantom.finding}" for phantom in phantoms),
    )


def shipped_phantoms(count: int, size: int) -> LabelledImages | None:
    """The first `count` shipped phantoms at `size` pixels; None if they are too small or missing."""
    if size > SHIPPED_SIZE or not SHIPPED.is_file() or count < 1:
        return None
    with zipfile.ZipFile(SHIPPED) as archive:
        names = archive.namelist()[:count]
        pictures = [np.asarray(Image.open(io.BytesIO(archive.read(name)))) for name in names]
    labels, files = zip(*(name.removesuffix(".jpg").split("/") for name in names), strict=True)
    return LabelledImages(
        np.stack([resize_grey(picture, size) for picture in pictures]),
        np.array([LABELS.index(label) for label in labels], np.int8),
        tuple(f"phantom{file.partition('-')[0]}" for file in files),
        tuple(f"phantom/{file}" for file in files),
    )


def write_shipped(images: LabelledImages, file: Path = SHIPPED) -> None:
    """Write phantoms of `SHIPPED_SIZE` pixels into a ZIP archive, as `LABEL/seed-finding.jpg`."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for grey, label, name in zip(images.grey, images.labels, images.names, strict=True):
            jpeg = io.BytesIO()
            Image.fromarray(grey).save(jpeg, "JPEG", quality=QUALITY)
            entry = zipfile.ZipInfo(f"{LABELS[label]}/{name.removeprefix('phantom/')}.jpg")  # the same bytes every time
            archive.writestr(entry, jpeg.getvalue())


def draw_chunk(start: int, size: int) -> LabelledImages:
    """`CHUNK` training phantoms from index `start` on, from the cache if possible."""
    file = _file(start, size)
    if file.is_file():
        with np.load(file, allow_pickle=False) as kept:
            return LabelledImages(
                kept["grey"], kept["labels"], tuple(kept["groups"].tolist()), tuple(kept["names"].tolist())
            )
    first = VISITOR_SEEDS + start
    images = phantom_images(range(first, first + CHUNK), size)
    if start < MOST_KEPT:
        _keep(images, file)
    return images


def _draw(starts: list[int], size: int, workers: int) -> Iterator[LabelledImages]:
    if workers < 2 or len(starts) < 2:
        yield from (draw_chunk(start, size) for start in starts)
        return
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        yield from pool.map(draw_chunk, starts, [size] * len(starts))


def _file(start: int, size: int) -> Path:
    return cache_folder() / f"{size}-{VISITOR_SEEDS + start}.npz"


def _keep(images: LabelledImages, file: Path) -> None:
    """Write a cache file, whole or not at all; if the disk is full, the next run has to draw again."""
    try:
        file.parent.mkdir(mode=0o700, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=file.parent, delete=False) as stream:
            np.savez(stream, grey=images.grey, labels=images.labels, groups=images.groups, names=images.names)
        Path(stream.name).replace(file)
    except OSError:
        return


if __name__ == "__main__":
    write_shipped(phantom_images(range(VISITOR_SEEDS, VISITOR_SEEDS + SHIPPED_COUNT), SHIPPED_SIZE))
