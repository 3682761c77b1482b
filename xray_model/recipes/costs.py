"""Estimates of a run's time and memory before it begins: measured for each backbone, scaled to this machine.

Work is counted in GFLOP of a float32 matrix product, in which a machine's speed is measured on the spot: processors
that multiply twice as fast train about twice as fast. `python -m tests.benchmarks.costs` measured the table.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from xray_model.datasets.choice import PHANTOMS, DataChoice
from xray_model.datasets.phantom_sets import SETS
from xray_model.recipes.config import UNFREEZE_BLOCKS, Phase, TrainingConfig, is_cached, learns_head_only


@dataclass(frozen=True)
class Cost:
    """The costs of one image at 224 pixels: work of a pass, and of a step that learns the last block, or everything.

    frozen_mb: peak of a process that trains a head. all_mb, image_mb: of one that learns everything, and what each
    image of a batch adds to it.
    """

    forward: float
    last: float
    everything: float
    frozen_mb: float
    all_mb: float
    image_mb: float


COSTS = {
    "MobileNet": Cost(1.0, 1.7, 4.0, 890, 960, 27),
    "MobileNetV2": Cost(1.4, 1.5, 4.8, 1040, 1120, 36),
    "EfficientNetB0": Cost(1.6, 2.0, 6.0, 1200, 1430, 50),
    "DenseNet121": Cost(3.5, 4.5, 12.0, 1320, 1630, 60),
    "ResNet50": Cost(4.0, 5.0, 13.0, 1570, 1830, 60),
    "VGG16": Cost(15.5, 18.5, 50.0, 1580, 2130, 80),
}
# Numbers that pass a cut below each block, for one image at 224 pixels and full width; the blocks from the last one on.
# tests/models/test_backbones.py compares them with the networks.
CUT_NUMBERS = {
    "VGG16": (100352, 200704, 401408, 802816),
    "ResNet50": (200704, 401408, 802816, 200704),
    "DenseNet121": (25088, 50176, 100352, 200704),
    "EfficientNetB0": (9408, 21952, 15680, 31360, 75264, 200704),
    "MobileNetV2": (7840, 18816, 12544, 25088, 75264),
    "MobileNet": (100352, 100352, 100352, 200704, 401408),
}
MOST_CUT_BYTES = 2_000_000_000  # of maps at a cut, on the disk of a small host
# Of a frozen run's peak, which it comes to as it writes its bundle, what it holds before: where the last blocks learn
# from kept maps, their batches come on top. MobileNetV2 from block 10 on, batch 32: 1,143 MB at the peak, 1,033 before,
# with 70 MB that are no longer loaded.
UNWRITTEN = 0.75
REFERENCE = 194.0  # GFLOP a second of the machine that the seconds below were measured on, both cores
START_SECONDS, EXPORT_SECONDS, PHANTOM_SECONDS = 8.0, 6.0, 0.04
SIDE, ROUNDS = 512, 60  # of the matrices: a product takes one or two milliseconds


@dataclass(frozen=True)
class Plan:
    """Seconds that a run should take from its first phase on, on this machine, idle. phases: (what is computed once,
    an epoch) of each. finish: what follows the last epoch."""

    phases: tuple[tuple[float, float], ...]
    finish: float


def plan(config: TrainingConfig, images: int) -> Plan:
    """The plan of a run. images: all of them, phantoms and those held out among them."""
    machine, cost = machine_speed(), COSTS.get(config.backbone, COSTS["ResNet50"])
    one_pass = images * (config.input_size / 224) ** 2 * cost.forward / machine
    judging = 4 * config.validation_share * one_pass  # plain, shifted, their maps, the bundled model's
    phases = tuple(_phase_seconds(config, phase, one_pass, cost, images) for phase in config.phases)
    return Plan(phases, EXPORT_SECONDS * REFERENCE / machine + judging)


def estimate_seconds(config: TrainingConfig, data: DataChoice, images: int) -> float:
    """Seconds of a run on this machine, idle, when no phase ends early. images: phantoms among them."""
    found = plan(config, images)
    wanted = ((data.kind, data.count or 0), (PHANTOMS, config.phantoms))
    drawn = sum(max(0, count - SETS[kind].shipped) for kind, count in wanted if kind in SETS)
    start = (START_SECONDS + PHANTOM_SECONDS * drawn) * REFERENCE / machine_speed()
    learning = (once + phase.epochs * each for (once, each), phase in zip(found.phases, config.phases, strict=True))
    return start + sum(learning) + found.finish


def least_memory() -> float:
    """Megabytes (10**6 bytes) without which no run can do: the head of the smallest backbone, on few images."""
    return min(cost.frozen_mb for cost in COSTS.values())


def estimate_memory(config: TrainingConfig, images: int) -> float:
    """Resident megabytes (10**6 bytes) of the training process at its peak."""
    cost, pixels = COSTS.get(config.backbone, COSTS["ResNet50"]), config.input_size**2
    pictures = 3 * images * pixels / 1e6
    if all(phase.unfreeze == "none" for phase in config.phases):
        return cost.frozen_mb + pictures
    tuned = [phase for phase in config.phases if phase.unfreeze != "none"]
    batch = max(_share(config, phase, images) for phase in tuned) * config.batch * cost.image_mb * pixels / 224**2
    on_maps = all(keeps_maps(config, phase, images) for phase in tuned)
    return max(cost.frozen_mb, (UNWRITTEN * cost.frozen_mb if on_maps else cost.all_mb) + batch) + pictures


@lru_cache(maxsize=1)
def machine_speed() -> float:
    """GFLOP a second of a float32 matrix product on all cores, the best of some: a tenth of a second, once."""
    matrix = np.ones((SIDE, SIDE), np.float32)
    found = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        _ = matrix @ matrix
        found.append(time.perf_counter() - began)
    return 2 * SIDE**3 / 1e9 / min(found)


def _phase_seconds(
    config: TrainingConfig, phase: Phase, one_pass: float, cost: Cost, images: int
) -> tuple[float, float]:
    """Seconds of what is computed once, and of an epoch."""
    if learns_head_only(config, phase):
        return _views(config, phase) * one_pass, config.pace
    if keeps_maps(config, phase, images):
        step = one_pass * _share(config, phase, images) * cost.everything / cost.forward
        return _views(config, phase) * one_pass, max(config.pace, step)
    step = one_pass * _learning(config, phase, cost) / cost.forward
    return 0.0, max(config.pace, step)


def keeps_maps(config: TrainingConfig, phase: Phase, images: int) -> bool:
    """True when the phase fine-tunes on maps at its cut that are computed once, and these find room."""
    blocks = list(UNFREEZE_BLOCKS.get(config.backbone, {}).values())
    if phase.unfreeze not in blocks or not is_cached(config, phase):
        return False
    numbers = CUT_NUMBERS[config.backbone][blocks.index(phase.unfreeze)] * (config.alpha or 1)
    kept = images * _views(config, phase) * numbers * (config.input_size / 224) ** 2
    return 4 * kept <= MOST_CUT_BYTES


def _views(config: TrainingConfig, phase: Phase) -> int:
    return min(phase.epochs, 1 if config.augmentation.is_off else config.views)


def _share(config: TrainingConfig, phase: Phase, images: int) -> float:
    """What a step on kept maps costs of one that learns everything; 1 where no maps are kept.

    Of MobileNetV2, 0.14 and 0.43 were measured for its blocks from 13 and from 6 on; within a factor of two of it for
    the others, by their multiplications.
    """
    if not keeps_maps(config, phase, images):
        return 1.0
    blocks = list(UNFREEZE_BLOCKS[config.backbone].values())
    return float(((blocks.index(phase.unfreeze) + 1) / (len(blocks) + 1)) ** 1.5)


def _learning(config: TrainingConfig, phase: Phase, cost: Cost) -> float:
    """Work of a step on one image, by how far back the backbone learns."""
    if phase.unfreeze == "none":
        return cost.forward
    blocks = list(UNFREEZE_BLOCKS.get(config.backbone, {}).values())
    depth = blocks.index(phase.unfreeze) / len(blocks) if phase.unfreeze in blocks else 1.0
    return cost.last + depth * (cost.everything - cost.last)
