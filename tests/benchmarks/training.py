"""Training on cached features against the article's loop, which computes what the frozen base says in every epoch.

Both have the same network, images, augmentation, epochs and validation, and hold their images in memory, which spares
the loop the reading of files that `fit` on a directory does. VGG16's loop is timed on a part of the images and counted:
its time grows with them. Random weights cost the same time as ImageNet's, which are not on every machine.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any
from unittest.mock import patch

from xray_model.augmentation.policy import NONE, RADIOGRAPH_SAFE
from xray_model.datasets.labelled_images import LabelledImages
from xray_model.datasets.phantom_sets import shipped_phantoms
from xray_model.errors import WeightsUnavailable
from xray_model.recipes.config import Phase, TrainingConfig
from xray_model.recipes.presets import ARTICLE, QUICK
from xray_model.training.loop import TrainingLoop
from xray_model.training.watch import Watch

IMAGES, HELD_OUT = 300, 100  # phantoms, and of them to measure with
EPOCHS = 20
STEADY = 3  # epochs in a row whose median AUC is what a run has come to
FROZEN = replace(
    QUICK,
    keep_head=False,
    augmentation=RADIOGRAPH_SAFE,
    cached_features=True,
    views=2,
    pace=0.0,
    phases=(Phase("head", EPOCHS, 3e-3, schedule="cosine"),),
)
SLOW_IMAGES, SLOW_EPOCHS = 48, 2  # of VGG16, for its time
VGG16 = replace(ARTICLE, weights=None, phases=(Phase("head", SLOW_EPOCHS, 1e-3),))
# For the epochs that the article's method needs: its head, rate and augmentation on a smaller ImageNet backbone.
ARTICLE_LIKE = replace(ARTICLE, backbone="MobileNet", last_layer="conv_pw_12_relu", scaling=None, cached_features=True)
# The last three blocks of MobileNetV2, whose lower layers stand still; without augmentation both ways are the same run.
TUNE_IMAGES, TUNE_EPOCHS = 120, 4
LAST_BLOCKS = TrainingConfig(
    "MobileNetV2", None, augmentation=NONE, phases=(Phase("tune", TUNE_EPOCHS, 1e-4, unfreeze="block_14_expand"),)
)
FINE_TUNE = TrainingConfig("MobileNetV2", None, phases=(Phase("all", 1, 1e-5, unfreeze="all"),))

Epochs = list[dict[str, Any]]


def measure_training() -> dict[str, Any]:
    """Seconds, AUCs, ratios and megabytes; about three minutes on two cores."""
    images = shipped_phantoms(IMAGES, QUICK.input_size)
    assert images is not None
    cached, recomputed = run(FROZEN, images), run(replace(FROZEN, cached_features=False), images)
    auc = max(steady_aucs(cached))
    best = cached[first_with(auc, cached) - 1]
    slow, needed = vgg16_epoch_seconds(), epochs_needed(auc, images)
    article = slow * (needed or ARTICLE.phases[0].epochs)
    return {
        "images": IMAGES,
        "epochs": EPOCHS,
        "cached": {"seconds": round(cached[-1]["at"], 2), "auc": round(cached[-1]["val_auc"], 3)},
        "recomputed": {"seconds": round(recomputed[-1]["at"], 2), "auc": round(recomputed[-1]["val_auc"], 3)},
        "recomputed_to_cached": round(recomputed[-1]["at"] / cached[-1]["at"], 1),
        "quick": {
            "name": "such a head",
            "seconds": round(best["at"], 2),
            "epochs": best["epoch"] + 1,
            "auc": round(auc, 3),
        },
        "last_blocks": last_blocks_seconds(),
        "vgg16_epoch_seconds": round(slow, 1),
        "vgg16_epochs": needed,
        "vgg16_to_quick": round(article / best["at"]),
        "fine_tune": {"batch": FINE_TUNE.batch, "megabytes": fine_tune_megabytes()},
    }


def run(config: TrainingConfig, images: LabelledImages, held_out: int = HELD_OUT) -> Epochs:
    """The events of every epoch; `at`: seconds since the network was there, the features' among them."""
    learned, judged = images.take(range(held_out, len(images))), images.take(range(held_out))
    epochs: Epochs = []

    def note(event: dict[str, Any]) -> None:
        if event["kind"] == "epoch":
            epochs.append(event | {"at": time.perf_counter() - began})

    with tempfile.TemporaryDirectory() as folder:
        loop = TrainingLoop(config, learned, judged, Path(folder), Watch(report=note))
        began = time.perf_counter()
        loop.run()
    return epochs


