"""The container installs and starts the app as the README does, without rights, and knows whether it is well."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
import tomllib
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from tests.support.server import ROOT
from xray_model.cli import build_parser
from xray_model.jobs.center import GRACE
from xray_model.jobs.runs_folder import RUNS_DIR

README, DOCKERFILE, COMPOSE = (
    (ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "Dockerfile", "compose.yaml")
)
LINES = DOCKERFILE.replace("\\\n", " ").splitlines()
PORT, RUNS = "8501", "/runs"


def steps(word: str) -> list[str]:
    """The arguments of every such instruction."""
    return [line.removeprefix(word).strip() for line in LINES if line.startswith(f"{word} ")]


def test_it_installs_what_the_readme_installs_on_a_supported_python():
    installed = re.findall(r"pip install (?:--no-deps )?(-r \S+|\.)", " ".join(steps("RUN")))
    assert installed == ["-r requirements.txt", "."]
    for step in installed:
        assert f"pip install {step}\n" in README
    [image] = steps("FROM")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["requires-python"] == ">=3.11,<3.14"
    assert image in [f"python:3.{minor}-slim" for minor in (11, 12, 13)]
    version = image.removeprefix("python:").removesuffix("-slim")
    assert f"/python{version}/site-packages/tensorflow/include" in DOCKERFILE, "TensorFlow's headers stay in the image"


def test_it_starts_the_command_of_the_readme_without_rights():
    program, *arguments = json.loads(steps("CMD")[-1])
    assert f"{program} {arguments[0]}\n" in README
    assert build_parser().parse_args(arguments).port == int(PORT)
    assert steps("EXPOSE") == [PORT]
    assert int(steps("USER")[-1]) > 0
    assert f"--to app:{PORT}" in COMPOSE
    assert "read_only: true" in COMPOSE
    assert "cap_drop: [ALL]" in COMPOSE


def test_runs_lie_in_a_volume_that_outlives_it_and_have_time_to_be_left_there():
    assert f'"runs:{RUNS}"' in COMPOSE
    assert f"{RUNS_DIR}: {RUNS}\n" in COMPOSE
    assert f"install --directory --owner xray {RUNS}" in " ".join(steps("RUN")), "its owner"
    [seconds] = re.findall(r"stop_grace_period: (\d+)s", COMPOSE)
    assert int(seconds) > 2 * GRACE
    assert GRACE < 10, "what plain Docker gives"


def test_all_that_a_wheel_is_built_from_reaches_the_image():
    kept = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    build = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wheel = build["tool"]["hatch"]["build"]["targets"]["wheel"]
    needed = {
        *wheel["packages"],
        *wheel["force-include"],
        "pyproject.toml",
        "requirements.txt",
        build["project"]["readme"],
    }
    assert {f"!{path}" for path in needed} <= set(kept)
    assert "*" in kept


@pytest.mark.parametrize(("answer", "code"), [(200, 0), (503, 1)])
def test_its_health_check_asks_the_server(answer, code):
    asked = []

    class Server(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(answer)
            self.end_headers()

        def log_message(self, *_):
            pass

    command = json.loads(re.search(r"HEALTHCHECK .*?CMD (\[.*?\])\n", DOCKERFILE, re.S).group(1))
    with HTTPServer(("localhost", 0), Server) as server:
        threading.Thread(target=server.handle_request).start()
        here = [part.replace(f":{PORT}/", f":{server.server_port}/") for part in command[1:]]
        assert subprocess.run([sys.executable, *here], capture_output=True, timeout=60).returncode == code
    assert asked == ["/_stcore/health"]
