"""A folder of 500 images through the command line, beside the rate of the network alone."""

from __future__ import annotations

import io
import tempfile
from contextlib import redirect_stderr
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter

import xray_model
from tests.benchmarks.contestants import THREADS
from tests.benchmarks.corpus import copies
from tests.benchmarks.timing import race, ratio
from xray_model.cli import main

IMAGES = 500
BATCH = 20  # divides IMAGES
ROUNDS = 7
ONE_BY_ONE, BATCHED = "network, one by one", f"network, batches of {BATCH}"


def measure_folder(bundle: xray_model.Bundle, corpus: dict[str, list[Path]]) -> dict[str, object]:
    """Images a second of the command line for each form of file, and of the network on pixels that are in memory."""
    some = [xray_model.Radiograph.from_file(path).grey(bundle.card.input_size) for path in next(iter(corpus.values()))]
    grey = np.stack([some[number % len(some)] for number in range(IMAGES)])
    with tempfile.TemporaryDirectory() as place:
        folders = {form: copies(files, IMAGES, Path(place) / form) for form, files in corpus.items()}
        rounds = race(
            {ONE_BY_ONE: one_by_one(bundle, grey), BATCHED: batched(bundle, grey)}
            | {form: command_line(folder, Path(place) / "out.csv") for form, folder in folders.items()},
            rounds=ROUNDS,
            warm_calls=0,
        )
    faster = min((ONE_BY_ONE, BATCHED), key=lambda name: float(np.median(rounds[name])))
    return {
        "images": IMAGES,
        "images_per_second": {name: round(IMAGES / float(np.median(times)), 1) for name, times in rounds.items()},
        "share_of_network_rate": {form: ratio(rounds, faster, form) for form in corpus},
        "network_rate": faster,
    }


def command_line(folder: Path, table: Path):
    """`python -m xray_model predict FOLDER --csv OUT`, without the interpreter's start."""

    def run() -> None:
        with redirect_stderr(io.StringIO()):
            assert main(["predict", str(folder), "--csv", str(table)]) == 0
        assert len(table.read_text(encoding="utf-8").splitlines()) == IMAGES + 1

    return run


def one_by_one(bundle: xray_model.Bundle, grey: np.ndarray):
    """The bundle's own runtime."""

    def run() -> None:
        for position in range(IMAGES):
            bundle.runtime.forward(grey[position : position + 1])

    return run


def batched(bundle: xray_model.Bundle, grey: np.ndarray):
    """The same file in an interpreter that takes several images at once."""
    interpreter = Interpreter(model_path=str(bundle.folder / "model.tflite"), num_threads=THREADS)
    source = interpreter.get_input_details()[0]["index"]
    interpreter.resize_tensor_input(source, (BATCH, *grey.shape[1:]))
    interpreter.allocate_tensors()

    def run() -> None:
        for start in range(0, IMAGES, BATCH):
            interpreter.set_tensor(source, grey[start : start + BATCH])
            interpreter.invoke()

    return run
