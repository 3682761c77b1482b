"""Settings of a run that takes seconds."""

from xray_model.recipes.config import Phase, TrainingConfig

TINY = TrainingConfig(
    "MobileNet",
    weights=None,
    last_layer="conv_pw_3_relu",
    alpha=0.25,
    input_size=64,
    phases=(Phase("head", 1, 1e-3), Phase("fine-tune", 2, 1e-3, unfreeze="all", schedule="cosine")),
    batch=8,
    phantoms=8,
    mixup=0.2,
    weight_averaging=0.9,
    validation_share=0.3,
)
