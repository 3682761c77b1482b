"""The interface for programs with eight clients, beside `analyze` on pictures that are in memory already.

`analyze` is called as programs do, one picture after the other, with networks that use all cores; and as the command
line does, in a thread a core. HTTP, the clients and decoding have the same cores.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from statistics import median

import xray_model
from tests.benchmarks.folder import a_thread_a_core, one_by_one
from tests.benchmarks.names import CLIENTS
from tests.benchmarks.timing import race, ratio
from tests.support.server import ROOT, free_port, wait_for

IMAGES, ROUNDS = 400, 5
CORES, SINGLE = "cores", "single"


def measure_service(bundle: xray_model.Bundle, corpus: dict[str, list[Path]]) -> dict[str, object]:
    """Images a second over HTTP for each form of file, and of `analyze` on pictures in memory, in turns."""
    size = bundle.card.input_size
    some = [xray_model.Radiograph.from_file(path).squeezed(size) for path in next(iter(corpus.values()))]
    pictures = [some[number % len(some)] for number in range(IMAGES)]
    with _served(bundle) as port:
        contestants = {CORES: a_thread_a_core(bundle, pictures), SINGLE: one_by_one(bundle, pictures)}
        contestants |= {form: _asked(port, files) for form, files in corpus.items()}
        rounds = race(contestants, ROUNDS, warm_calls=0)
    return {
        "images_per_second": {name: round(IMAGES / median(times), 1) for name, times in rounds.items()},
        "share_of_analyze": {form: ratio(rounds, SINGLE, form) for form in corpus},
        "share_of_batch_rate": {form: ratio(rounds, CORES, form) for form in corpus},
    }


def _asked(port: int, files: list[Path]) -> Callable[[], None]:
    bodies = [files[number % len(files)].read_bytes() for number in range(IMAGES)]
    return lambda: _ask_all(port, bodies)


@contextmanager
def _served(bundle: xray_model.Bundle):
    port = free_port()
    command = [sys.executable, "-m", "xray_model", "serve", "--port", str(port), "--bundle", bundle.name]
    server = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)

    def answers() -> bool:
        try:
            _ask(HTTPConnection("127.0.0.1", port), "GET", "/health")
        except OSError:
            return False
        return True

    try:
        wait_for(answers, "the service")
        yield port
    finally:
        server.kill()
        server.wait()


def _ask_all(port: int, bodies: list[bytes]) -> None:
    def client(number: int) -> None:
        connection = HTTPConnection("127.0.0.1", port)
        for body in bodies[number::CLIENTS]:
            _ask(connection, "POST", "/predict", body)
        connection.close()

    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(client, range(CLIENTS)))


def _ask(connection: HTTPConnection, method: str, path: str, body: bytes | None = None) -> None:
    connection.request(method, path, body)
    reply = connection.getresponse()
    reply.read()
    assert reply.status == 200
