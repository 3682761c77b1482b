"""Networks with statistics as after training, smooth images for them, and Grad-CAM with a gradient tape."""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter
from keras import layers

SIGNATURE = "serving_default"


def smooth_images(count: int, size: int, seed: int = 0) -> np.ndarray:
    """Random grey levels as smooth as anatomy, float32 (count, size, size), 0-255."""
    coarse = np.random.default_rng(seed).uniform(0, 255, (count, 8, 8, 1)).astype(np.float32)
    return np.clip(tf.image.resize(coarse, (size, size), method="bicubic").numpy()[..., 0], 0, 255)


def with_measured_norms(model: keras.Model, seed: int = 1) -> keras.Model:
    """Give every batch norm statistics as after training: measured, with uneven scale and shift."""
    norms = [layer for layer in model._flatten_layers() if isinstance(layer, layers.BatchNormalization)]
    random = np.random.default_rng(seed)
    for norm in norms:
        if norm.gamma is not None:
            norm.gamma.assign(random.uniform(0.5, 1.5, norm.gamma.shape))
        norm.beta.assign(random.normal(0, 0.2, norm.beta.shape))
        norm.momentum = 0.0
    model(smooth_images(16, model.input_shape[1], seed), training=True)
    for norm in norms:
        norm.momentum = 0.99
        variance = np.asarray(norm.moving_variance)  # of 16 images: near 0 here and there, which magnifies rounding
        norm.moving_variance.assign(np.maximum(variance, 0.3 * variance.mean()))
    return model


def forward(interpreter: Interpreter, images: np.ndarray) -> dict[str, np.ndarray]:
    """The exported network's named outputs for any number of images."""
    interpreter.resize_tensor_input(interpreter.get_input_details()[0]["index"], images.shape, strict=True)
    interpreter.allocate_tensors()
    return interpreter.get_signature_runner(SIGNATURE)(grey=images)


def grad_cam(model: keras.Model, images: np.ndarray) -> dict[float, np.ndarray]:
    """Grad-CAM (Selvaraju et al., 2017) with a gradient tape: sign -> (n, h, w), for so many times the logit."""
    both = keras.Model(model.input, [model.get_layer("pooler").input, model.get_layer("logit").output])
    with tf.GradientTape() as tape:
        feature_map, logit = both(images, training=False)
    weights = tf.reduce_mean(tape.gradient(logit, feature_map), axis=(1, 2), keepdims=True)
    return {sign: tf.nn.relu(tf.reduce_sum(sign * weights * feature_map, axis=-1)).numpy() for sign in (1.0, -1.0)}


def assert_explains_as_grad_cam(model: keras.Model, outputs: dict[str, np.ndarray], images: np.ndarray) -> None:
    """Check evidence from the exported outputs, of both signs, against a tape through the Keras model."""
    cells = outputs["feature_map"].shape[1] * outputs["feature_map"].shape[2]
    evidence = np.einsum("nhwc,nc->nhw", outputs["feature_map"], outputs["pooler_gradient"]) / cells
    maxima = []
    for sign, expected in grad_cam(model, images).items():
        maxima.append(expected.max())
        for got, wanted in zip(np.maximum(sign * evidence, 0), expected, strict=True):
            np.testing.assert_allclose(got, wanted, atol=1e-3 * wanted.max(), rtol=0)
    assert max(maxima) > 0, "both maps are empty: nothing was compared"
