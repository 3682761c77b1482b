"""A real `streamlit run app.py` in another process, for tests and benchmarks."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from xray_model.jobs.runs_folder import FOLDER, LEFT

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 60.0  # a loaded machine needs ten times the usual second
OPTIONS = ("--server.headless=true", "--server.address=127.0.0.1", "--server.fileWatcherType=none")

# Python imports a module of this name at every start. On a signal, it writes down which modules the server has loaded.
SPY = """
import json, os, signal, sys
def dump(*_):
    with open({path!r} + ".part", "w") as file:
        json.dump(sorted(sys.modules), file)
    os.replace({path!r} + ".part", {path!r})
signal.signal(signal.SIGUSR1, dump)
"""


@dataclass(frozen=True)
class Server:
    """A server that answers at `url`; `folder` is its home and holds its log."""

    url: str
    folder: Path
    process: subprocess.Popen[bytes]

    def log(self) -> str:
        """Everything that it has printed so far."""
        return (self.folder / "server.log").read_text(encoding="utf-8", errors="replace")

    def loaded_modules(self) -> set[str]:
        """The current keys of its `sys.modules`."""
        path = self.folder / "modules.json"
        path.unlink(missing_ok=True)
        self.process.send_signal(signal.SIGUSR1)
        wait_for(path.exists, "the server's list of modules")
        return set(json.loads(path.read_text(encoding="utf-8")))

    def mapped_files(self) -> set[str]:
        """Files mapped into its memory, including shared libraries (Linux only)."""
        lines = Path(f"/proc/{self.process.pid}/maps").read_text(encoding="utf-8").splitlines()
        return {line.split(maxsplit=5)[5] for line in lines if "/" in line}

    def resident_memory(self) -> int:
        """Bytes of physical memory (Linux only)."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="utf-8")
        return int(re.findall(r"VmRSS:\s+(\d+) kB", status)[0]) * 1024


@contextmanager
def running_server(
    folder: Path,
    *options: str,
    root: Path = ROOT,
    settings: dict[str, str] | None = None,
    entering: Sequence[str] = (),
) -> Iterator[Server]:
    """Start `root`/app.py on a free port, with `folder` as an empty home; wait until it answers, stop it at the end.

    settings: environment variables of the app, such as XRAY_BOOTH. entering: what to put before the command.
    """
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    command = [
        *entering,
        sys.executable,
        "-m",
        "streamlit",
        "run",
        "app.py",
        f"--server.port={port}",
        *OPTIONS,
        *options,
    ]
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            command,
            cwd=root,
            env=_environment(folder) | (settings or {}),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    server = Server(f"http://127.0.0.1:{port}", folder, process)
    try:
        wait_for(lambda: _answers(server), f"{server.url}; it printed:\n{server.log()}")
        yield server
    finally:
        process.terminate()
        try:
            process.wait(10)
            assert unfinished_business(folder) == []
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def unfinished_business(folder: Path) -> list[Path]:
    """Folders of runs that a server, ended by SIGTERM, has neither removed nor left in good order."""
    return [path for path in folder.glob(f"{FOLDER}*") if not (path / LEFT).is_file()]


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(condition, what: str, seconds: float = START_SECONDS, pause: float = 0.01) -> None:
    """Return as soon as `condition()` is true; raise a `TimeoutError` that names `what` if it takes too long.

    pause: seconds between two looks.
    """
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"{seconds:.0f} s were not enough for {what}")
        time.sleep(pause)


def _answers(server: Server) -> bool:
    if server.process.poll() is not None:
        raise RuntimeError(f"The server stopped with code {server.process.returncode}:\n{server.log()}")
    try:
        with urllib.request.urlopen(f"{server.url}/_stcore/health", timeout=5) as answer:
            return answer.status == 200
    except OSError:
        return False


def _environment(folder: Path) -> dict[str, str]:
    """This process' environment, but `folder` as home and for temporary files, and no settings of the user's own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("STREAMLIT_", "XRAY_"))}
    (folder / "sitecustomize.py").write_text(SPY.format(path=str(folder / "modules.json")), encoding="utf-8")
    return kept | dict.fromkeys(("HOME", "TMPDIR", "PYTHONPATH"), str(folder))
