"""Radiographs to measure with: phantoms, drawn once and kept in a folder that git ignores."""

from __future__ import annotations

import shutil
from pathlib import Path

from PIL import Image

import xray_model

CORPUS = Path(__file__).with_name("corpus")
PHANTOMS = 40
# pixels: about what public collections of radiographs have, half of it, and the form of the training data
LARGE, SMALL, TINY = 1024, 512, 224
FORMS = {f"{TINY} px JPEG": (TINY, "jpg"), f"{SMALL} px PNG": (SMALL, "png"), f"{LARGE} px JPEG": (LARGE, "jpg")}


def draw_corpus() -> dict[str, list[Path]]:
    """Form -> files; what is there already is not drawn again."""
    CORPUS.mkdir(exist_ok=True)
    files: dict[str, list[Path]] = {form: [] for form in FORMS}
    for seed in range(PHANTOMS):
        paths = {form: CORPUS / f"phantom-{seed:03d}-{size}.{suffix}" for form, (size, suffix) in FORMS.items()}
        if not all(path.is_file() for path in paths.values()):
            _draw(seed, paths)
        for form, path in paths.items():
            files[form].append(path)
    return files


def copies(files: list[Path], count: int, folder: Path) -> Path:
    """A folder with `count` files, the given ones again and again."""
    folder.mkdir(parents=True)
    for number in range(count):
        source = files[number % len(files)]
        shutil.copyfile(source, folder / f"{number:04d}{source.suffix}")
    return folder


def _draw(seed: int, paths: dict[str, Path]) -> None:
    large = Image.fromarray(xray_model.draw_phantom(seed, size=LARGE).pixels)
    for form, (size, _) in FORMS.items():
        large.resize((size, size), Image.Resampling.BOX).save(paths[form], quality=92)
