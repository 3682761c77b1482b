"""A bundle's folder as an object ready to answer: every file checked against the card before it is used."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from xray_model.cards import CARD_FILE, ModelCard
from xray_model.errors import InvalidBundle
from xray_model.runtime import Runtime

WEIGHTS = Path(__file__).resolve().parent.parent / "weights"
MODEL_FILE = "model.tflite"
LFS_POINTER = b"version https://git-lfs.github.com/spec"
FETCH = "Clone the repository again, or copy the bundle's folder from a release."


@dataclass(frozen=True, eq=False)
class Bundle:
    """A verified bundle. `hash` is the first 12 hex digits of the SHA-256 of `model.tflite`."""

    folder: Path
    card: ModelCard
    runtime: Runtime

    @property
    def name(self) -> str:
        """The folder's name, such as `mobilenet-kermany-v1`."""
        return self.card.name

    @property
    def hash(self) -> str:
        """What to quote beside a result, with name and version."""
        return self.card.files[MODEL_FILE][:12]


def list_bundles(folder: Path = WEIGHTS) -> list[str]:
    """Names of the bundles in `folder`, the lowest version first, the default one last."""
    names = [path.parent.name for path in folder.glob(f"*/{CARD_FILE}")]
    return sorted(names, key=lambda name: (_version(name), name))


def load_bundle(name: str | Path | None = None, threads: int | None = None) -> Bundle:
    """Verify and open a bundle: a name in `weights/`, a folder, or the newest bundle without a name.

    threads: of the network, all cores without it. Raises `InvalidBundle` with what is missing or damaged.
    """
    folder = _folder(name)
    card = ModelCard.from_file(folder / CARD_FILE)
    if MODEL_FILE not in card.files:
        raise InvalidBundle(f"{folder.name}: card.json lists no {MODEL_FILE}. {FETCH}")
    for file_name, expected in card.files.items():
        verify_file(folder / file_name, expected)
    runtime = Runtime(folder / MODEL_FILE, threads)
    if runtime.input_size != card.input_size:
        raise InvalidBundle(
            f"{folder.name}: the network takes {runtime.input_size} pixels, its card says {card.input_size}. {FETCH}"
        )
    return Bundle(folder, card, runtime)


def verify_file(path: Path, sha256: str) -> None:
    """Raise `InvalidBundle` unless the file is there, whole, no Git LFS pointer and has this SHA-256."""
    label = f"{path.parent.name}/{path.name}"
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InvalidBundle(f"{label} is missing. {FETCH}") from error
    if data.startswith(LFS_POINTER):
        raise InvalidBundle(f"{label} is a Git LFS pointer, not the file itself. Run `git lfs pull`. {FETCH}")
    if hashlib.sha256(data).hexdigest() != sha256:
        raise InvalidBundle(f"{label} is damaged or cut off ({len(data):,} bytes, wrong SHA-256). {FETCH}")


def _folder(name: str | Path | None) -> Path:
    if name is None:
        names = list_bundles()
        if not names:
            raise InvalidBundle(f"No bundle in {WEIGHTS.name}/. {FETCH}")
        return WEIGHTS / names[-1]
    folder = Path(name)
    return folder if folder.is_dir() else WEIGHTS / folder.name


def _version(name: str) -> int:
    found = re.search(r"-v(\d+)$", name)
    return int(found.group(1)) if found else 0
