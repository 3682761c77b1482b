"""The folders of bundles: listing them, finding one by name, and verifying its files; no network is opened here."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from xray_model.bundles.card import CARD_FILE, LFS_POINTER
from xray_model.errors import InvalidBundle

PACKAGE = Path(__file__).resolve().parents[1]
WEIGHTS = (PACKAGE if (PACKAGE / "weights").is_dir() else PACKAGE.parent) / "weights"  # in a wheel, or in a checkout
FETCH = "Clone the repository again, or copy the bundle's folder from a release."


def list_bundles() -> list[str]:
    """Names of the bundles in `weights/`, the lowest version first, the default one last."""
    names = [path.parent.name for path in WEIGHTS.glob(f"*/{CARD_FILE}")]
    return sorted(names, key=lambda name: (version_of(name), name))


def find_bundle(name: str | Path | None = None) -> Path:
    """The folder of a bundle in `weights/` by its name, any folder by its path, the newest bundle without either.

    Raises `InvalidBundle`, which names the bundles that there are.
    """
    names = list_bundles()
    if name is None:
        if not names:
            raise InvalidBundle(f"There is no bundle in {WEIGHTS.name}/. {FETCH}")
        return WEIGHTS / names[-1]
    for folder in (WEIGHTS / name, Path(name)) if Path(name).name == str(name) else (Path(name),):
        if folder.is_dir():
            return folder
    known = ", ".join(names) or "none"
    raise InvalidBundle(f"There is no bundle {str(name)!r}. In {WEIGHTS.name}/: {known}; or give a bundle's folder.")


def verify_file(path: Path, sha256: str) -> None:
    """Raise `InvalidBundle` unless the file is there, whole, no Git LFS pointer and has this SHA-256."""
    label = f"{path.parent.name}/{path.name}"
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InvalidBundle(f"{label} is missing or cannot be read. {FETCH}") from error
    if data.startswith(LFS_POINTER.encode()):
        raise InvalidBundle(f"{label} is a Git LFS pointer, not the file itself. Run `git lfs pull`. {FETCH}")
    if hashlib.sha256(data).hexdigest() != sha256:
        raise InvalidBundle(f"{label} is damaged or cut off ({len(data):,} bytes, wrong SHA-256). {FETCH}")


def version_of(name: str) -> int:
    """The number at the end of a bundle's name, such as 9 of `mobilenetv2-kermany-v9`; 0 without one."""
    found = re.search(r"-v(\d+)$", name)
    return int(found.group(1)) if found else 0
