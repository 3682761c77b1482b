"""Checks of a run before it begins: settings that cannot work or are unwise, and estimates of time and memory."""

from __future__ import annotations

from dataclasses import dataclass

from xray_model.bundles.default_backbone import body_words, is_bundled_shape
from xray_model.datasets.choice import DataChoice
from xray_model.datasets.summary import DataSummary, describe_data
from xray_model.recipes.config import BUNDLED, START_WEIGHTS, UNFREEZE_BLOCKS, Phase, TrainingConfig
from xray_model.recipes.costs import estimate_memory, estimate_seconds, least_memory
from xray_model.recipes.imagenet_weights import needs_download

LONG = 30 * 60.0
HIGH_RATE = 1e-3  # above it, unfrozen weights forget what they knew
WILD_RATE = 3e-2  # above it, a head's loss jumps about
FEW, FEW_HELD_OUT = 100, 20  # images, and of them to measure with
PLATEAU_EPOCHS = 4  # fewer end before the rate can fall
STRONG_DROPOUT = 0.7


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
    problems = [*summary.problems, *_problems(config, images)]
    seconds, memory = estimate_seconds(config, data, images), estimate_memory(config, images)
    if refusal := host_refusal(memory_limit_mb):
        problems.append(refusal)
    elif memory_limit_mb is not None and memory > memory_limit_mb:
        problems.append(
            f"This run needs about {memory / 1000:.1f} GB and this host gives {memory_limit_mb / 1000:.1f} GB: choose "
            "a smaller batch, a smaller backbone, fewer images, or keep the backbone frozen."
        )
    warnings = [*_warnings(config), *_warnings_of_phases(config), *_warnings_of_images(config, images, summary.counts)]
    if seconds > LONG:
        warnings.append(f"This will take about {_hours(seconds)}. Fewer epochs or images are faster.")
    return ConfigCheck(tuple(problems), tuple(warnings), seconds, memory)


def host_refusal(memory_limit_mb: float | None) -> str | None:
    """Why this host can train nothing at all, as a sentence; None where the smallest run fits, or nothing is known.

    memory_limit_mb: what the host gives a run.
    """
    if memory_limit_mb is None or memory_limit_mb >= least_memory():
        return None
    return (
        f"This host has too little memory for training: a run needs at least {least_memory() / 1000:.1f} GB, and it "
        f"has {memory_limit_mb / 1000:.1f} GB beside what the pages need. Run the app on a computer with 2 GB or more; "
        "everything else works here."
    )


def _hours(seconds: float) -> str:
    return f"{seconds / 60:.0f} minutes" if seconds < 2 * 3600 else f"{seconds / 3600:,.0f} hours"


def _problems(config: TrainingConfig, images: int) -> list[str]:
    if config.backbone not in UNFREEZE_BLOCKS:
        return [f"There is no backbone {config.backbone!r}: choose one of {', '.join(UNFREEZE_BLOCKS)}."]
    found = [*_problems_of_weights(config)]
    known = ("none", "all", *UNFREEZE_BLOCKS[config.backbone].values())
    for phase in config.phases:
        if phase.unfreeze not in known:
            found.append(f"{config.backbone} has no block {phase.unfreeze!r} to unfreeze: choose another.")
    if images and config.batch > images * (1 - config.validation_share):
        found.append(
            f"A batch of {config.batch} is larger than what {images} images leave to learn from: give more images, or "
            "choose a smaller batch under Custom."
        )
    if config.input_size < 32:
        found.append(f"Images of {config.input_size} pixels are too small: choose at least 32.")
    return found


def _problems_of_weights(config: TrainingConfig) -> list[str]:
    if config.weights not in START_WEIGHTS:  # a path is for the command line alone
        return [f"There are no start weights {config.weights!r}: choose bundled, imagenet or none."]
    if config.weights == BUNDLED and not is_bundled_shape(config):
        return [
            f"The bundled start weights belong to {body_words()}: choose these, or start from ImageNet's weights or "
            "from none."
        ]
    return []


def _warnings(config: TrainingConfig) -> list[str]:
    found = []
    if needs_download(config):
        found.append(
            f"ImageNet's weights of {config.backbone} are not on this server: the run begins by downloading them. "
            f"These need no download: the recipe Quick; in Custom, {body_words()} with the bundled start weights, or "
            "any backbone with none."
        )
    if config.weights is None and any(phase.unfreeze == "none" for phase in config.phases):
        found.append("The backbone starts from random numbers and stays frozen: only the head learns, and not much.")
    if config.cached_features and config.mixup:
        found.append("Mixup blends pixels, so the features cannot be cached: the frozen phase will be slow.")
    if config.augmentation.horizontal_flip:
        found.append("Horizontal flips move the heart to the right side: no radiograph looks like that.")
    if config.balanced and config.class_weights:
        found.append("Balanced batches and class weights together count a rare label twice: one of them is enough.")
    if config.dropout > STRONG_DROPOUT:
        found.append(f"A dropout of {config.dropout:g} hides most of the features: the head will learn slowly.")
    return found


def _warnings_of_phases(config: TrainingConfig) -> list[str]:
    found = []
    hot = [phase for phase in config.phases if phase.unfreeze != "none" and phase.learning_rate > HIGH_RATE]
    if hot and config.weights is not None and config.optimizer != "sgd":
        found.append(f"A learning rate of {hot[0].learning_rate:g} makes an unfrozen backbone forget: try 1e-5.")
    wild = [phase for phase in config.phases if phase.learning_rate > WILD_RATE and phase not in hot]
    if wild:
        found.append(f"A learning rate of {wild[0].learning_rate:g} makes the loss jump about: try 1e-3.")
    found += [sentence for phase in config.phases if (sentence := _idle_rule(phase))]
    return found


def _idle_rule(phase: Phase) -> str | None:
    """What to say of a rule that cannot act before the phase is over."""
    if phase.early_stopping >= phase.epochs:
        return f"Early stopping after {phase.early_stopping} epochs cannot act in a phase of {phase.epochs}."
    if phase.schedule == "plateau" and phase.epochs < PLATEAU_EPOCHS:
        return f"The plateau schedule waits three epochs, so it does nothing in a phase of {phase.epochs}."
    return None


def _warnings_of_images(config: TrainingConfig, images: int, counts: dict[str, int]) -> list[str]:
    found = []
    if 0 < images < FEW:
        found.append(f"{images} images are few: the validation figures will jump by several points.")
    elif 0 < images * config.validation_share < FEW_HELD_OUT:
        found.append(f"Fewer than {FEW_HELD_OUT} images measure the run: hold back more of them.")
    low, high = (min(counts.values()), max(counts.values())) if counts else (1, 1)
    if high > 2 * low and not config.balanced and not config.class_weights:
        found.append("One label is more than twice as frequent: balanced batches or class weights keep it in check.")
    return found
