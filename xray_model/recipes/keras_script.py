"""The chosen settings as a short, self-contained Keras script, to read, copy and run."""

from __future__ import annotations

from xray_model.bundles.card import KERAS_FILE, POOLED
from xray_model.recipes.config import BUNDLED, KERAS_OPTIMIZERS, Phase, TrainingConfig

MODULES = {
    "ResNet50": "resnet",
    "DenseNet121": "densenet",
    "EfficientNetB0": "efficientnet",
    "MobileNetV2": "mobilenet_v2",
}  # others: lower case


def keras_script(config: TrainingConfig) -> str:
    """A script that runs as it stands on `FOLDER/NORMAL` and `FOLDER/PNEUMONIA` (its only argument).

    It keeps the network, the phases and the rules. It leaves out what takes more than a line: cached features, pooling
    over the lungs, mixup, phantoms, splitting by patient; and of the augmentation it keeps the geometry that Keras
    has layers for.
    """
    parts = [
        _opening(config),
        _backbone(config),
        _head(config),
        *(_phase(config, index, phase) for index, phase in enumerate(config.phases)),
        'model.save("my_model.keras")\n',
    ]
    return "\n".join(parts)


def _opening(config: TrainingConfig) -> str:
    size = config.input_size
    return f"""import sys

import keras

keras.utils.set_random_seed({config.seed})
train, val = keras.utils.image_dataset_from_directory(
    sys.argv[1], class_names=["NORMAL", "PNEUMONIA"], label_mode="binary", color_mode="rgb",
    image_size=({size}, {size}), batch_size={config.batch}, seed={config.seed},
    validation_split={config.validation_share}, subset="both",
)
{_augmentation(config)}"""


def _augmentation(config: TrainingConfig) -> str:
    policy = config.augmentation
    lines = []
    if policy.rotation:
        lines.append(f"keras.layers.RandomRotation({policy.rotation / 360:.4f})")
    if policy.width_shift or policy.height_shift:
        lines.append(f"keras.layers.RandomTranslation({policy.height_shift}, {policy.width_shift})")
    if policy.zoom:
        lines.append(f"keras.layers.RandomZoom({policy.zoom})")
    if policy.horizontal_flip:
        lines.append('keras.layers.RandomFlip("horizontal")')
    if not lines:
        return ""
    applied = "train = train.map(lambda x, y: (augment(x, training=True), y))"
    return f"augment = keras.Sequential([{', '.join(lines)}])\n{applied}\n"


def _backbone(config: TrainingConfig) -> str:
    shape = f"({config.input_size}, {config.input_size}, 3)"
    if config.weights == BUNDLED:
        return (
            "# Keras opens the bundle without this app's code; `backbone` is one of its layers.\n"
            f'bundle = keras.models.load_model("{_bundle()}/{KERAS_FILE}", compile=False)\n'
            'backbone = bundle.get_layer("backbone")\n'
        )
    alpha = f", alpha={config.alpha}" if config.alpha else ""
    weights = repr(config.weights)
    built = f"keras.applications.{config.backbone}(include_top=False, weights={weights}, input_shape={shape}{alpha})"
    if config.last_layer is None:
        return f"backbone = {built}\n"
    return f'whole = {built}\nbackbone = keras.Model(whole.input, whole.get_layer("{config.last_layer}").output)\n'


def _bundle() -> str:
    from xray_model.bundles.folders import list_bundles

    return f"weights/{list_bundles()[-1]}"


def _head(config: TrainingConfig) -> str:
    unit, pools = config.scaling == "unit", config.lungs == POOLED
    module = MODULES.get(config.backbone, config.backbone.lower())
    scaled = (
        "keras.layers.Rescaling(1 / 255)(image)" if unit else f"keras.applications.{module}.preprocess_input(image)"
    )
    lines = [
        f"image = keras.Input(({config.input_size}, {config.input_size}, 3))",
        f"x = backbone({scaled})",
        *(["# The app's run takes this mean over the lungs alone, which its lung finder outlines."] if pools else []),
        "x = keras.layers.GlobalAveragePooling2D()(x)",
    ]
    if config.head == "article":
        lines += ["x = keras.layers.BatchNormalization()(x)", 'x = keras.layers.Dense(256, activation="relu")(x)']
    lines.append(f"x = keras.layers.Dropout({config.dropout})(x)")
    if config.head == "article":
        lines.append("x = keras.layers.BatchNormalization()(x)")
    lines.append('model = keras.Model(image, keras.layers.Dense(1, activation="sigmoid")(x))')
    if config.keep_head and config.weights == BUNDLED and config.head == "linear":
        lines.append('model.layers[-1].set_weights(bundle.get_layer("logit").get_weights())')
    return "\n".join(lines) + "\n"


def _phase(config: TrainingConfig, index: int, phase: Phase) -> str:
    return (
        "\n".join([f"# Phase {index + 1}: {phase.name}", *_freedom(phase), *_compile(config, phase), *_fit(phase)])
        + "\n"
    )


def _freedom(phase: Phase) -> list[str]:
    if phase.unfreeze == "none":
        return ["backbone.trainable = False"]
    lines = ["backbone.trainable = True", "learns = " + repr(phase.unfreeze == "all"), "for layer in backbone.layers:"]
    if phase.unfreeze != "all":
        lines.append(f'    learns = learns or layer.name == "{phase.unfreeze}"')
    lines.append("    layer.trainable = learns and not isinstance(layer, keras.layers.BatchNormalization)")
    return lines


def _compile(config: TrainingConfig, phase: Phase) -> list[str]:
    rate = f"{phase.learning_rate}"
    if phase.schedule == "cosine":
        rate = f"keras.optimizers.schedules.CosineDecay({rate}, {phase.epochs} * len(train))"
    more = ", momentum=0.9" if config.optimizer == "sgd" else ""
    if config.weight_averaging:
        more += f", use_ema=True, ema_momentum={config.weight_averaging}"
    return [
        "model.compile(",
        f"    keras.optimizers.{KERAS_OPTIMIZERS[config.optimizer]}({rate}{more}),",
        f"    keras.losses.BinaryCrossentropy(label_smoothing={config.label_smoothing}),",
        '    metrics=["accuracy", keras.metrics.AUC(name="auc")],',
        ")",
    ]


def _fit(phase: Phase) -> list[str]:
    rules = []
    if phase.schedule == "plateau":
        rules.append('keras.callbacks.ReduceLROnPlateau("val_accuracy", factor=0.2, patience=3, mode="max")')
    if phase.early_stopping:
        rules.append(
            f'keras.callbacks.EarlyStopping("val_accuracy", patience={phase.early_stopping}, '
            'restore_best_weights=True, mode="max")'
        )
    return [
        "# Not shuffled here: `train` draws a new order for each epoch by itself.",
        f"model.fit(train, validation_data=val, epochs={phase.epochs}, callbacks=[{', '.join(rules)}], shuffle=False)",
    ]
