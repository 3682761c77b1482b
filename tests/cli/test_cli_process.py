"""`xray-lab` as a process: what it loads, and how it ends when interrupted."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from tests.support.command_line import process, write_images
from tests.support.server import ROOT
from xray_model.inference.batch import COLUMNS


@pytest.fixture
def folder(tmp_path) -> Path:
    return write_images(tmp_path / "in")


LOADED = """
import json, sys
from xray_model.cli import main
code = main(sys.argv[1:])
json.dump([code, sorted(sys.modules)], sys.stderr)
"""


def test_predict_never_imports_tensorflow(folder, tiny_bundle):
    """In another process, which also shows that only rows reach standard output."""
    command = [sys.executable, "-c", LOADED, "predict", folder, "--bundle", tiny_bundle]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    code, modules = json.loads(done.stderr[done.stderr.rindex("[0,") :])
    assert code == 0
    assert "xray_model.inference.analyze" in modules
    assert not {"tensorflow", "keras", "streamlit", "matplotlib"} & set(modules)
    assert [len(row) for row in csv.reader(io.StringIO(done.stdout))] == [len(COLUMNS)] * 8


def test_help_needs_nothing_heavy():
    command = [sys.executable, "-X", "importtime", "-m", "xray_model", "--help"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = {line.rsplit("|", 1)[1].strip() for line in done.stderr.splitlines() if "|" in line}
    assert "xray_model.cli" in loaded
    assert not {"numpy", "cv2", "PIL", "keras", "tensorflow", "tqdm"} & loaded


def test_closed_pipe_ends_quietly(folder, tiny_bundle):
    """As with `| head -1`: the reader takes one line and closes the pipe."""
    for number in range(1500):
        os.link(folder / "empty.bmp", folder / f"empty-{number:04}-{'x' * 60}.bmp")
    running = process("predict", folder, "--bundle", tiny_bundle)
    assert running.stdout.readline().strip() == ",".join(COLUMNS)
    running.stdout.close()
    err = running.stderr.read()
    assert running.wait(timeout=30) == 141
    assert "Traceback" not in err
    assert "Broken pipe" not in err
    running.stderr.close()


def test_interrupt_ends_quietly(folder, tiny_bundle, tmp_path):
    """Ctrl+C while it is working, as the first overlay on disk shows; the table so far is kept."""
    for number in range(3000):
        os.link(folder / "b.png", folder / f"b-{number:04}.png")
    listening = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)  # a shell's background jobs ignore Ctrl-C
    running = process(
        *("predict", folder, "--bundle", tiny_bundle, "--overlays", tmp_path / "out", "--csv", tmp_path / "t.csv"),
        preexec_fn=listening,
    )
    deadline = time.monotonic() + 30
    while not list(tmp_path.glob("out/*.png")) and time.monotonic() < deadline:
        time.sleep(0.05)
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=30)
    assert running.returncode == 130
    assert "Traceback" not in err
    assert (tmp_path / "t.csv").read_text().startswith(",".join(COLUMNS))


def test_another_machine_s_address_is_refused_with_a_reason():
    _, err = (running := process("app", "--address", "192.0.2.1")).communicate(timeout=30)
    assert running.returncode == 2
    assert "xray-lab: The app cannot be served at 192.0.2.1 (" in err
