"""Phantoms to train on, any number: the first ship, those beyond are drawn once on a machine and kept."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from xray_model.datasets.labelled_images import LabelledImages, concatenate, phantom_images
from xray_model.datasets.shipped_phantoms import FIRST_SEED, shipped_phantoms

# Trials and samples use the seeds below both. The bundled model learned from the first range, so a visitor's
# run draws from the second: before and after are then compared on phantoms that neither has seen.
TRAINING_SEEDS, VISITOR_SEEDS = 10_000, FIRST_SEED
CHUNK = 50  # phantoms in a file
WORKERS = 2
MOST_KEPT = 3000  # phantoms of one size; those beyond are drawn each time


def cache_folder() -> Path:
    """Where drawn phantoms are kept until the machine clears its temporary files."""
    return Path(tempfile.gettempdir()) / "xray-phantoms"


def training_phantoms(
    count: int, size: int, *, workers: int = WORKERS, advance: Callable[[int, int], None] | None = None
) -> LabelledImages:
    """The first `count` training phantoms at `size` pixels, half NORMAL.

    workers: processes that draw what is neither shipped nor kept yet; 1 draws in this one. advance: is told (drawn, in
    all) after each chunk.
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


def draw_chunk(start: int, size: int) -> LabelledImages:
    """`CHUNK` training phantoms from the `start`-th on, from the file when there is one."""
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
    """Write the file, whole or not at all; a full disk costs the next run time, not this one."""
    try:
        file.parent.mkdir(mode=0o700, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=file.parent, delete=False) as stream:
            np.savez(stream, grey=images.grey, labels=images.labels, groups=images.groups, names=images.names)
        Path(stream.name).replace(file)
    except OSError:
        return
