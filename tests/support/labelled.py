"""Phantoms as labelled image files, in class folders and in archives."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from tests.support.pictures import saved
from xray_model.labels import NORMAL, PNEUMONIA
from xray_model.phantoms import draw_phantom

FINDINGS = {NORMAL: "none", PNEUMONIA: "lobar"}


@cache
def film(label: str, seed: int, size: int = 96) -> bytes:
    """The PNG file of a phantom."""
    return saved(draw_phantom(seed, FINDINGS[label], size=size).pixels)


def class_files(count: int, names: str = "{label}/{label}{seed}.png", first: int = 0) -> dict[str, bytes]:
    """Path -> content of `count` phantoms of each label. names: a template with `label` and `seed`."""
    seeds = range(first, first + count)
    return {names.format(label=label, seed=seed): film(label, seed) for label in FINDINGS for seed in seeds}


def save_class_folders(root: Path, count: int) -> Path:
    """Write `class_files` below `root`."""
    for name, data in class_files(count).items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)
    return root


def zipped(files: Mapping[str | zipfile.ZipInfo, bytes]) -> bytes:
    """A ZIP archive of files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()
