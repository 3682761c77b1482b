"""A release is what it says: the same bytes each time, every package and network named, one version everywhere."""

from __future__ import annotations

import hashlib
import json
import re
import sys
import tarfile
from importlib.metadata import version
from pathlib import Path
from types import ModuleType

import pytest
import yaml
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from tests.support.places import ROOT
from xray_model import __version__
from xray_model.bundles.bundle import load_bundle

COMMIT, EPOCH = "0" * 40, 1_800_000_000


@pytest.fixture(scope="module")
def release() -> ModuleType:
    sys.path.insert(0, str(ROOT / ".ci"))
    import release

    yield release
    sys.path.remove(str(ROOT / ".ci"))


@pytest.fixture(scope="module")
def dist(release, tmp_path_factory) -> Path:
    """A release of the working tree."""
    folder = tmp_path_factory.mktemp("dist")
    release.write(folder, COMMIT, EPOCH)
    return folder


def only(folder: Path, pattern: str) -> Path:
    (found,) = folder.glob(pattern)
    return found


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_the_source_archive_gives_the_same_wheel_again(release, dist, tmp_path):
    with tarfile.open(only(dist, "*.tar.gz")) as archive:
        archive.extractall(tmp_path, filter="data")
    release.build(only(tmp_path, "*"), tmp_path / "again", EPOCH, "wheel")
    wheel = only(dist, "*.whl")
    assert digest(only(tmp_path / "again", "*.whl")) == digest(wheel)
    assert wheel.name == f"chest_xray_pneumonia-{__version__}-py3-none-any.whl"


def test_the_sbom_names_packages_as_they_are_installed_and_networks_as_the_card_does(dist):
    text = only(dist, "*.cdx.json").read_text(encoding="utf-8")
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    bom = json.loads(text)
    found = {component["name"]: component for component in bom["components"]}
    for name in ("streamlit", "keras", "numpy", "h5py"):  # that last one because Keras needs it
        assert found[name]["version"] == version(name)
        assert found[name]["licenses"]
    assert {"pytest", "ruff", "ray", "fastapi", "cyclonedx-python-lib"} & set(found) == set(), "tools and extras"
    assert bom["metadata"]["component"]["hashes"][0]["content"] == digest(only(dist, "*.whl"))
    bundle = load_bundle()
    for file in ("model.keras", "model.tflite"):
        network = found[f"weights/{bundle.name}/{file}"]
        assert network["type"] == "machine-learning-model"
        assert network["hashes"][0]["content"] == bundle.card.files[file]


def test_the_provenance_names_commit_files_and_networks(dist):
    statement = json.loads((dist / "provenance.json").read_text(encoding="utf-8"))
    assert {one["name"]: one["digest"]["sha256"] for one in statement["subject"]} == {
        path.name: digest(path) for path in dist.iterdir() if path.name not in ("provenance.json", "SHA256SUMS")
    }
    source, *networks = statement["predicate"]["buildDefinition"]["resolvedDependencies"]
    assert source["digest"] == {"gitCommit": COMMIT}
    assert len(networks) == 4
    assert str(ROOT) not in json.dumps(statement)
    sums = (line.split("  ") for line in (dist / "SHA256SUMS").read_text(encoding="utf-8").splitlines())
    assert {name: told for told, name in sums} == {
        path.name: digest(path) for path in dist.iterdir() if path.name != "SHA256SUMS"
    }


def test_what_would_make_a_release_untrue_is_refused(release, monkeypatch):
    assert release.refusal("", f"v{__version__}") == ""
    assert "Commit or remove them:\n M app.py" in release.refusal(" M app.py", "")
    assert f"tag it v{__version__}" in release.refusal("", "v9.9.9")
    monkeypatch.setattr(release, "VERSION", "9.9.9")
    assert "no heading '## 9.9.9 - " in release.refusal("", "")


def test_changelog_and_citation_tell_the_same_version_and_date(release):
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    headings = re.findall(r"^## (.*)$", text, re.M)
    (newest, date), *_ = released = release.RELEASED.findall(text)
    assert len(released) == len(headings) - 1
    assert headings[0] == "Unreleased"
    assert newest == __version__
    numbers = [tuple(map(int, number.split("."))) for number, _ in released]
    assert numbers == sorted(numbers, reverse=True)
    parts = set(re.findall(r"^### (.*)$", text, re.M))
    assert parts <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert (citation["version"], str(citation["date-released"])) == (newest, date)


def test_the_workflow_tests_the_wheel_that_it_attests_and_publishes():
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "release.yml").read_text(encoding="utf-8"))
    steps = [step.get("uses", step.get("run", "")) for step in workflow["jobs"]["release"]["steps"]]
    order = ["make release", "XRAY_WHEEL=", "actions/attest-build-provenance@", "gh release create"]
    places = [next(i for i, step in enumerate(steps) if step.startswith(start)) for start in order]
    assert places == sorted(places)
