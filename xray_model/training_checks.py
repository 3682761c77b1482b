"""Said before a run begins: what is impossible, what is foolish, and about how long and how much memory it takes."""

from __future__ import annotations

from dataclasses import dataclass

from xray_model.data_choice import DataChoice
from xray_model.data_summary import DataSummary, describe_data
from xray_model.training_config import BUNDLED, UNFREEZE_BLOCKS, Phase, TrainingConfig

BUNDLED_BACKBONE, BUNDLED_CUT = "MobileNet", "conv_pw_11_relu"
# Images a second of a frozen pass at 224 pixels on two cores: MobileNetV2 and VGG16 measured, the others rough guesses
# between those two. Learning costs about three passes.
PASSES = {
    "MobileNet": 150.0,
    "MobileNetV2": 184.0,
    "EfficientNetB0": 90.0,
    "DenseNet121": 45.0,
    "ResNet50": 40.0,
    "VGG16": 16.0,
}
# Megabytes that one image of a batch adds while the whole network learns at 224 pixels, and those of weights and
# optimizer; MobileNetV2 measured (1.4 GB at batch 4, 2.2 GB at 16), the others rough guesses.
PER_IMAGE = {
    "MobileNet": 55,
    "MobileNetV2": 67,
    "EfficientNetB0": 80,
    "DenseNet121": 150,
    "ResNet50": 110,
    "VGG16": 120,
}
WEIGHTS_MB = {
    "MobileNet": 60,
    "MobileNetV2": 60,
    "EfficientNetB0": 80,
    "DenseNet121": 130,
    "ResNet50": 400,
    "VGG16": 300,
}
KERAS_MB = 660.0  # a process with TensorFlow that trains a head
KERAS_SECONDS, FINISH_SECONDS, PHANTOM_SECONDS = 5.0, 12.0, 0.04
LEARNING_COSTS = 3.0
LONG = 30 * 60.0
HIGH_RATE = 1e-3  # above it, unfrozen weights forget what they knew


@dataclass(frozen=True)
class ConfigCheck:
    """problems: sentences that forbid the run. warnings: sentences that do not. seconds, memory_mb: rough estimates."""

    problems: tuple[str, ...]
    warnings: tuple[str, ...]
    seconds: float
    memory_mb: float


def check_config(
    config: TrainingConfig,
    data: DataChoice,
    memory_limit_mb: float | None = None,
    summary: DataSummary | None = None,
) -> ConfigCheck:
    """Judge settings on data. memory_limit_mb: what the host gives a run, None when not known.

    summary: what is known of the data; None asks `describe_data`.
    """
    summary = summary or describe_data(data)
    images = summary.images + config.phantoms
    seconds, memory = estimate_seconds(config, data, images), estimate_memory(config, images)
    problems = [*summary.problems, *_problems(config, images)]
    if memory_limit_mb is not None and memory > memory_limit_mb:
        problems.append(
            f"This run needs about {memory:,.0f} MB and this host gives {memory_limit_mb:,.0f} MB: choose a smaller "
            "batch, a smaller backbone, fewer images, or keep the backbone frozen."
        )
    warnings = _warnings(config, images, summary.counts)
    if seconds > LONG:
        warnings.append(f"This will take about {seconds / 60:,.0f} minutes. Fewer epochs are faster.")
    return ConfigCheck(tuple(problems), tuple(warnings), seconds, memory)


def estimate_seconds(config: TrainingConfig, data: DataChoice, images: int) -> float:
    """Seconds on two idle cores, when no phase ends early."""
    scale = (config.input_size / 224) ** 2
    one_pass = images * scale / PASSES.get(config.backbone, 40.0)
    total = KERAS_SECONDS + FINISH_SECONDS + one_pass
    total += PHANTOM_SECONDS * ((data.count or 0 if data.kind == "phantoms" else 0) + config.phantoms)
    for phase in config.phases:
        if is_cached(config, phase):
            views = min(phase.epochs, 1 if config.augmentation.is_off else config.views)
            total += views * one_pass + config.pace * (phase.epochs - views)
        else:
            cost = one_pass * (1.2 if phase.unfreeze == "none" else LEARNING_COSTS)
            total += phase.epochs * max(config.pace, cost)
    return total


def estimate_memory(config: TrainingConfig, images: int) -> float:
    """Resident megabytes of the training process at its peak."""
    pixels = config.input_size**2
    total = KERAS_MB + WEIGHTS_MB.get(config.backbone, 200) + 3 * images * pixels / 1e6
    if all(phase.unfreeze == "none" for phase in config.phases):
        return total
    return total + config.batch * PER_IMAGE.get(config.backbone, 100) * pixels / 224**2


def is_cached(config: TrainingConfig, phase: Phase) -> bool:
    """True when the phase trains a head on features that were computed once; mixup blends pixels, so it cannot."""
    return config.cached_features and phase.unfreeze == "none" and not config.mixup


def _problems(config: TrainingConfig, images: int) -> list[str]:
    found = []
    if config.backbone not in UNFREEZE_BLOCKS:
        found.append(f"There is no backbone {config.backbone!r}: choose one of {', '.join(UNFREEZE_BLOCKS)}.")
    wrong_cut = (config.backbone, config.last_layer) != (BUNDLED_BACKBONE, BUNDLED_CUT) or config.alpha not in (None, 1)
    if config.weights == BUNDLED and wrong_cut:
        found.append(
            f"The bundled start weights belong to {BUNDLED_BACKBONE} cut at {BUNDLED_CUT}: choose these, or start from "
            "ImageNet's weights or from none."
        )
    if images and config.batch > images * (1 - config.validation_share):
        found.append(f"A batch of {config.batch} is larger than the training set of {images} images: choose less.")
    if config.input_size < 32:
        found.append(f"Images of {config.input_size} pixels are too small: choose at least 32.")
    return found


def _warnings(config: TrainingConfig, images: int, counts: dict[str, int]) -> list[str]:
    found = []
    frozen = [phase for phase in config.phases if phase.unfreeze == "none"]
    hot = [phase for phase in config.phases if phase.unfreeze != "none" and phase.learning_rate > HIGH_RATE]
    if config.weights is None and frozen:
        found.append("The backbone starts from random numbers and stays frozen: only the head learns, and not much.")
    if config.weights == "imagenet":
        found.append("ImageNet's weights are downloaded when the run begins; offline only the bundled weights work.")
    if hot and config.weights is not None and config.optimizer != "sgd":
        found.append(f"A learning rate of {hot[0].learning_rate:g} makes an unfrozen backbone forget: try 1e-5.")
    if config.cached_features and config.mixup:
        found.append("Mixup blends pixels, so the features cannot be cached: the frozen phase will be slow.")
    if 0 < images < 100:
        found.append(f"{images} images are few: the validation figures will jump by several points.")
    if config.augmentation.horizontal_flip:
        found.append("Horizontal flips move the heart to the right side: no radiograph looks like that.")
    low, high = (min(counts.values()), max(counts.values())) if counts else (1, 1)
    if high > 2 * low and not config.balanced and not config.class_weights:
        found.append("One label is more than twice as frequent: balanced batches or class weights keep it in check.")
    return found
