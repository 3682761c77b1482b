"""A training run's settings: plain values that can be saved, loaded, and refused with a reason."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field, fields, replace
from types import NoneType
from typing import Any, get_args, get_type_hints

from xray_model.augmentation.policy import RADIOGRAPH_SAFE, AugmentationPolicy
from xray_model.bundles.card import GATE, POOLED
from xray_model.errors import InvalidConfig

SCHEDULES = ("constant", "cosine", "plateau")
KERAS_OPTIMIZERS = {"adam": "Adam", "adamw": "AdamW", "sgd": "SGD", "rmsprop": "RMSprop"}  # setting -> class
OPTIMIZERS = tuple(KERAS_OPTIMIZERS)
BUNDLED = "bundled"  # start weights: the backbone of the bundle that the app ships
MOST_VIEWS, SLOWEST_PACE, MOST_EPOCHS = 32, 60, 1000
HEADS = ("linear", "article")
POOLINGS = (POOLED, GATE)  # over the lungs alone, or over the whole picture with the lungs at the gate only
START_WEIGHTS = (BUNDLED, "imagenet", None)


@dataclass(frozen=True)
class Phase:
    """A stretch of a run in which one part of the network learns.

    unfreeze: "none" (head only), "all", or the name of the backbone's first layer that learns. schedule: "constant",
    "cosine" (to zero; Loshchilov & Hutter, ICLR 2017), or "plateau" (ReduceLROnPlateau on val_accuracy, factor 0.2,
    patience 3). early_stopping: patience on val_accuracy, best weights restored; 0 runs all epochs.
    """

    name: str
    epochs: int
    learning_rate: float
    unfreeze: str = "none"
    schedule: str = "constant"
    early_stopping: int = 0

    def __post_init__(self) -> None:
        check_kinds(self)
        if self.schedule not in SCHEDULES:
            raise InvalidConfig(f"Got schedule {self.schedule!r}; expected one of {', '.join(SCHEDULES)}.")
        if not 1 <= self.epochs <= MOST_EPOCHS or not 0 < self.learning_rate <= 1 or self.early_stopping < 0:
            raise InvalidConfig(
                f"Phase {self.name!r} has {self.epochs} epochs at a learning rate of {self.learning_rate}; expected "
                f"at least 1 epoch, up to {MOST_EPOCHS}, a rate above 0, up to 1, and early_stopping of 0 or more."
            )


@dataclass(frozen=True)
class TrainingConfig:
    """A run's settings. Backbone, head, weights, scaling, last_layer, alpha, dropout: see `build_classifier`.

    phantoms: synthetic images added to training; none join the validation images. mixup: alpha of its
    Beta distribution (Zhang et al., ICLR 2018), 0 is off. balanced: both labels equally often in every batch.
    weight_averaging: momentum of the exponential moving average of the weights that is kept at the end, 0 is off.
    class_weights: a rare label's images weigh as much as a common one's, in the loss. cached_features: compute what the
    frozen part of the backbone says about each image once, and train the rest on that; without augmentation that
    happens anyway (`is_cached`). views: how many views of each image are computed for that, the first one not
    augmented. pace: seconds an epoch takes at least, for people who watch. weights may be "bundled": the backbone of
    the app's own bundle. keep_head: its head as well, if that is to be linear: the run goes on where the model stands.
    lungs: of the bundle's card, "gate" or "pooled" (linear head only). across_series: run twice more, each time without
    a series of films, and choose calibration and operating points on what those runs say of it
    (where file names tell two series).
    """

    backbone: str
    weights: str | None = "imagenet"
    keep_head: bool = False
    head: str = "linear"
    scaling: str | None = None
    last_layer: str | None = None
    alpha: float | None = None
    dropout: float = 0.2
    input_size: int = 224
    augmentation: AugmentationPolicy = RADIOGRAPH_SAFE
    phases: tuple[Phase, ...] = field(default_factory=tuple)
    batch: int = 32
    phantoms: int = 0
    mixup: float = 0.0
    label_smoothing: float = 0.0
    balanced: bool = True
    weight_averaging: float = 0.0
    validation_share: float = 0.12
    seed: int = 1
    optimizer: str = "adam"
    class_weights: bool = False
    cached_features: bool = False
    views: int = 1
    pace: float = 0.0
    lungs: str = GATE
    across_series: bool = False

    def __post_init__(self) -> None:
        check_kinds(self)
        if not self.phases:
            raise InvalidConfig("A run needs at least one phase; got none.")
        if not 0 < self.validation_share < 0.9:
            raise InvalidConfig(f"Got validation_share {self.validation_share}; expected a share between 0 and 0.9.")
        if self.batch < 2 or self.phantoms < 0 or self.mixup < 0 or not 0 <= self.weight_averaging < 1:
            raise InvalidConfig("Expected batch >= 2, phantoms >= 0, mixup >= 0 and weight_averaging in [0, 1).")
        if not 0 <= self.dropout < 1 or not 0 <= self.label_smoothing < 1 or not 0 <= self.seed < 2**31:
            raise InvalidConfig("Expected dropout and label_smoothing in [0, 1) and a seed from 0 to 2147483647.")
        if self.lungs not in POOLINGS or (self.lungs == POOLED and self.head != "linear"):
            raise InvalidConfig(f"Got lungs {self.lungs!r}; expected {GATE}, or {POOLED} with a linear head.")
        if self.head not in HEADS:
            raise InvalidConfig(f"Got head {self.head!r}; expected one of {', '.join(HEADS)}.")
        if self.optimizer not in OPTIMIZERS:
            raise InvalidConfig(f"Got optimizer {self.optimizer!r}; expected one of {', '.join(OPTIMIZERS)}.")
        if not 1 <= self.views <= MOST_VIEWS or not 0 <= self.pace <= SLOWEST_PACE:
            raise InvalidConfig(f"Expected views from 1 to {MOST_VIEWS} and pace from 0 to {SLOWEST_PACE} seconds.")

    @property
    def epochs(self) -> int:
        """Epochs of all phases together, when none ends early."""
        return sum(phase.epochs for phase in self.phases)

    def to_dict(self) -> dict[str, Any]:
        """The settings as plain values, for JSON."""
        return asdict(self) | {"phases": [asdict(phase) for phase in self.phases]}

    @classmethod
    def from_dict(cls, settings: dict[str, Any]) -> TrainingConfig:
        """Settings as `to_dict` gives them; raises `InvalidConfig` on anything unknown or out of range."""
        unknown = set(settings) - {item.name for item in fields(cls)}
        if unknown:
            raise InvalidConfig(f"Unknown training settings: {', '.join(sorted(unknown))}.")
        if "backbone" not in settings:
            raise InvalidConfig(f"The settings name no backbone: expected one of {', '.join(BACKBONE_NAMES)}.")
        policy = AugmentationPolicy.from_dict(settings.get("augmentation", RADIOGRAPH_SAFE.to_dict()))
        try:
            phases = tuple(Phase(**phase) for phase in settings.get("phases", ()))
        except TypeError as error:
            raise InvalidConfig("The phases cannot be read. Expected settings that this app wrote.") from error
        return cls(**(settings | {"phases": phases, "augmentation": policy}))

    def with_epochs(self, epochs: int) -> TrainingConfig:
        """The same run with every phase cut to at most `epochs`."""
        return replace(self, phases=tuple(replace(phase, epochs=min(phase.epochs, epochs)) for phase in self.phases))


def check_kinds(part: Any) -> None:
    """Raise `InvalidConfig` unless plain fields are what their annotations say: JSON promises nothing."""
    for name, hint in get_type_hints(type(part)).items():
        kinds, value = get_args(hint) or (hint,), getattr(part, name)
        if not all(kind in (str, int, float, bool, NoneType) for kind in kinds):
            continue
        is_right = isinstance(value, (*kinds, int) if float in kinds else kinds)
        is_right = is_right and (bool in kinds or not isinstance(value, bool))
        if not is_right or (isinstance(value, float) and not math.isfinite(value)):
            expected = " or ".join(kind.__name__ for kind in kinds)
            raise InvalidConfig(f"The setting {name} is {value!r}; expected {expected}.")


def is_cached(config: TrainingConfig, phase: Phase) -> bool:
    """True when what the frozen part of the backbone says of each image is computed once, and not in every step.

    Where the settings ask for it, and also without augmentation, where it changes no weight. Mixup blends pixels.
    """
    if config.mixup or phase.unfreeze == "all":
        return False
    return config.cached_features or (config.augmentation.is_off and config.backbone not in RANDOM_BACKBONES)


def learns_head_only(config: TrainingConfig, phase: Phase) -> bool:
    """True when the phase learns from pooled features alone."""
    return phase.unfreeze == "none" and is_cached(config, phase)


# What may be unfrozen, from which layer on: label -> the first layer that learns (`Phase.unfreeze`).
UNFREEZE_BLOCKS: dict[str, dict[str, str]] = {
    "VGG16": {f"block {n}": f"block{n}_conv1" for n in (5, 4, 3, 2)},
    "ResNet50": {f"stage {n}": f"conv{n}_block1_1_conv" for n in (5, 4, 3, 2)},
    "DenseNet121": {f"block {n}": f"conv{n}_block1_0_bn" for n in (5, 4, 3, 2)},
    "EfficientNetB0": {f"block {n}": f"block{n}a_expand_conv" for n in (7, 6, 5, 4, 3, 2)},
    "MobileNetV2": {f"block {n}": f"block_{n}_expand" for n in (15, 13, 10, 6, 3)},
    "MobileNet": {f"block {n}": f"conv_dw_{n}" for n in (11, 9, 7, 5, 3)},
}
BACKBONE_NAMES = tuple(UNFREEZE_BLOCKS)
RANDOM_BACKBONES = ("EfficientNetB0",)  # skip paths at random in training, in their frozen part too
