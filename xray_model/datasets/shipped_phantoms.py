"""The first training phantoms, drawn beforehand: drawing 600 takes longer than training a head on them.

`python -m xray_model.datasets.shipped_phantoms` draws them again, after a change of the phantoms.
"""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image

from xray_model.datasets.labelled_images import LabelledImages, phantom_images
from xray_model.imaging.radiograph import resize_grey
from xray_model.labels import LABELS

FILE = Path(__file__).parents[1] / "phantoms" / "shipped.zip"
COUNT, SIZE, QUALITY = 600, 224, 90  # JPEG, as the radiographs of children are that the bundled model learned from
FIRST_SEED = 100_000  # a visitor's run draws from here on: no bundled model has learned from these


def shipped_phantoms(count: int, size: int) -> LabelledImages | None:
    """The first `count` of them (at most `COUNT`) at `size` pixels; None where they are too small, or not there."""
    if size > SIZE or not FILE.is_file() or count < 1:
        return None
    with zipfile.ZipFile(FILE) as archive:
        names = archive.namelist()[:count]
        pictures = [np.asarray(Image.open(io.BytesIO(archive.read(name)))) for name in names]
    labels, files = zip(*(name.removesuffix(".jpg").split("/") for name in names), strict=True)
    return LabelledImages(
        np.stack([resize_grey(picture, size) for picture in pictures]),
        np.array([LABELS.index(label) for label in labels], np.int8),
        tuple(f"phantom{file.partition('-')[0]}" for file in files),
        tuple(f"phantom/{file}" for file in files),
    )


def write_shipped(images: LabelledImages, file: Path = FILE) -> None:
    """Write phantoms at `SIZE` pixels as `LABEL/seed-finding.jpg`, in a ZIP of class folders."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for grey, label, name in zip(images.grey, images.labels, images.names, strict=True):
            jpeg = io.BytesIO()
            Image.fromarray(grey).save(jpeg, "JPEG", quality=QUALITY)
            entry = zipfile.ZipInfo(f"{LABELS[label]}/{name.removeprefix('phantom/')}.jpg")  # the same bytes every time
            archive.writestr(entry, jpeg.getvalue())


if __name__ == "__main__":
    write_shipped(phantom_images(range(FIRST_SEED, FIRST_SEED + COUNT), SIZE))
