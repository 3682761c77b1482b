"""A release in `dist/`: wheel, source archive, SBOM, provenance, checksums (docs/releases.md), by `make release`."""

import json
import os
import platform
import re
import runpy
import subprocess
import sys
from importlib.metadata import version as version_of
from pathlib import Path

from sbom import PROJECT, ROOT, sbom, sha256, weights

VERSION = runpy.run_path(str(ROOT / "xray_model" / "__init__.py"))["__version__"]
STEM = f"{PROJECT['name'].replace('-', '_')}-{VERSION}"
RELEASED = re.compile(r"^## (\d+\.\d+\.\d+) - (\d{4}-\d\d-\d\d)$", re.M)  # headings of CHANGELOG.md


def main() -> None:
    """Refuse what would make a release untrue, then write it and say what it is."""
    commit, epoch = git("rev-parse", "HEAD"), int(git("log", "-1", "--format=%ct"))
    if reason := refusal(git("status", "--porcelain"), os.environ.get("RELEASE_TAG", "")):
        raise SystemExit(f"No release: {reason}")
    out = ROOT / "dist"
    out.mkdir(exist_ok=True)
    for old in out.iterdir():
        old.unlink()
    write(out, commit, epoch)
    sys.stdout.write((out / "SHA256SUMS").read_text(encoding="utf-8"))


def refusal(changes: str, tag: str) -> str:
    """Why there can be no release, or nothing. changes: what git says has changed. tag: that is released, if any."""
    released = dict(RELEASED.findall((ROOT / "CHANGELOG.md").read_text(encoding="utf-8")))
    if changes:
        return f"it would name a commit without these changes. Commit or remove them:\n{changes}"
    if VERSION not in released:
        return f"CHANGELOG.md has no heading '## {VERSION} - YEAR-MONTH-DAY'."
    if tag and tag != f"v{VERSION}":
        return f"the tag is {tag}, but xray_model/__init__.py says {VERSION}: tag it v{VERSION}."
    return ""


def write(out: Path, commit: str, epoch: int) -> None:
    """Write all files of the release. commit, epoch: that it is made from, and its date (seconds since 1970)."""
    build(ROOT, out, epoch)
    wheel = next(out.glob("*.whl"))
    (out / f"{STEM}.cdx.json").write_text(sbom(VERSION, wheel, epoch), encoding="utf-8")
    statement = provenance(sorted(out.iterdir()), commit, epoch)
    (out / "provenance.json").write_text(json.dumps(statement, indent=2) + "\n", encoding="utf-8")
    sums = "".join(f"{sha256(path)}  {path.name}\n" for path in sorted(out.iterdir()))
    (out / "SHA256SUMS").write_text(sums, encoding="utf-8")


def build(source: Path, out: Path, epoch: int, *targets: str) -> None:
    """Build wheel and source archive, or the `targets`: the same bytes for the same source and date."""
    options = [option for target in targets or ("wheel", "sdist") for option in ("--target", target)]
    command = [sys.executable, "-m", "hatchling", "build", "--directory", str(out), *options]
    environment = os.environ | {"SOURCE_DATE_EPOCH": str(epoch)}
    subprocess.run(command, cwd=source, env=environment, check=True, stdout=subprocess.DEVNULL)


def provenance(subjects: list[Path], commit: str, epoch: int) -> dict:
    """Where the files come from, in the form of SLSA 1.0; unsigned: the workflow's attestation is the signed one."""
    run = [os.environ.get(name, "") for name in ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID")]
    repository = {"uri": f"git+{run[0]}/{run[1]}@{commit}"} if all(run) else {}
    source = {"name": "source", **repository, "digest": {"gitCommit": commit}}
    networks = [{"name": path.relative_to(ROOT).as_posix(), "digest": {"sha256": sha256(path)}} for path in weights()]
    tools = {"python": platform.python_version(), "hatchling": version_of("hatchling"), "SOURCE_DATE_EPOCH": epoch}
    return {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": path.name, "digest": {"sha256": sha256(path)}} for path in subjects],
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {
            "buildDefinition": {
                "buildType": "https://packaging.python.org/en/latest/specifications/pyproject-toml/",
                "externalParameters": {"version": VERSION, "command": "make release"},
                "internalParameters": tools,
                "resolvedDependencies": [source, *networks],
            },
            "runDetails": {
                "builder": {"id": "{}/{}/actions/runs/{}".format(*run) if all(run) else "urn:local:make-release"}
            },
        },
    }


def git(*arguments: str) -> str:
    """What git prints."""
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()


if __name__ == "__main__":
    main()
