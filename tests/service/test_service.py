"""The interface for programs, asked over HTTP in a process of its own."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request
import zipfile
from http.client import HTTPConnection
from typing import Any, NamedTuple

import numpy as np
import pytest
from PIL import Image

import xray_model
from tests.support.command_line import process
from tests.support.dicom_files import dicom
from tests.support.pictures import saved
from tests.support.server import free_port, wait_for
from xray_model.bundles.bundle import load_bundle
from xray_model.cli import main
from xray_model.inference.analyze import analyze
from xray_model.notice import NOTICE

TOKEN = "open sesame"
PERSON = "Doe^Jane"


class Reply(NamedTuple):
    status: int
    body: bytes
    headers: Any

    def json(self) -> dict[str, Any]:
        return json.loads(self.body)


class Service:
    """A served bundle. `folder`: its home, working folder and place for temporary files."""

    def __init__(self, folder) -> None:
        self.url, self.folder, self.log = f"http://127.0.0.1:{(port := free_port())}", folder, folder / "log"
        environment = os.environ | {"XRAY_TOKEN": TOKEN, "HOME": str(folder), "TMPDIR": str(folder)}
        self.process = process("serve", "--port", port, env=environment)
        threading.Thread(target=self._keep, daemon=True).start()
        self.lines: list[str] = []
        wait_for(lambda: self._answers(), f"the service; it printed {self.lines}")

    def ask(self, path: str, body: bytes | None = None, token: str | None = TOKEN, **headers: str) -> Reply:
        headers |= {"Authorization": f"Bearer {token}"} if token else {}
        request = urllib.request.Request(self.url + path, body, headers)
        try:
            with urllib.request.urlopen(request, timeout=60) as reply:
                return Reply(reply.status, reply.read(), reply.headers)
        except urllib.error.HTTPError as error:
            return Reply(error.code, error.read(), error.headers)

    def _keep(self) -> None:
        for line in self.process.stderr:
            self.lines.append(line)

    def _answers(self) -> bool:
        try:
            return self.ask("/health", token=None).status == 200
        except urllib.error.URLError:
            return False


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    running = Service(tmp_path_factory.mktemp("service"))
    yield running
    running.process.kill()
    running.process.wait()


def film(seed: int, finding: str | None = None, size: int = 256) -> bytes:
    return saved(Image.fromarray(xray_model.draw_phantom(seed, finding, size=size).pixels), "PNG")


def test_an_answer_is_that_of_the_library(service):
    data = film(3, "lobar")
    reply = service.ask("/predict?prevalence=0.2&operating_point=rule-in", data)
    bundle = load_bundle()
    analysis = analyze(xray_model.Radiograph.from_bytes(data), bundle, "rule-in", 0.2)
    found, prediction = reply.json(), analysis.prediction
    assert reply.status == 200
    assert (found["status"], found["notice"]) == ("ok", NOTICE)
    assert found["probability"] == pytest.approx(prediction.probability, abs=1e-4)
    assert found["decision"]["label"] == prediction.label
    assert found["decision"]["threshold"] == pytest.approx(prediction.threshold)
    assert (found["decision"]["operating_point"], found["prevalence"]) == ("rule-in", 0.2)
    assert found["decision"]["ppv"] > found["prevalence"]
    grid = np.array(found["evidence"]["logits"])
    assert grid.shape == (found["evidence"]["rows"], found["evidence"]["columns"]) == analysis.evidence.shape
    np.testing.assert_allclose(grid, analysis.evidence, atol=2e-3)
    assert found["gate"]["passed"]
    assert found["gate"]["unusual"] == pytest.approx(analysis.admission.unusual, abs=1e-3)
    assert found["model"] == {"name": bundle.name, "hash": bundle.hash}
    assert found["image"] == {"format": "PNG", "width": 256, "height": 256, "bit_depth": 8}


def test_dicom_is_answered_and_nothing_of_its_header_comes_back(service):
    pixels = xray_model.draw_phantom(3, "lobar", size=256).pixels.astype(np.uint16) * 16
    reply = service.ask("/predict", dicom(pixels, PatientName=PERSON))
    assert reply.json()["image"]["format"] == "DICOM"
    plain = service.ask("/predict", film(3, "lobar")).json()
    assert reply.json()["probability"] == pytest.approx(plain["probability"], abs=0.02)
    assert PERSON.encode() not in reply.body


def test_what_is_no_chest_is_refused_with_the_gates_reason(service):
    noise = np.random.default_rng(0).integers(0, 256, (256, 256), np.uint8)
    found = service.ask("/predict", saved(Image.fromarray(noise), "PNG")).json()
    assert (found["status"], found["probability"], found["gate"]["passed"]) == ("refused", None, False)
    assert "upright frontal chest" in found["gate"]["reason"]


@pytest.mark.parametrize(
    ("path", "body", "status", "words"),
    [
        ("/predict", b"", 422, "body is empty"),
        ("/predict", b"not a picture", 422, "not an image of a supported kind"),
        ("/predict?prevalence=2", b"x", 422, "less than or equal to 0.9"),
        ("/predict?operating_point=best", b"x", 422, "expected one of screening, balanced, rule-in"),
        ("/evaluate", b"not an archive", 422, "archive"),
        ("/elsewhere", b"x", 404, "Not Found"),
        ("/health", b"x", 405, "Method Not Allowed"),
    ],
)
def test_what_is_wrong_is_said(service, path, body, status, words):
    reply = service.ask(path, body)
    assert reply.status == status
    assert words in reply.json()["message"]


def test_too_large_a_file_is_refused_before_it_is_read(service):
    with pytest.MonkeyPatch.context() as patch:
        send = HTTPConnection.send
        patch.setattr(HTTPConnection, "send", lambda own, data: send(own, data) if data.startswith(b"POST") else None)
        reply = service.ask("/predict", b"x", **{"Content-Length": str(65 * 2**20)})
    assert reply.status == 413
    assert "larger than 64 MB" in reply.json()["message"]


def test_only_who_knows_the_token_is_answered(service):
    for path, body in (("/predict", film(1)), ("/evaluate", b"x"), ("/metrics", None)):
        for token in (None, "guessed"):
            reply = service.ask(path, body, token)
            assert (reply.status, reply.headers["WWW-Authenticate"]) == (401, "Bearer")


def test_an_archive_is_measured_like_its_films(service):
    packed, films = io.BytesIO(), {seed: film(seed, "lobar" if seed % 2 else "none") for seed in range(12)}
    with zipfile.ZipFile(packed, "w") as archive:
        for seed, data in films.items():
            archive.writestr(f"set/{'PNEUMONIA' if seed % 2 else 'NORMAL'}/{seed}.png", data)
        archive.writestr("set/NORMAL/broken.png", b"x")
    found = service.ask("/evaluate?prevalence=0.5", packed.getvalue()).json()
    answers = {seed: service.ask("/predict", data).json() for seed, data in films.items()}
    right = [answers[seed]["decision"]["label"] == ("PNEUMONIA" if seed % 2 else "NORMAL") for seed in films]
    assert (found["images"], found["unreadable"], found["refused"]) == (13, 1, 0)
    assert found["accuracy"]["value"] == pytest.approx(np.mean(right))
    errors = [(answers[seed]["probability"] - seed % 2) ** 2 for seed in films]
    assert found["brier"]["value"] == pytest.approx(np.mean(errors), abs=1e-4)
    assert found["hash"] == answers[0]["model"]["hash"]


def test_figures_count_what_happened_and_the_log_names_nothing(service):
    service.ask(f"/predict?operating_point={PERSON}", dicom(np.zeros((64, 64), np.uint16), PatientName=PERSON))
    service.ask(f"/{PERSON}")
    text = service.ask("/metrics").body.decode()
    assert 'xray_requests_total{endpoint="/predict",status="200"}' in text
    assert 'xray_answers_total{outcome="refused"}' in text
    assert "xray_request_seconds_bucket" in text
    assert "process_resident_memory_bytes" in text
    logged = "".join(service.lines)
    assert PERSON not in logged
    assert "Traceback" not in logged
    events = [json.loads(line) for line in service.lines if line.startswith("{")]
    assert {"request"} == {event["event"] for event in events}
    assert {"endpoint", "status", "milliseconds"} <= events[0].keys()


def test_its_description_holds(service, tmp_path):
    """Requests made up from the description get no answer that it does not give. Random bytes are no radiograph, so
    that a well-formed request may still be refused."""
    checked = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli", "run", f"{service.url}/openapi.json"),
            *("--header", f"Authorization: Bearer {TOKEN}", "--exclude-checks", "positive_data_acceptance"),
            *("--max-examples", "5", "--seed", "1", "--generation-database", "none", "--no-color"),
        ],
        capture_output=True, text=True, timeout=300, cwd=tmp_path,
    )  # fmt: skip
    assert checked.returncode == 0, checked.stdout
    assert re.search(r"\d\d passed", checked.stdout), checked.stdout


def test_nothing_is_left_on_the_disk(service):
    assert list(service.folder.iterdir()) == []


def test_what_is_in_work_is_answered_before_it_stops(tmp_path):
    running, replies = Service(tmp_path), []
    data = film(3, size=2000)
    asking = [threading.Thread(target=lambda: replies.append(running.ask("/predict", data))) for _ in range(3)]
    for thread in asking:
        thread.start()
    wait_for(lambda: b"xray_in_work 0.0" not in running.ask("/metrics").body or replies, "radiographs in work")
    running.process.send_signal(signal.SIGTERM)
    for thread in asking:
        thread.join()
    assert [reply.status for reply in replies] == [200] * 3
    assert running.process.wait(30) in (0, -signal.SIGTERM)
    assert '"event": "stop"' in running.lines[-1]


def test_a_taken_port_and_a_missing_package_are_said(service, monkeypatch, capsys):
    assert main(["serve", "--port", service.url.rpartition(":")[2]]) == 2
    assert "Nothing can be served at localhost" in capsys.readouterr().err
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    assert main(["serve"]) == 3
    assert "pip install 'chest-xray-pneumonia[serve]'" in capsys.readouterr().err
