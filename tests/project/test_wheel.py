"""The wheel, installed away from the repository: the library, the commands and the app work."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import urllib.request
import venv
from pathlib import Path

import numpy as np
import pytest

from tests.support.pictures import saved
from tests.support.places import ROOT
from tests.support.server import free_port, wait_for
from xray_model import __version__
from xray_model.phantoms import draw_phantom

WHEEL = os.environ.get("XRAY_WHEEL")  # the one that is about to be released
PIP = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
LIBRARY = """
import xray_model
from xray_model.bundles.card_text import render_model_card
from xray_model.bundles.folders import WEIGHTS
from xray_model.datasets.phantom_sets import SETS
print(xray_model.__file__)
print(WEIGHTS)
print(*(of.file if of.file.is_file() else None for of in SETS.values()))
card = xray_model.load_bundle().card
print(xray_model.__version__)
print(card.name, len(render_model_card(card)) > 5000)
"""
DECODER = """
from pathlib import Path
from xray_model.imaging.sandbox import decode_apart
print(decode_apart(Path("phantom.png").read_bytes()).pixels.shape)
"""
SETTINGS = """
import sys
from streamlit import config
config._main_script_path = sys.argv[1]
for name in ("server.maxUploadSize", "client.showErrorDetails", "theme.dark.primaryColor"):
    print(config.get_option(name))
"""
HOME = """
import sys
from pathlib import Path
from streamlit.testing.v1 import AppTest
sys.path.insert(0, str(Path(sys.argv[1]).parent))
page = AppTest.from_file(sys.argv[1], default_timeout=30).run()
print(page.title[0].value, len(page.error), len(page.exception))
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    """The programs of a new environment with the wheel; its dependencies come from the current environment."""
    folder = tmp_path_factory.mktemp("wheel")
    if WHEEL:
        shutil.copy(WHEEL, folder)
    else:
        build = ["wheel", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", folder, ROOT]
        subprocess.run([*PIP, *build], check=True)
    venv.create(folder / "venv", symlinks=True)
    programs = folder / "venv" / "bin"
    (wheel,) = folder.glob("*.whl")
    install = ["--python", programs / "python", "install", "--no-deps", "--no-index", wheel]
    subprocess.run([*PIP, *install], check=True)
    (inner,) = (folder / "venv").glob("lib/python*/site-packages")
    (inner / "outer.pth").write_text(str(Path(np.__file__).parents[1]), encoding="utf-8")
    return programs


@pytest.fixture
def run(installed, tmp_path):
    """`run(program, arguments…)` -> the lines that it prints, in an empty folder."""

    def run(program: str, *arguments: object) -> list[str]:
        command = [installed / program, *map(str, arguments)]
        done = subprocess.run(command, cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    return run


def environment() -> dict[str, str]:
    """This process's environment variables, without any that lead to the repository or configure Streamlit."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "STREAMLIT_", "XRAY_"))}


def test_the_library_has_all_it_needs(installed, run):
    inside = str(installed.parent)
    package, weights, phantoms, version, bundle = run("python", "-c", LIBRARY)
    assert package.startswith(inside)
    assert weights.startswith(inside)
    assert all(file.startswith(inside) for file in phantoms.split())
    assert version == run("xray-lab", "--version")[0].split()[1] == __version__
    assert bundle.startswith("mobilenetv2-kermany-v")
    assert bundle.endswith(" True"), "the card's template is there"


def test_the_command_line_answers(run, tmp_path):
    (tmp_path / "phantom.png").write_bytes(saved(draw_phantom(3).pixels))
    header, row = run("xray-lab", "predict", "phantom.png")
    assert header.startswith("file,status,probability,")
    assert row.startswith("phantom.png,ok,0.")
    shape = draw_phantom(3).pixels.shape
    assert run("python", "-c", DECODER) == [str(shape)], "the decoder's own process starts as well"


def test_the_app_opens_with_its_settings(installed, run, tmp_path):
    port = free_port()
    command = [installed / "xray-lab", "app", "--port", str(port)]
    with (tmp_path / "log").open("wb") as log:
        server = subprocess.Popen(
            command, cwd=tmp_path, env=environment() | {"STREAMLIT_SERVER_HEADLESS": "true"}, stdout=log, stderr=log
        )
    try:
        wait_for(lambda: server.poll() is not None or answer(port, "/_stcore/health") == b"ok", "the app")
        assert server.poll() is None, (tmp_path / "log").read_text()
        assert b"<title>Streamlit</title>" in answer(port, "/")
        assert answer(port, "/analyze") == answer(port, "/")
    finally:
        server.send_signal(signal.SIGINT)
        assert server.wait(10) == 0
    (script,) = installed.parent.glob("lib/python*/site-packages/xray_model/_app/app.py")
    assert run("python", "-c", SETTINGS, script) == ["64", "none", "#7CC4F0"]
    assert run("python", "-c", HOME, script) == ["Pneumonia on chest radiographs 0 0"]


def answer(port: int, path: str) -> bytes:
    """The server's response; empty while it does not listen."""
    try:
        with urllib.request.urlopen(f"http://localhost:{port}{path}", timeout=5) as response:
            return response.read()
    except OSError:
        return b""
