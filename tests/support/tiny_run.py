"""Settings of runs that take seconds."""

from dataclasses import replace

from xray_model.augmentation.policy import NONE
from xray_model.datasets.choice import DataChoice
from xray_model.recipes.config import Phase, TrainingConfig

TINY = TrainingConfig(
    "MobileNet",
    weights=None,
    last_layer="conv_pw_1_relu",
    alpha=0.25,
    input_size=64,
    phases=(Phase("head", 1, 1e-3), Phase("fine-tune", 2, 1e-3, unfreeze="all", schedule="cosine")),
    batch=8,
    phantoms=8,
    mixup=0.2,
    weight_averaging=0.9,
    validation_share=0.3,
)

HEAD_ONLY = TrainingConfig(
    "MobileNet",
    weights=None,
    last_layer="conv_pw_1_relu",
    alpha=0.25,
    input_size=64,
    augmentation=NONE,
    phases=(Phase("head", 3, 1e-2),),
    batch=8,
    cached_features=True,
    validation_share=0.25,
)
SLOW = replace(HEAD_ONLY, pace=0.5, phases=(Phase("head", 4, 1e-2),))  # there is time to interfere with it
DATA = DataChoice(count=40)
