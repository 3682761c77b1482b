"""The ablation of the recipe: one change at a time, in short runs judged on films of another series.

The shift-aware cut leaves out a whole series of films (`datasets.kermany_series`). Every run learns from the same few
images for the same few epochs, so rows can be compared with each other and with nothing else. A short run also shows
how fast a recipe learns: what did no worse than the recipe in two epochs is compared with it again in twelve.
"""

from __future__ import annotations

import csv
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from xray_model.augmentation.policy import NONE
from xray_model.bundles.card import GATE
from xray_model.datasets.folder_reader import load_folder
from xray_model.datasets.kermany_series import has_two_series, series_of
from xray_model.datasets.labelled_images import LabelledImages, concatenate
from xray_model.datasets.phantom_sets import TRAINING_SEEDS, phantom_images
from xray_model.datasets.splitting import split_images
from xray_model.evaluation.metrics import bootstrap_interval, roc_auc
from xray_model.models.lung_finder import find_all, load_keras_finder
from xray_model.recipes.config import Phase, TrainingConfig
from xray_model.recipes.presets import RADIOGRAPH
from xray_model.training.acquisition_shift import shifted
from xray_model.training.answers import keras_answers, pooled_answers
from xray_model.training.loop import train_classifier
from xray_model.training.watch import Event, print_epoch
from xray_model.training.weights_download import check_download

LEARNED, JUDGED, SEED = 1600, 700, 5  # images: fewer steps than these would mostly show how weight averaging starts
HEAD, BODY = RADIOGRAPH.phases
SHORT, LONG = 2, 12  # epochs of fine-tuning
BASE = replace(RADIOGRAPH, phantoms=0, phases=(HEAD, replace(BODY, epochs=SHORT)))
COLUMNS = (
    "change", "auc", "auc_low", "auc_high", "shifted_auc", "shifted_low", "shifted_high", "accuracy",
    "shifted_accuracy", "seconds",
)  # fmt: skip
HELD_OUT = 0.3  # share of the patients to judge on, where file names tell no two series
MARGIN = 0.06  # around the lungs, share of their height and width
Pictures = Callable[[NDArray[np.uint8]], NDArray[np.uint8]]
CENTRAL = 0.82  # share of the side that is kept


def central(grey: NDArray[np.uint8], share: float = CENTRAL) -> NDArray[np.uint8]:
    """The middle of each picture enlarged to the whole; with a share above 1 black is added around."""
    half = share / 2
    return np.stack([cut(image, (0.5 - half, 0.5 - half, 0.5 + half, 0.5 + half)) for image in grey])


