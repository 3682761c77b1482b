"""Export to LiteRT, with the two tensors that explanations need beside the logit."""

from __future__ import annotations

import math
import tempfile
from itertools import pairwise
from pathlib import Path
from typing import TypeAlias

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops
from numpy.typing import NDArray

from xray_model.errors import InvalidConfig

Gradient: TypeAlias = (
    NDArray[np.float32] | keras.KerasTensor
)  # one row for all images, until a ReLU makes it differ between them

LARGE = 50_000  # weights in one variable: 200 KB


def export_litert(classifier: keras.Model, path: str | Path) -> None:
    """Write the network that explains itself, as one LiteRT signature.

    classifier: from `build_classifier`, in its present state; later training does not reach the file.
    path: ends in `.tflite`. In the file, `grey` (n, size, size) with n free is the input; the outputs, by name, are
    `feature_map` (n, h, w, c), `pooler_gradient` (n, c) and `logit` (n, 1), all float32.
    Raises `InvalidConfig` for another suffix, and for a head layer whose gradient this module cannot write.
    """
    if Path(path).suffix != ".tflite":
        raise InvalidConfig(f"Got the suffix {Path(path).suffix!r}; expected a path that ends in .tflite.")
    write_litert(explained_model(classifier), path)


def write_litert(network: keras.Model, path: str | Path) -> None:
    """Write a network of one named input and outputs by name as one LiteRT signature, `serving_default`.

    The same operators as from Keras' `network.export(path, format="litert")`, in a quarter of the time for MobileNetV2
    and in less memory: that traces every layer as an object that could be loaded again, and the converter then makes
    constants of all weights, which takes time for each. Here small ones are constants from the start. Large ones stay
    variables until then: of large constants there would be several copies.
    """
    learned, fixed = (
        [variable.value if _is_large(variable) else tf.constant(np.asarray(variable)) for variable in variables]
        for variables in (network.trainable_variables, network.non_trainable_variables)
    )
    call = tf.function(
        lambda grey: network.stateless_call(learned, fixed, grey, training=False)[0],
        input_signature=[tf.TensorSpec(network.input.shape, network.input.dtype, network.input.name)],
        autograph=False,
    )
    module = tf.Module()
    module.variables_of_call = [variable.value for variable in network.variables if _is_large(variable)]
    with tempfile.TemporaryDirectory() as folder:
        tf.saved_model.save(module, folder, signatures=call)
        Path(path).write_bytes(tf.lite.TFLiteConverter.from_saved_model(folder).convert())


def _is_large(variable: keras.Variable) -> bool:
    """True when a copy would take much memory."""
    return math.prod(variable.shape) > LARGE


def explained_model(classifier: keras.Model) -> keras.Model:
    """The classifier with the contract's three outputs, as a functional model that shares its layers."""
    outputs = {
        "feature_map": classifier.get_layer("pooler").input,
        "pooler_gradient": pooler_gradient(classifier),
        "logit": classifier.get_layer("logit").output,
    }
    return keras.Model(classifier.input, outputs, name="explained_classifier")


def pooler_gradient(classifier: keras.Model) -> keras.KerasTensor:
    """Gradient (n, c) of the logit at the pooler's output, in inference mode, written forward.

    The converter knows no gradient operators, and needs none: a head is affine but for its ReLUs, so that its gradient
    is a product of constants and masks.
    """
    gradient: Gradient = np.ones((1, 1), np.float32)
    for layer in reversed(head_layers(classifier)):
        gradient = _backward(layer, gradient)
    if isinstance(gradient, keras.KerasTensor):
        return gradient
    # A head without ReLU has one gradient for all images: zero times the logit gives it the batch's length, with no
    # dynamic-shape operator that would push the graph out of XNNPACK.
    logit = classifier.get_layer("logit").output
    return ops.add(ops.matmul(logit, np.zeros_like(gradient)), gradient)


def head_layers(classifier: keras.Model) -> list[layers.Layer]:
    """The layers after `pooler` up to `logit`, in order; `InvalidConfig` unless each feeds only from the one before."""
    names = [layer.name for layer in classifier.layers]
    chain = classifier.layers[names.index("pooler") : names.index("logit") + 1]
    for before, layer in pairwise(chain):
        if layer.input is not before.output:
            raise InvalidConfig(f"The head's layer {layer.name!r} must take its only input from {before.name!r}.")
    return chain[1:]


def _backward(layer: layers.Layer, gradient: Gradient) -> Gradient:
    """Gradient at the layer's output (n or 1, k) -> gradient at its input."""
    if isinstance(layer, layers.Dropout):
        return gradient
    if isinstance(layer, layers.BatchNormalization):
        gamma = 1.0 if layer.gamma is None else np.asarray(layer.gamma)
        return gradient * (gamma / np.sqrt(np.asarray(layer.moving_variance) + layer.epsilon)).astype(np.float32)
    if isinstance(layer, layers.Dense) and layer.activation in (keras.activations.linear, keras.activations.relu):
        if layer.activation is keras.activations.relu:
            gradient = ops.multiply(ops.sign(layer.output), gradient)  # the sign of a ReLU's output is its mask
        kernel = np.asarray(layer.kernel)
        return ops.matmul(gradient, kernel.T) if isinstance(gradient, keras.KerasTensor) else gradient @ kernel.T
    raise InvalidConfig(
        f"The head's layer {layer.name!r} ({type(layer).__name__}) cannot be exported: expected only Dense (linear or "
        "relu), BatchNormalization and Dropout between pooler and logit."
    )
