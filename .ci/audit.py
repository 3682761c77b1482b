"""Known vulnerabilities of the installed packages, from PyPI's service: fails on findings, not without a network."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

MODULE = [sys.executable, "-m"]


def installed() -> str:
    """What pip would list as requirements: neither pip itself nor setuptools, which the app does not use."""
    return subprocess.run([*MODULE, "pip", "freeze"], capture_output=True, text=True, check=True).stdout


def audit(requirements: str) -> tuple[list[dict], str]:
    """(packages as pip-audit reports them, its error text); no packages when the service cannot be reached."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "requirements.txt"
        file.write_text(requirements, encoding="utf-8")
        options = [
            "--no-deps",
            "--disable-pip",
            "--progress-spinner=off",
            "--timeout=5",
            "--format=json",
            "-r",
            str(file),
        ]
        run = subprocess.run([*MODULE, "pip_audit", *options], capture_output=True, text=True, check=False)
    try:
        return json.loads(run.stdout)["dependencies"], run.stderr
    except ValueError:
        return [], run.stderr


def main() -> None:
    """Print one line for each finding and one that says how many packages were looked up."""
    packages, errors = audit(installed())
    audited = [package for package in packages if "vulns" in package]
    findings = [(package, found) for package in audited for found in package["vulns"]]
    for package, found in findings:
        fixed = ", ".join(found.get("fix_versions", [])) or "no version yet"
        sys.stdout.write(f"{package['name']} {package['version']}: {found['id']}, fixed in {fixed}\n")
    if not audited:
        reasons = [package["skip_reason"] for package in packages] or errors.strip().splitlines()[-1:] or ["no answer"]
        sys.stdout.write(f"NOT AUDITED: the vulnerability service does not answer here ({reasons[-1][:160]}).\n")
        return
    sys.stdout.write(f"{len(findings)} findings in {len(audited)} of {len(packages)} installed packages looked up.\n")
    raise SystemExit(bool(findings))


if __name__ == "__main__":
    main()
