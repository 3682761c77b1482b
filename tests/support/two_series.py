"""Films of two series, recognised by their names."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from xray_model.phantoms import draw_phantom

PATIENTS = {
    ("NORMAL", "none"): ("IM-{}-0001", "NORMAL2-IM-{}-0001"),
    ("PNEUMONIA", "lobar"): ("person{}_bacteria_1", "person1{:0>3}_virus_1"),
}
EACH = 6  # films of a label in a series


def save_two_series(root: Path) -> None:
    """Write phantoms as films of two series, in class folders, with names as in the Kermany data set."""
    for (label, finding), names in PATIENTS.items():
        (root / label).mkdir()
        for seed in range(EACH):
            for series, name in enumerate(names):
                film = draw_phantom(100 * series + seed, finding, size=96)
                Image.fromarray(film.pixels).save(root / label / f"{name.format(seed + 1)}.png")
