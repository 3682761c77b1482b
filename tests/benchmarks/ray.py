"""`predict --engine ray` beside the threads of one process, on the same machine and the same 2,000 films, in turns."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr
from functools import partial
from pathlib import Path

import xray_model
from tests.benchmarks.corpus import copies
from tests.benchmarks.timing import race, ratio
from tests.support.places import ROOT
from xray_model.cli import main

FILMS, ROUNDS, MESSAGES = 2000, 3, 100_000
THREADS, CLUSTER = "threads", "cluster"
MILLION, MACHINES = 1_000_000, (1, 4, 16, 64)


def measure_ray(bundle: xray_model.Bundle, files: list[Path]) -> dict[str, object]:
    """Images a second each way, a cluster's own start, and how many rows a second one command can take."""
    with tempfile.TemporaryDirectory() as place, _cluster() as address:
        folder, tables = copies(files, FILMS, Path(place) / "films"), {}
        contestants: dict[str, Callable[[], object]] = {}
        for name, more in ((THREADS, ()), (CLUSTER, ("--engine", "ray", "--address", address))):
            tables[name] = Path(place) / f"{name}.csv"
            contestants[name] = partial(_predict, folder, "--csv", tables[name], "--bundle", bundle.folder, *more)
        rounds = race(contestants, ROUNDS, warm_calls=0)
        assert tables[THREADS].read_bytes() == tables[CLUSTER].read_bytes()
        taken = _rows_taken(address)
    seconds = {name: sorted(times)[ROUNDS // 2] for name, times in rounds.items()}
    return {
        "films": FILMS,
        "images_per_second": {name: round(FILMS / one, 1) for name, one in seconds.items()},
        "time_ratio": ratio(rounds, CLUSTER, THREADS),
        "own_cluster_seconds": round(_process(files[0], "--engine", "ray") - _process(files[0]), 1),
        "rows_taken_per_second": taken,
    }


@contextmanager
def _cluster() -> Iterator[str]:
    """A cluster of this machine, with all its cores; its address."""
    from ray.cluster_utils import Cluster

    import xray_model.cluster  # noqa: F401 - before Ray, whose usage statistics it switches off

    head = {"num_cpus": os.cpu_count(), "object_store_memory": 2**27, "include_dashboard": False}
    running = Cluster(initialize_head=True, head_node_args=head)
    try:
        yield running.address
    finally:
        running.shutdown()


def _predict(*arguments: object) -> None:
    with redirect_stderr(io.StringIO()):
        assert main(["predict", *map(str, arguments)]) == 0


def _process(*arguments: object) -> float:
    """Seconds that the command takes for one film, with the interpreter's start."""
    start = time.perf_counter()
    command = [sys.executable, "-m", "xray_model", "predict", *map(str, arguments)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return time.perf_counter() - start


def _rows_taken(address: str) -> int:
    """Rows a second that one command gets from processes that have nothing to compute."""
    from xray_model.cluster.connection import connected
    from xray_model.cluster.spread import spread

    row = {"file": "f" * 60, "status": "ok", "message": "m" * 120}
    with connected(address):
        list(spread(str, range(64)))  # starts the processes
        start = time.perf_counter()
        assert len(list(spread(row.get, ["message"] * MESSAGES))) == MESSAGES
        return round(MESSAGES / (time.perf_counter() - start))


def duration(figures: dict, machines: int) -> str:
    """How long a million films take on so many machines like the measured one, or what the command alone can take."""
    rate = min(machines * figures["images_per_second"][CLUSTER], figures["rows_taken_per_second"])
    minutes = MILLION / rate / 60
    return f"{minutes / 60:.1f} h" if minutes >= 60 else f"{minutes:.0f} min"


def rows(figures: dict) -> list[tuple[str, str, str]]:
    """Lines of the table."""
    rates = figures["images_per_second"]
    return [
        (f"`predict` on {figures['films']:,} films, threads of one process", f"{rates[THREADS]:.0f} images/s", ""),
        (
            "… `--engine ray` on a cluster of the same cores",
            f"{rates[CLUSTER]:.0f} images/s: x {figures['time_ratio']:.2f} the time",
            "≤ x 1.10",
        ),
        ("… starting and stopping a cluster of its own", f"{figures['own_cluster_seconds']} s more", ""),
        ("rows that one command can take", f"{figures['rows_taken_per_second']:,} a second", ""),
        *(
            (f"a million films on {n} such machine{'s' * (n > 1)}, computed", duration(figures, n), "")
            for n in MACHINES
        ),
    ]
