"""The documents are true: the README's Python and commands work, and figures, paths and links are right."""

import json
import re
import shlex
import tomllib
from pathlib import Path

import pytest
from PIL import Image

import xray_model
from tests.benchmarks.__main__ import DOCUMENT, MARKS
from tests.benchmarks.report import table
from tests.support.model_table import model_table
from tests.support.server import ROOT
from xray_model.cli import build_parser

README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCUMENTS = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "ARCHITECTURE.md")]
DOCUMENTS += sorted((ROOT / "docs").rglob("*.md"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
RESULTS = sorted((ROOT / "tests" / "benchmarks" / "results").glob("*.json"))


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.S)


def test_its_python_runs(tmp_path, monkeypatch, capsys):
    Image.fromarray(xray_model.draw_phantom(1).pixels).save(tmp_path / "chest.png")
    monkeypatch.chdir(tmp_path)
    [code] = blocks("python")
    names: dict = {}
    exec(code, names)  # our own README
    label, probability = capsys.readouterr().out.split()
    assert label in xray_model.LABELS
    assert 0 <= float(probability) <= 1
    overlay = re.search(r"`(analysis\.heatmap\.overlay[^`]+)`", README).group(1)
    assert eval(overlay, names).shape[2] == 3


def test_its_commands_exist():
    lines = [line for block in blocks("sh") for line in block.splitlines()]
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for line in lines:
        command, *arguments = shlex.split(line)
        if command == "make":
            assert re.search(rf"^{arguments[0]}:", makefile, re.M), line
        elif command == "pip":
            assert arguments == ["install", "."], line
        else:
            assert command in PROJECT["scripts"], line
            build_parser().parse_args(arguments)


def links(document: Path) -> list[str]:
    """Targets of the relative links outside code, without what follows a #."""
    text = re.sub(r"```.*?```|`[^`\n]*`", "", document.read_text(encoding="utf-8"), flags=re.S)
    targets = re.findall(r"\]\(([^)\s]+)\)", text)
    return [target.partition("#")[0] for target in targets if not re.match(r"[a-z]+:|#", target)]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(document):
    assert [target for target in links(document) if not (document.parent / target).exists()] == []


def test_paths_that_contributors_are_sent_to_exist():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    paths = re.findall(r"`((?:xray_model|pages|tests|docs|weights|\.ci)/[^` ]*)`", text)
    assert paths
    assert [path for path in paths if not any(ROOT.glob(path.rstrip("/")))] == []


def test_the_workflow_runs_what_ci_runs_on_every_supported_python():
    script, workflow = ((ROOT / path).read_text(encoding="utf-8") for path in (".ci/run", ".github/workflows/ci.yml"))
    commands = re.findall(r"^make [\w-]+", script, re.M)
    assert re.findall(r"^ +- run: (make [\w-]+)", workflow, re.M) == commands != []
    for setting in re.findall(r"\b(XRAY_REQUIRE\w+)=(\w+)", script):
        assert '{}: "{}"'.format(*setting) in workflow
    pythons = re.search(r"python: \[(.*)\]", workflow).group(1)
    assert PROJECT["requires-python"] == ">=3.11,<3.14"
    assert json.loads(f"[{pythons}]") == ["3.11", "3.12", "3.13"]
    assert "permissions:\n  contents: read\n" in workflow


def test_the_citation_is_of_this_version_and_names_the_data():
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {xray_model.__version__}\n" in citation
    assert f"\nlicense: {PROJECT['license']}\n" in citation
    for doi in re.findall(r"\(https://doi\.org/([^)]+)\)", README):
        assert f"doi: {doi}\n" in citation


def test_the_benchmarks_are_the_newest_results():
    text = DOCUMENT.read_text(encoding="utf-8")
    quoted = re.search("{}\n(.*?)\n{}".format(*MARKS), text, re.S)
    assert quoted, "docs/benchmarks.md quotes the table of `make bench` between its two marks"
    assert quoted.group(1).strip() == table(json.loads(RESULTS[-1].read_text(encoding="utf-8")))


def test_its_figures_are_the_default_bundle_s():
    bundle = xray_model.load_bundle()
    quoted = re.search(r"<!-- model -->\n(.*?)\n<!-- /model -->", README, re.S)
    assert quoted, "the README quotes tests/support/model_table.py between <!-- model --> and <!-- /model -->"
    assert quoted.group(1).strip() == model_table(bundle.card)
    assert f"weights/{bundle.name}/MODEL_CARD.md" in README
    figures = bundle.card.evaluation["validation"]
    assert f"On {figures['n']} held-out radiographs of {figures['patients']} children" in " ".join(README.split())
