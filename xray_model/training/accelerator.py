"""Where a run computes: on a GPU if TensorFlow finds one that works, otherwise on the processor.

On a GPU the backbone's layers compute in bfloat16 and keep their weights in float32 (Micikevicius et al., ICLR 2018;
bfloat16 needs no scaling of the loss), the head stays in float32, and more images make a step. What the run leaves is
the same on both: a float32 network.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from functools import cache

import tensorflow as tf

from xray_model.recipes.config import TrainingConfig

FULL, MIXED = "float32", "mixed_bfloat16"  # Keras' names
BFLOAT16_FROM = (8, 0)  # compute capability: NVIDIA's Ampere
WIDER = 4  # times the images of a step
WIDEST = 128  # images in a step
TO_THE_LETTER = "article"  # the head of the published method, whose batch stays what it is


@dataclass(frozen=True)
class Device:
    """gpu: its name, empty for the processor. precision: `FULL` or `MIXED`, of the backbone's layers.

    refusal: why a GPU that was found is not used, empty otherwise.
    """

    gpu: str = ""
    precision: str = FULL
    refusal: str = ""


@cache
def find_device() -> Device:
    """The first GPU on which a product of two matrices comes out, else the processor."""
    gpus = tf.config.list_physical_devices("GPU")
    if not gpus:
        return Device()
    details = tf.config.experimental.get_device_details(gpus[0])
    name = str(details.get("device_name", "GPU"))
    try:
        tf.config.experimental.set_memory_growth(gpus[0], True)  # others may compute there as well
        with tf.device("/GPU:0"):
            right = float(tf.reduce_sum(tf.ones((64, 64)) @ tf.ones((64, 64)))) == 64.0**3
    except (tf.errors.OpError, RuntimeError, ValueError) as error:  # no driver, no memory, a device that is no more
        right, name = False, f"{name} ({type(error).__name__})"
    if not right:
        tf.config.set_visible_devices([], "GPU")
        return Device(refusal=f"{name} was found, but does not compute.")
    capability = details.get("compute_capability", (0, 0))
    return Device(name, MIXED if capability >= BFLOAT16_FROM else FULL)


def suited(config: TrainingConfig, device: Device) -> TrainingConfig:
    """The settings as the device makes the most of them.

    With more images in a step, rates grow by the root of it, as Adam wants (Malladi et al., NeurIPS 2022). The
    published method keeps its own.
    """
    batch = min(WIDER * config.batch, max(WIDEST, config.batch))
    if not device.gpu or config.head == TO_THE_LETTER or batch == config.batch:
        return config
    faster = (batch / config.batch) ** 0.5
    phases = tuple(replace(phase, learning_rate=phase.learning_rate * faster) for phase in config.phases)
    return replace(config, batch=batch, phases=phases)


def device_sentence(device: Device, config: TrainingConfig) -> str:
    """Where a run of these settings computes, in a sentence."""
    if not device.gpu:
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
        return " ".join(part for part in (device.refusal, f"Computes on the processor, {cores} cores.") if part)
    how = "in mixed precision (bfloat16)" if device.precision == MIXED else "in single precision"
    return f"Computes on a GPU, {device.gpu}, {how}, {config.batch} images a step."
