"""What the README says is tried out: its Python, its commands and its figures."""

import json
import re
import shlex

import pytest
from PIL import Image

import xray_model
from tests.benchmarks.report import table
from tests.support.model_table import model_table
from tests.support.server import ROOT
from xray_model.cli import build_parser

README = (ROOT / "README.md").read_text(encoding="utf-8")
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
        else:
            assert arguments[:2] == ["-m", "xray_model"], line
            build_parser().parse_args(arguments[2:])


@pytest.mark.parametrize("path", sorted(set(re.findall(r"\]\(([^):]+)\)", README))))
def test_its_links_lead_somewhere(path):
    assert (ROOT / path).exists()


def test_its_figures_are_the_newest_results():
    quoted = re.search(r"<!-- bench -->\n(.*?)\n<!-- /bench -->", README, re.S)
    assert quoted, "the README quotes the table of `make bench` between <!-- bench --> and <!-- /bench -->"
    assert quoted.group(1).strip() == table(json.loads(RESULTS[-1].read_text(encoding="utf-8")))


def test_its_figures_are_the_default_bundle_s():
    bundle = xray_model.load_bundle()
    quoted = re.search(r"<!-- model -->\n(.*?)\n<!-- /model -->", README, re.S)
    assert quoted, "the README quotes tests/support/model_table.py between <!-- model --> and <!-- /model -->"
    assert quoted.group(1).strip() == model_table(bundle.card)
    assert f"weights/{bundle.name}/MODEL_CARD.md" in README
    figures = bundle.card.evaluation["validation"]
    assert f"On {figures['n']} held-out\nradiographs of {figures['patients']} children" in README
