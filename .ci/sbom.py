"""What a release is made of, as CycloneDX: the packages that it runs on, and the weights that it ships."""

import hashlib
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import Distribution, distribution
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from cyclonedx.contrib.hash.factories import HashTypeFactory
from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output import make_outputter
from cyclonedx.schema import OutputFormat, SchemaVersion
from packageurl import PackageURL
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LICENCE = LicenseFactory().make_from_string(PROJECT["license"])


def sbom(version: str, wheel: Path, epoch: int) -> str:
    """CycloneDX 1.6 as JSON; the same for the same wheel, date (seconds since 1970) and installed packages."""
    bom = Bom(serial_number=uuid5(NAMESPACE_URL, sha256(wheel)))
    bom.metadata.timestamp = datetime.fromtimestamp(epoch, UTC)
    root = _component(PROJECT["name"], version, ComponentType.APPLICATION, sha256(wheel))
    root.licenses.add(LICENCE)
    bom.metadata.component = root
    found: dict[str, Component] = {}
    needed = [_add(bom, found, name) for name in _needs(PROJECT["dependencies"], set())]
    bom.register_dependency(root, [*needed, *(_add_weights(bom, path) for path in weights())])
    return make_outputter(bom, OutputFormat.JSON, SchemaVersion.V1_6).output_as_string(indent=2) + "\n"


def weights() -> list[Path]:
    """The networks in `weights/`."""
    return sorted(path for path in (ROOT / "weights").glob("*/*") if path.suffix in (".keras", ".tflite"))


def sha256(path: Path) -> str:
    """A file's SHA-256, in hexadecimal digits."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _add(bom: Bom, found: dict[str, Component], requirement: Requirement) -> Component:
    """Add an installed package with all that it needs, once."""
    name = canonicalize_name(requirement.name)
    if name not in found:
        installed = distribution(name)
        found[name] = _component(name, installed.version, ComponentType.LIBRARY)
        found[name].licenses.update(_licences(installed))
        bom.components.add(found[name])
        needed = [_add(bom, found, other) for other in _needs(installed.requires or [], requirement.extras)]
        bom.register_dependency(found[name], needed)
    return found[name]


def _needs(lines: list[str], extras: set[str]) -> Iterator[Requirement]:
    """Those of a package's requirements that hold on this machine, with these of its extras."""
    for requirement in map(Requirement, lines):
        marker = requirement.marker
        if marker is None or any(marker.evaluate({"extra": extra}) for extra in ("", *extras)):
            yield requirement


def _licences(installed: Distribution) -> list:
    """As the package states them: an SPDX expression, else its short words, else its classifiers."""
    told = installed.metadata
    words = told["License-Expression"] or told["License"] or ""
    if not words or "\n" in words:  # a whole text
        words = " AND ".join(
            line.split(" :: ")[-1] for line in told.get_all("Classifier") or [] if line.startswith("License :: OSI")
        )
    return [LicenseFactory().make_from_string(words)] if words else []


def _add_weights(bom: Bom, path: Path) -> Component:
    name = path.relative_to(ROOT).as_posix()
    component = Component(name=name, type=ComponentType.MACHINE_LEARNING_MODEL, bom_ref=name)
    component.hashes.add(HashTypeFactory().from_hashlib_alg("sha256", sha256(path)))
    component.licenses.add(LICENCE)
    bom.components.add(component)
    return component


def _component(name: str, version: str, kind: ComponentType, digest: str = "") -> Component:
    purl = PackageURL("pypi", name=name, version=version)
    component = Component(name=name, version=version, type=kind, purl=purl, bom_ref=purl.to_string())
    if digest:
        component.hashes.add(HashTypeFactory().from_hashlib_alg("sha256", digest))
    return component
