"""The network of a run: its start weights, the layers that learn in a phase, and its optimizer."""

from __future__ import annotations

import keras
from keras import ops

from xray_model.bundles.default_backbone import body_words
from xray_model.bundles.folders import find_bundle
from xray_model.errors import InvalidConfig
from xray_model.explanation.lung_pooling import LEAST_FIELD
from xray_model.models.classifier import build_classifier, freeze_backbone, load_classifier, unfreeze_backbone
from xray_model.models.export import head_layers
from xray_model.recipes.config import BUNDLED, KERAS_OPTIMIZERS, Phase, TrainingConfig
from xray_model.training.accelerator import FULL, find_device
from xray_model.training.metrics import METRICS

PREDICT_BATCH = 64
LUNGS = "lungs"  # the name of the second input of a network that pools over them
SGD_MOMENTUM = 0.9  # what every textbook means by SGD for images


class Learner(keras.Model):
    """A network whose running figures go on from batch to batch: Keras' own begin anew at every `train_on_batch`."""

    @classmethod
    def of(cls, network: keras.Model) -> Learner:
        """The same layers and weights; compile it afterwards."""
        return cls(network.input, network.output, name="learner")

    def begin_figures(self) -> None:
        """Begin loss and metrics anew, as an epoch does."""
        super().reset_metrics()

    def reset_metrics(self) -> None:
        """Does nothing, so that figures go on: see `begin_figures`."""


def start_model(config: TrainingConfig) -> keras.Model:
    """The classifier before its first step, in the device's precision.

    Raises `InvalidConfig`, `InvalidBundle` and `WeightsUnavailable`.
    """
    weights = None if config.weights == BUNDLED else config.weights
    model = _classifier(config, weights, find_device().precision)
    if config.weights == BUNDLED:
        _take_bundled_weights(model, config.keep_head and config.head == "linear")
    return model


def full_precision(model: keras.Model, config: TrainingConfig) -> keras.Model:
    """The same network, computing in float32 throughout, as bundles have it."""
    if find_device().precision == FULL:
        return model
    full = _classifier(config, None, FULL)
    full.set_weights(model.get_weights())
    return full


def _classifier(config: TrainingConfig, weights: str | None, precision: str) -> keras.Model:
    return build_classifier(
        config.backbone,
        weights=weights,
        head=config.head,
        scaling=config.scaling,
        input_size=config.input_size,
        last_layer=config.last_layer,
        alpha=config.alpha,
        dropout=config.dropout,
        seed=config.seed,
        precision=precision,
    )


def _take_bundled_weights(model: keras.Model, with_head: bool) -> None:
    bundled = load_classifier(find_bundle())
    source = bundled.get_layer("backbone").get_weights()
    body = model.get_layer("backbone")
    if [weight.shape for weight in source] != [tuple(weight.shape) for weight in body.weights]:
        raise InvalidConfig(
            f"The bundled start weights fit the bundled backbone only: choose {body_words()}, or start from imagenet "
            "or none."
        )
    body.set_weights(source)
    if with_head:
        model.get_layer("logit").set_weights(bundled.get_layer("logit").get_weights())


def lung_pooled_model(model: keras.Model) -> keras.Model:
    """The classifier with a second input, `lungs` (n, h, w): the share of each map cell that its pooler counts.

    It shares every layer with the classifier: what it learns, the classifier has learned. Linear heads only.
    """
    feature_map = model.get_layer("pooler").input
    shares = shares_input(feature_map)
    return keras.Model({"grey": model.input, LUNGS: shares}, score_of(model, feature_map, shares))


def shares_input(feature_map: keras.KerasTensor) -> keras.KerasTensor:
    """The input `lungs` beside a feature map (n, h, w, c)."""
    return keras.Input(feature_map.shape[1:3], name=LUNGS, dtype="float32")


def score_of(
    model: keras.Model, feature_map: keras.KerasTensor, shares: keras.KerasTensor | None = None
) -> keras.KerasTensor:
    """`score` (n, 1) of a feature map, by the classifier's own layers; pooled over the lungs where `shares` say so."""
    pooled = model.get_layer("pooler")(feature_map) if shares is None else _over_shares(feature_map, shares)
    for layer in head_layers(model):
        pooled = layer(pooled)
    return model.get_layer("score")(pooled)


def _over_shares(feature_map: keras.KerasTensor, shares: keras.KerasTensor) -> keras.KerasTensor:
    height, width = feature_map.shape[1:3]
    weights = keras.layers.Reshape((height, width, 1))(shares)
    least = LEAST_FIELD * height * width
    return ops.sum(feature_map * weights, axis=(1, 2)) / ops.maximum(ops.sum(weights, axis=(1, 2)), least)


def set_freedom(model: keras.Model, phase: Phase) -> None:
    """Freeze and unfreeze as the phase says; compile afterwards."""
    if phase.unfreeze == "none":
        freeze_backbone(model)
    else:
        unfreeze_backbone(model, from_layer=None if phase.unfreeze == "all" else phase.unfreeze)


def compile_model(model: keras.Model, phase: Phase, config: TrainingConfig, steps: int) -> None:
    """Optimizer, loss and metrics of a phase with `steps` batches in an epoch."""
    rate = phase.learning_rate
    if phase.schedule == "cosine":
        rate = keras.optimizers.schedules.CosineDecay(rate, phase.epochs * steps)
    momentum = config.weight_averaging
    options = {"use_ema": momentum > 0, "ema_momentum": momentum or 0.99, "ema_overwrite_frequency": None}
    if config.optimizer == "sgd":
        options["momentum"] = SGD_MOMENTUM
    model.compile(
        getattr(keras.optimizers, KERAS_OPTIMIZERS[config.optimizer])(rate, **options),
        keras.losses.BinaryCrossentropy(label_smoothing=config.label_smoothing),
        metrics=[kind(name=name) for name, kind in METRICS.items()],
    )
    model.optimizer.build(model.trainable_variables)