def last_blocks_seconds() -> dict[str, float]:
    """Seconds of an epoch of the last three blocks, on maps computed once and with the whole network in every step."""
    images = shipped_phantoms(TUNE_IMAGES, LAST_BLOCKS.input_size)
    assert images is not None
    found = {}
    for name, kept in (("cached", True), ("whole", False)):
        with nullcontext() if kept else patch("xray_model.training.loop.is_cached", lambda *_: False):
            epochs = run(LAST_BLOCKS, images, TUNE_IMAGES // 5)
        found[name] = round(median(epoch["seconds"] for epoch in epochs[1:]), 3)  # the first one also builds graphs
    return found | {"whole_to_cached": round(found["whole"] / found["cached"], 1)}


def vgg16_epoch_seconds() -> float:
    """Seconds of an epoch of the article's loop on all images, from one on a part of them."""
    part = shipped_phantoms(SLOW_IMAGES * 2, VGG16.input_size)
    assert part is not None
    learned, judged = part.take(range(SLOW_IMAGES)), part.take(range(SLOW_IMAGES, SLOW_IMAGES + SLOW_IMAGES // 2))
    epochs: Epochs = []
    with tempfile.TemporaryDirectory() as folder:
        watch = Watch(report=lambda event: epochs.append(event) if event["kind"] == "epoch" else None)
        TrainingLoop(VGG16, learned, judged, Path(folder), watch).run()
    return epochs[-1]["seconds"] / (len(learned) + len(judged)) * IMAGES  # the first one also builds graphs


def epochs_needed(auc: float, images: LabelledImages) -> int | None:
    """Epochs until the article's method comes to this validation AUC; None when its frozen phase never does.

    Also None where no ImageNet weights are to be had: the method's own number of epochs counts then.
    """
    same = shipped_phantoms(len(images), ARTICLE_LIKE.input_size)
    assert same is not None
    head = replace(ARTICLE.phases[0], early_stopping=0)
    try:
        epochs = run(replace(ARTICLE_LIKE, views=4, phases=(head,)), same)
    except WeightsUnavailable:
        return None
    return first_with(auc, epochs)


def steady_aucs(epochs: Epochs) -> list[float]:
    """The median AUC of each epoch and the `STEADY` - 1 before it, from the first that has them: one may be luck."""
    aucs = [epoch["val_auc"] for epoch in epochs]
    return [median(aucs[end - STEADY : end]) for end in range(STEADY, len(aucs) + 1)]


def first_with(auc: float, epochs: Epochs) -> int | None:
    """How many epochs it took to come to a steady AUC, None if it did not."""
    return next((number for number, steady in enumerate(steady_aucs(epochs), STEADY) if steady >= auc), None)


def fine_tune_megabytes() -> int:
    """Peak of a process that fine-tunes all of MobileNetV2 and writes its bundle (resident, 10**6 bytes)."""
    command = [sys.executable, "-m", "tests.benchmarks.training"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return int(json.loads(done.stdout.splitlines()[-1]))


def fine_tune() -> int:
    """One epoch of two batches and its bundle, in this process: megabytes at the peak."""
    from xray_model.training.write_bundle import Making, write_bundle

    images = shipped_phantoms(3 * FINE_TUNE.batch, FINE_TUNE.input_size)
    assert images is not None
    learned, judged = images.take(range(2 * FINE_TUNE.batch)), images.take(range(2 * FINE_TUNE.batch, len(images)))
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "fine-tuned-v1"
        folder.mkdir()
        model = TrainingLoop(FINE_TUNE, learned, judged, folder, checkpoints=Path(place)).run()
        write_bundle(model, folder, FINE_TUNE, (learned, judged), Making("", range(2)))
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6)


def rows(figures: dict) -> list[tuple[str, str, str]]:
    """What was measured, the figure, what was asked for: for the report's table."""
    cached, slow, quick = figures["cached"], figures["recomputed"], figures["quick"]
    needed = figures["vgg16_epochs"]
    count = f"{needed} epochs to the same AUC" if needed else f"its {ARTICLE.phases[0].epochs} frozen epochs"
    tune, name = figures["fine_tune"], quick.get("name", "*Quick*")
    return [
        (
            f"{figures['epochs']} epochs on {figures['images']} images, frozen backbone, cached features",
            f"{cached['seconds']:.1f} s, AUC {cached['auc']:.3f}",
            "",
        ),
        (
            "… against the article's loop, same backbone",
            f"{slow['seconds']:.0f} s, AUC {slow['auc']:.3f}: {figures['recomputed_to_cached']:.0f} x",
            "≥ 8 x, same AUC",
        ),
        *last_blocks_rows(figures.get("last_blocks")),
        (
            f"{name} on {figures['images']} images, unpaced, to its best epoch, number {quick['epochs']}",
            f"{quick['seconds']:.1f} s, AUC {quick['auc']:.3f}",
            "",
        ),
        (
            f"… against the article's loop on VGG16 (random weights, timed on {SLOW_IMAGES} images), {count}",
            f"{figures['vgg16_epoch_seconds']:.0f} s an epoch: {figures['vgg16_to_quick']:,} x",
            "≥ 100 x",
        ),
        (
            f"peak of a full fine-tune of {FINE_TUNE.backbone}, batch {tune['batch']}",
            f"{tune['megabytes']:,} MB",
            "≤ 2,700 MB",
        ),
    ]


def last_blocks_rows(figures: dict | None) -> list[tuple[str, str, str]]:
    """Those of the last blocks; none for results that were measured before they were."""
    if figures is None:
        return []
    whole = f"{figures['whole']:.2f} s: {figures['whole_to_cached']:.1f} x"
    return [
        (
            "an epoch of MobileNetV2's last three blocks, what lies below computed once",
            f"{figures['cached']:.2f} s",
            "",
        ),
        ("… against the whole network in every step, the same weights", whole, "≥ 4 x"),
    ]


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    sys.stdout.write(f"{fine_tune()}\n")
