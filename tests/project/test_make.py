"""`make app` on a machine that lacks something says what is missing, and how to get it."""

from __future__ import annotations

import ast
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import grimp
import pytest

from tests import conftest
from tests.support import chromium
from tests.support.places import ROOT

SOUND = """
case "$*" in
  *install*) exit "$INSTALLS" ;;
  *xray_model*) echo "started: $*" ;;
  *print*) echo 3.12 ;;
  --version) echo "Python 3.12.4" ;;
esac
"""
OLD = 'if [ "$1" = --version ]; then echo "Python 3.9.2"; else exit 1; fi'
EXTRAS = {"fastapi", "pydantic", "uvicorn", "prometheus_client", "ray", "fsspec"}
PACKAGE_OF = {  # import name -> what it is installed as, or comes with
    "ai_edge_litert": "ai-edge-litert",
    "cv2": "opencv-python-headless",
    "gdcm": "python-gdcm",
    "lazy_loader": "lazy-loader",
    "pandas": "streamlit",
    "PIL": "pillow",
    "starlette": "streamlit",
    "tensorflow": "tensorflow-cpu",
}


def program(path: Path, script: str) -> Path:
    """An executable shell script."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def tools(tmp_path) -> Path:
    """A folder for PATH with basic Unix programs, without Python."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("uname", "rm", "sh", "touch", "mkdir"):
        (folder / name).symlink_to(shutil.which(name))
    return folder


def make_venv(tools: Path, folder: Path, wanted: str = "") -> subprocess.CompletedProcess[str]:
    command = ["sh", ROOT / ".ci" / "make_venv.sh", folder, wanted]
    return subprocess.run(command, env={"PATH": str(tools)}, capture_output=True, text=True, check=False)


def test_no_python_says_how_to_get_one(tools, tmp_path):
    done = make_venv(tools, tmp_path / "venv")
    assert done.returncode == 1
    assert "Python 3.11, 3.12 or 3.13 was not found (python3 is: not there)." in done.stderr
    assert "apt-get install python3 python3-venv" in done.stderr
    assert "brew install python@3.12" in done.stderr


def test_a_wrong_version_is_named(tools, tmp_path):
    old = program(tools / "python3", OLD)
    assert "was not found (python3 is: Python 3.9.2)" in make_venv(tools, tmp_path / "venv").stderr
    said = make_venv(tools, tmp_path / "venv", str(old)).stderr
    assert f"{old} is not Python 3.11, 3.12 or 3.13 (it is: Python 3.9.2)." in said
    assert "make app PYTHON=/path/to/python3.12" in said
    assert not (tmp_path / "venv").exists()


def test_a_python_without_venv_says_what_to_install(tools, tmp_path):
    program(tools / "python3.12", f'case "$*" in *ensurepip*) exit 1 ;; esac{SOUND}')
    done = make_venv(tools, tmp_path / "venv")
    assert done.returncode == 1
    assert "Creating" in done.stdout
    assert "apt-get install python3.12-venv" in done.stderr


def make_app(tmp_path: Path, installs: int, *settings: str) -> subprocess.CompletedProcess[str]:
    """`make app` with an existing environment, whose Python only prints its arguments."""
    program(tmp_path / "venv" / "bin" / "python", SOUND)
    command = ["make", "--no-print-directory", "app", f"VENV={tmp_path / 'venv'}", *settings]
    environment = {"PATH": "/usr/bin:/bin", "INSTALLS": str(installs)}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def test_the_app_is_opened(tmp_path):
    done = make_app(tmp_path, 0)
    assert "Installing requirements.txt into" in done.stdout
    assert "Opening the app (stop it with Ctrl+C)" in done.stdout
    assert done.stdout.splitlines()[-1].rstrip() == "started: -m xray_model app --address localhost"
    assert "Installing" not in make_app(tmp_path, 0).stdout, "the second time it starts at once"
    done = make_app(tmp_path, 0, "PORT=8507", "ADDRESS=0.0.0.0")
    assert "started: -m xray_model app --address 0.0.0.0 --port 8507" in done.stdout


def test_without_a_network_it_says_what_the_installation_needs(tmp_path):
    done = make_app(tmp_path, 1)
    assert done.returncode
    assert "It needs the internet and about 3 GB of disk. Run the same command again to go on." in done.stdout
    assert "Opening" not in done.stdout


def test_without_chromium_the_tests_say_how_to_get_it(monkeypatch):
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("XRAY_CHROMIUM", raising=False)
    monkeypatch.setattr(chromium, "PLACES", ())
    monkeypatch.setattr(conftest, "BROWSER_REQUIRED", False)
    assert "apt-get install chromium" in conftest.missing()["browser"]
    monkeypatch.setattr(conftest, "BROWSER_REQUIRED", True)
    assert "browser" not in conftest.missing(), "then they run, and fail:"
    with pytest.raises(RuntimeError, match="apt-get install chromium"):
        chromium.launch(None)


def test_windows_has_two_plain_lines():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    first, second = readme.partition("```bat\n")[2].partition("```")[0].splitlines()
    assert shlex.split(first) == ["py", "-3.12", "-m", "pip", "install", "-r", "requirements.txt"]
    assert shlex.split(second) == ["py", "-3.12", "-m", "streamlit", "run", "app.py"]


def test_the_requirements_are_all_that_the_app_imports():
    """Streamlit Community Cloud needs nothing else; a lock file would take precedence over them there. What
    `serve` and a cluster need is an extra."""
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    required = {line.partition("==")[0] for line in lines if not line.startswith("#")}
    graph = grimp.build_graph("xray_model", "pages", include_external_packages=True, cache_dir=None)
    names = {name for name in graph.modules if graph.is_module_squashed(name)} | imported(ROOT / "app.py")
    needed = {name.split(".")[0] for name in names} - set(sys.stdlib_module_names) - {"xray_model", "pages"} - EXTRAS
    assert {PACKAGE_OF.get(name, name) for name in needed} <= required
    assert not [name for name in ("uv.lock", "Pipfile", "environment.yml", "poetry.lock") if (ROOT / name).exists()]


def imported(script: Path) -> set[str]:
    """The modules that a script outside any package imports."""
    nodes = list(ast.walk(ast.parse(script.read_text(encoding="utf-8"))))
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return plain | {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module}
