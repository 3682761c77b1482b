"""A folder of images and the command line, for the tests of `xray-lab`."""

from __future__ import annotations

import csv
import functools
import io
import subprocess
import sys
from pathlib import Path

from PIL import Image

from tests.support.pictures import saved
from tests.support.server import ROOT
from xray_model.cli import main
from xray_model.phantoms import draw_phantom

IMAGES = ("b.png", "a.PNG", "deep/c.jpg", "deep/deeper/a.tif", "deep/deeper/b.webp")


def write_images(folder: Path) -> Path:
    """Five images at three depths, three files that are not images, and files that must be skipped."""
    for seed, name in enumerate(IMAGES):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(image(seed, name.rpartition(".")[2].lower()))
    (folder / "deep" / "cut.png").write_bytes(image(0, "png")[:500])
    (folder / "empty.bmp").write_bytes(b"")
    for name in ("notes.txt", ".hidden.png", "._b.png", ".cache/d.png"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(b"not for the table")
    return folder


@functools.cache
def image(seed: int, ending: str) -> bytes:
    """The bytes of a small phantom."""
    return saved(Image.fromarray(draw_phantom(seed, size=96).pixels), Image.registered_extensions()[f".{ending}"])


def predict(capsys, *arguments: object) -> tuple[int, list[dict[str, str]], str]:
    """(exit code, rows, standard error) of `predict` in this process."""
    code = main(["predict", *map(str, arguments)])
    printed = capsys.readouterr()
    return code, list(csv.DictReader(io.StringIO(printed.out))), printed.err


def process(*arguments: object, **options) -> subprocess.Popen:
    """`python -m xray_model` in another process, with pipes."""
    command = [sys.executable, "-m", "xray_model", *map(str, arguments)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)
