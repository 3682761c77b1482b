"""Facts beside the anatomy that give the label away: a network would learn them instead (Geirhos et al., 2020)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from xray_model.datasets.labelled_images import LabelledImages
from xray_model.evaluation.metrics import bootstrap_interval, roc_auc
from xray_model.labels import NORMAL, PNEUMONIA

TELLING = 0.7  # the interval's lower end from which a fact is called a shortcut
ENOUGH = 20  # images of each label: with fewer, the interval says nothing
HIGH = {
    "size": "{label} images are larger",
    "aspect ratio": "{label} images are wider for their height",
    "mean brightness": "{label} images are brighter",
    "sharpness": "{label} images are sharper",
}
ADVICE = {
    "size": "Bring all films to one size before they are reduced.",
    "aspect ratio": "Crop or pad all films to one shape.",
    "mean brightness": "Disease can brighten a film, too: look at the exposure of both labels.",
    "sharpness": "Look at where the files of each label come from.",
    "file format": "Write all files anew in one format, from the originals.",
}


@dataclass(frozen=True)
class Shortcut:
    """How well a fact alone tells the label. auc: 0.5 to 1, whichever way it points; interval: its 95 % interval."""

    fact: str
    auc: float
    interval: tuple[float, float]
    sentence: str

    @property
    def is_telling(self) -> bool:
        """True when it tells the label better than chance and harmless differences could."""
        return self.interval[0] >= TELLING


def judge_facts(images: LabelledImages) -> tuple[Shortcut, ...]:
    """Every known fact, the most telling first; empty with fewer than `ENOUGH` images of a label."""
    ill = images.labels > 0
    if min(ill.sum(), (~ill).sum()) < ENOUGH:
        return ()
    found = [_judged(name, values, images) for name, values in facts_of(images).items()]
    return tuple(sorted(found, key=lambda one: -one.auc))


def facts_of(images: LabelledImages) -> dict[str, NDArray[np.float64]]:
    """(n,) values by fact; those of files only where the images come from files."""
    found = {
        "mean brightness": images.grey.mean(axis=(1, 2), dtype=np.float64),
        "sharpness": np.array([_sharpness(grey) for grey in images.grey]),
    }
    if len(images.files) == len(images):
        wide, high = (np.array([getattr(file, side) for file in images.files], float) for side in ("width", "height"))
        found |= {"size": wide * high, "aspect ratio": wide / high, "file format": _format_score(images)}
    return found


def _sharpness(grey: NDArray[np.uint8]) -> float:
    """Variance of the Laplacian (Pech-Pacheco et al., ICPR 2000), by that of the grey levels: contrast is no detail."""
    levels = grey.astype(np.float32)
    return float(cv2.Laplacian(levels, cv2.CV_32F).var() / max(1.0, levels.var()))


def _format_score(images: LabelledImages) -> NDArray[np.float64]:
    """The share of PNEUMONIA among the images of the same format."""
    formats, ill = [file.format for file in images.files], (images.labels > 0).astype(float)
    count, sick = Counter(formats), Counter(dict.fromkeys(formats, 0.0))
    for name, one in zip(formats, ill, strict=True):
        sick[name] += one
    base = float(ill.mean())
    # With two images' worth of the usual share, as a rare format says little
    return np.array([(sick[name] + 2 * base) / (count[name] + 2) for name in formats])


def _judged(fact: str, values: NDArray[np.float64], images: LabelledImages) -> Shortcut:
    auc = roc_auc(values, images.labels)
    sign = 1 if auc >= 0.5 else -1
    low, high = bootstrap_interval(roc_auc, sign * values, images.labels, images.groups)
    auc = max(auc, 1 - auc)
    return Shortcut(fact, auc, (min(low, auc), max(high, auc)), _sentence(fact, auc, low, sign, images))


def _sentence(fact: str, auc: float, low: float, sign: int, images: LabelledImages) -> str:
    if low < TELLING:
        return "It does not give the label away."
    if fact == "file format":
        usual = [_usual_format(images, label) for label in (1, 0)]
        what = f"Most {PNEUMONIA} files are {usual[0]}, most {NORMAL} files {usual[1]}"
    else:
        what = HIGH[fact].format(label=PNEUMONIA if sign > 0 else NORMAL)
    return f"{what}: this alone tells the label in {auc:.0%} of pairs. {ADVICE[fact]}"


def _usual_format(images: LabelledImages, label: int) -> str:
    of_label = [file.format for file, one in zip(images.files, images.labels, strict=True) if one == label]
    return Counter(of_label).most_common(1)[0][0]
