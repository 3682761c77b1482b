"""The check for known vulnerabilities in CI: a finding fails, and a missing answer is reported as such."""

from __future__ import annotations

import importlib.util
from types import ModuleType

import pytest

from tests.support.server import ROOT

SOUND = {"name": "numpy", "version": "1", "vulns": []}
FOUND = {"name": "pillow", "version": "9", "vulns": [{"id": "CVE-1", "fix_versions": ["10"]}]}
SKIPPED = {"name": "wrapt", "skip_reason": "no answer from the service"}


@pytest.fixture
def audit(monkeypatch) -> ModuleType:
    spec = importlib.util.spec_from_file_location("audit", ROOT / ".ci" / "audit.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "installed", lambda: "")
    return module


@pytest.mark.parametrize(
    ("packages", "code", "said"),
    [
        ([SOUND, SKIPPED], 0, "0 findings in 1 of 2 installed packages looked up."),
        ([SOUND, FOUND], 1, "pillow 9: CVE-1, fixed in 10"),
    ],
)
def test_a_finding_fails(audit, monkeypatch, capsys, packages, code, said):
    monkeypatch.setattr(audit, "audit", lambda _: (packages, ""))
    with pytest.raises(SystemExit) as caught:
        audit.main()
    assert int(caught.value.code) == code
    assert said in capsys.readouterr().out


@pytest.mark.parametrize("packages", [[], [SKIPPED]])
def test_without_an_answer_nothing_is_claimed(audit, monkeypatch, capsys, packages):
    monkeypatch.setattr(audit, "audit", lambda _: (packages, "connection refused"))
    audit.main()
    assert capsys.readouterr().out.startswith("NOT AUDITED")