def equalised(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Each picture with every grey level as frequent as any other."""
    return np.stack([np.asarray(cv2.equalizeHist(image), np.uint8) for image in grey])


def cut(image: NDArray[np.uint8], box: tuple[float, float, float, float]) -> NDArray[np.uint8]:
    """The part of a picture (s, s) inside `box` (left, top, right, bottom, shares of the side), enlarged to (s, s)."""
    side = len(image)
    left, top, right, bottom = box
    step_x, step_y = right - left, bottom - top
    matrix = np.array([[step_x, 0, left * side + step_x / 2 - 0.5], [0, step_y, top * side + step_y / 2 - 0.5]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(image, matrix, (side, side), flags=flags), np.uint8)


def lung_framed(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Each picture cut to its lungs, with a margin; as it is where none are found."""
    framed = []
    for image, lungs in zip(grey, find_all(load_keras_finder(), grey), strict=True):
        rows, columns = np.flatnonzero(lungs.field.any(axis=1)), np.flatnonzero(lungs.field.any(axis=0))
        if not rows.size:
            framed.append(image)
            continue
        side = len(lungs.field)
        left, top, right, bottom = columns[0] / side, rows[0] / side, (columns[-1] + 1) / side, (rows[-1] + 1) / side
        x, y = MARGIN * (right - left), MARGIN * (bottom - top)
        framed.append(cut(image, (left - x, top - y, right + x, bottom + y)))
    return np.stack(framed)


@dataclass(frozen=True)
class Change:
    """One difference from `BASE`. settings: of the run. pictures: done to every image first. views: of each judged
    image, a little enlarged or reduced, whose logits are averaged. phantoms: learned from as well."""

    name: str
    settings: tuple[tuple[str, Any], ...] = ()
    pictures: Pictures | None = None
    views: tuple[float, ...] = (1.0,)
    phantoms: int = 0


def _policy(**settings: Any) -> tuple[tuple[str, Any], ...]:
    return (("augmentation", replace(BASE.augmentation, **settings)),)


def _fine_tuned(unfreeze: str = "", epochs: int = 0, **settings: Any) -> tuple[tuple[str, Any], ...]:
    """Other layers, or another length; what is not named stays `BASE`'s."""
    head, body = BASE.phases
    body = replace(body, unfreeze=unfreeze or body.unfreeze, epochs=epochs or body.epochs)
    return (("phases", (head, body)), *settings.items())


def _longer(change: Change) -> Change:
    """The same change in a run of `LONG` epochs."""
    settings = dict(change.settings)
    head, body = settings.get("phases", BASE.phases)
    settings["phases"] = (head, replace(body, epochs=LONG))
    return replace(change, name=f"{change.name}: {LONG} epochs", settings=tuple(settings.items()))


GEOMETRY = dict.fromkeys(("rotation", "width_shift", "height_shift", "zoom", "shear", "tighter", "looser"), 0)
TONE = dict.fromkeys(("brightness", "contrast", "gamma", "noise", "blur"), 0)
PLAIN = _fine_tuned("all", augmentation=NONE, lungs=GATE, dropout=0.2, weight_averaging=0.0, balanced=False)
CHANGES = (
    Change("the recipe, shortened"),
    Change("pooled over the whole picture", (("lungs", GATE),)),
    Change("framed to the lungs", pictures=lung_framed),
    Change("framed to the central 82 %", pictures=central),
    Change("histogram equalised", pictures=equalised),
    Change("no change of exposure in augmentation", _policy(**TONE)),
    Change("no change of fine and coarse detail", _policy(fine_detail=0, coarse_detail=0)),
    Change("no geometric augmentation", _policy(**GEOMETRY)),
    Change("no random borders", _policy(border=0)),
    Change("no random erasing", _policy(erasing=0)),
    Change("horizontal flip", _policy(horizontal_flip=True)),
    Change("mixup 0.2", (("mixup", 0.2),)),
    Change("dropout 0.2", (("dropout", 0.2),)),
    Change("label smoothing 0.1", (("label_smoothing", 0.1),)),
    Change("no weight averaging", (("weight_averaging", 0.0),)),
    Change("labels as they come, not balanced", (("balanced", False),)),
    Change("400 phantoms beside", phantoms=400),
    Change("128 pixels", (("input_size", 128),)),
    Change("160 pixels", (("input_size", 160),)),
    Change("224 pixels", (("input_size", 224),)),
    Change("320 pixels", (("input_size", 320),)),
    Change("backbone frozen", (("phases", (Phase("head", 3, 1e-3),)),)),
    Change("fine-tuned for four epochs, not two", _fine_tuned(epochs=4)),
    Change("whole backbone fine-tuned", _fine_tuned("all")),
    Change("MobileNet", _fine_tuned("conv_dw_3", backbone="MobileNet", last_layer="conv_pw_11_relu")),
    Change("MobileNetV2, width 0.35", (("alpha", 0.35),)),
    Change("average of three framings", views=(0.92, 1.0, 1.08)),
    Change("for comparison: a plain fine-tune, none of these choices", PLAIN),
)
# Those that were level with the recipe or ahead of it under shift, in the short runs of some bundle.
CONTENDERS = (
    "the recipe, shortened",
    "pooled over the whole picture",
    "no random erasing",
    "label smoothing 0.1",
    "no weight averaging",
    "400 phantoms beside",
    "128 pixels",
    "224 pixels",
    "whole backbone fine-tuned",
)
ROWS = (*CHANGES, *(_longer(change) for change in CHANGES if change.name in CONTENDERS))


Load = Callable[[Any, int], LabelledImages]  # of a place, at a size


def run_ablation(
    data: Path | str,
    table: Path,
    only: str = "",
    each: Callable[[Callable, Iterable], Iterator] = map,
    load: Load = load_folder,
) -> None:
    """Train every change on `data/{NORMAL,PNEUMONIA}`; rows are appended to the CSV file as they come, none twice.

    each: applies a function to items, in order, as `map` does, but where it likes. load: reads the images of `data`.
    """
    check_download(BASE)
    done = {row["change"] for row in csv.DictReader(table.open(encoding="utf-8"))} if table.exists() else set()
    left = [change for change in ROWS if change.name not in done and only in change.name]
    items = [(change, replace(BASE, **dict(change.settings))) for change in left]
    for row in each(partial(measure_change, load, data), items):
        _append(table, row)
        sys.stderr.write(f"{row['change']}: AUC {row['auc']}, shifted {row['shifted_auc']}.\n")


def measure_recipe(
    load: Load, data: Path | str, name: str, config: TrainingConfig, report: Callable[[Event], None]
) -> dict[str, str]:
    """The row of one recipe, phantoms included, called `name`. report: takes each event of its run."""
    return measure_change(load, data, (Change(name, phantoms=config.phantoms), config), report)


def write_rows(table: Path, rows: Iterable[dict[str, str]]) -> None:
    """A new table of these rows; what a row lacks stays empty."""
    with table.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def measure_change(
    load: Load, data: Path | str, item: tuple[Change, TrainingConfig], report: Callable[[Event], None] = print_epoch
) -> dict[str, str]:
    """The row of one change, with the settings that it leads to, which are trained here. report: as for a run."""
    change, config = item
    learned, judged = _parts(load, data, config.input_size)
    began = time.monotonic()
    row = _measure(change, config, learned, judged, report)
    return row | {"seconds": f"{time.monotonic() - began:.0f}"}


@cache
def _parts(load: Load, data: Path | str, size: int) -> tuple[LabelledImages, LabelledImages]:
    images = load(data, size)
    return left_out_series(images) if has_two_series(images) else split_images(images, HELD_OUT, SEED)


def left_out_series(images: LabelledImages) -> tuple[LabelledImages, LabelledImages]:
    """(learned from, judged): a balanced choice of the first series, and a choice of what was left out."""
    out = series_of(images.groups) == 1
    rng = np.random.default_rng(SEED)
    learned = [_choose(np.flatnonzero(~out & (images.labels == label)), LEARNED // 2, rng) for label in (0, 1)]
    judged = [_choose(np.flatnonzero(out & (images.labels == label)), JUDGED // 2, rng) for label in (0, 1)]
    return images.take(np.concatenate(learned)), images.take(np.concatenate(judged))


def _choose(indices: NDArray[np.intp], count: int, rng: np.random.Generator) -> NDArray[np.intp]:
    return rng.permutation(indices)[:count]


def _measure(
    change: Change,
    config: TrainingConfig,
    learned: LabelledImages,
    judged: LabelledImages,
    report: Callable[[Event], None],
) -> dict[str, Any]:
    hard = shifted(judged)
    if change.phantoms:
        seeds = range(TRAINING_SEEDS, TRAINING_SEEDS + change.phantoms)
        more = phantom_images(seeds, config.input_size)
        learned = concatenate([learned, more])
    if change.pictures:
        learned, judged, hard = (replace(part, grey=change.pictures(part.grey)) for part in (learned, judged, hard))
    with tempfile.TemporaryDirectory() as folder:
        network = keras_answers(train_classifier(config, learned, judged, Path(folder), report))
    plain, moved = (_answers(network, part.grey, change, config) for part in (judged, hard))
    labels = judged.labels
    low, high = bootstrap_interval(roc_auc, plain, labels, judged.groups)
    shifted_low, shifted_high = bootstrap_interval(roc_auc, moved, labels, judged.groups)
    figures = {
        "auc": roc_auc(plain, labels), "auc_low": low, "auc_high": high,
        "shifted_auc": roc_auc(moved, labels), "shifted_low": shifted_low, "shifted_high": shifted_high,
        "accuracy": _best_accuracy(plain, labels), "shifted_accuracy": _best_accuracy(moved, labels),
    }  # fmt: skip
    return {"change": change.name} | {name: f"{value:.4f}" for name, value in figures.items()}


def _answers(network: Any, grey: NDArray[np.uint8], change: Change, config: TrainingConfig) -> NDArray[np.float32]:
    """Logits (n,), pooled as the run was trained, each the mean of the change's views."""
    views = [grey if zoom == 1.0 else central(grey, zoom) for zoom in change.views]
    return np.mean([pooled_answers(network, seen, config)[0] for seen in views], axis=0)


def _best_accuracy(logits: NDArray[np.float32], labels: NDArray[np.int8]) -> float:
    """Accuracy at the threshold that suits these images best: what a right choice of it could reach."""
    ill = labels[np.argsort(logits)] > 0
    right = np.concatenate([[0], np.cumsum(~ill)]) + np.concatenate([[ill.sum()], ill.sum() - np.cumsum(ill)])
    return float(right.max() / len(labels))


def _append(table: Path, row: dict[str, Any]) -> None:
    new = not table.exists()
    with table.open("a", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, COLUMNS, lineterminator="\n")
        if new:
            writer.writeheader()
        writer.writerow(row)
