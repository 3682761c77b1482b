"""A folder of 500 images through the command line, beside what answering them costs once they are decoded.

Every answer takes the gate, the lung finder and the network. The rate to compare with is that of `analyze` on pictures
that are in memory, at the size to which the decoder reduces them, on all cores: one thread with networks of its own for
each, or one thread whose networks use all cores, whichever is faster.
"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stderr
from pathlib import Path

import numpy as np

import xray_model
from tests.benchmarks.contestants import THREADS
from tests.benchmarks.corpus import copies
from tests.benchmarks.timing import race, ratio
from xray_model.cli import main

IMAGES = 500
ROUNDS = 7
A_THREAD_A_CORE = "`analyze` on decoded pictures, a thread a core"
ONE_BY_ONE = "`analyze` on decoded pictures, one by one"


def measure_folder(bundle: xray_model.Bundle, corpus: dict[str, list[Path]]) -> dict[str, object]:
    """Images a second of the command line for each form of file, and of `analyze` on pictures that are in memory."""
    size = bundle.card.input_size
    some = [xray_model.Radiograph.from_file(path).squeezed(size) for path in next(iter(corpus.values()))]
    pictures = [some[number % len(some)] for number in range(IMAGES)]
    with tempfile.TemporaryDirectory() as place:
        folders = {form: copies(files, IMAGES, Path(place) / form) for form, files in corpus.items()}
        rounds = race(
            {A_THREAD_A_CORE: a_thread_a_core(bundle, pictures), ONE_BY_ONE: one_by_one(bundle, pictures)}
            | {form: command_line(folder, Path(place) / "out.csv") for form, folder in folders.items()},
            rounds=ROUNDS,
            warm_calls=0,
        )
    faster = min((A_THREAD_A_CORE, ONE_BY_ONE), key=lambda name: float(np.median(rounds[name])))
    return {
        "images": IMAGES,
        "images_per_second": {name: round(IMAGES / float(np.median(times)), 1) for name, times in rounds.items()},
        "share_of_batch_rate": {form: ratio(rounds, faster, form) for form in corpus},
        "batch_rate": faster,
    }


def command_line(folder: Path, table: Path) -> Callable[[], None]:
    """`python -m xray_model predict FOLDER --csv OUT`, without the interpreter's start."""

    def run() -> None:
        with redirect_stderr(io.StringIO()):
            assert main(["predict", str(folder), "--csv", str(table)]) == 0
        assert len(table.read_text(encoding="utf-8").splitlines()) == IMAGES + 1

    return run


def a_thread_a_core(bundle: xray_model.Bundle, pictures: list[xray_model.Radiograph]) -> Callable[[], None]:
    """As the command line does it, but for files, decoders and table."""
    siblings = [bundle.sibling() for _ in range(THREADS)]

    def work(number: int) -> int:
        return sum(1 for _ in xray_model.analyze_many(pictures[number::THREADS], siblings[number]))

    def run() -> None:
        with ThreadPoolExecutor(THREADS) as pool:
            assert sum(pool.map(work, range(THREADS))) == len(pictures)

    return run


def one_by_one(bundle: xray_model.Bundle, pictures: list[xray_model.Radiograph]) -> Callable[[], None]:
    """As a page does it: one thread, and networks that use all cores."""
    return lambda: all(xray_model.analyze_many(pictures, bundle))
