"""One radiograph, one network, several runtimes: each contestant is a function that returns the logit."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import onnxruntime
import openvino
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter

import xray_model
from tests.benchmarks.names import GATED, LITERT, ONNX, OPENVINO, OPENVINO_DEFAULT, OURS, PLAIN, USUAL
from xray_model.models.export import explained_model, write_litert

THREADS = os.cpu_count() or 1

Contestant = Callable[[], float]


def contestants(bundle: xray_model.Bundle, radiograph: xray_model.Radiograph, folder: Path) -> dict[str, Contestant]:
    """All of them, on the same bundle and radiograph. folder: for the exported files."""
    classifier = xray_model.load_classifier(bundle.folder)
    grey = radiograph.grey(bundle.card.input_size)[None]
    classifier(grey)  # the exporters want a model that has been called
    onnx_file = export_onnx(classifier, grey, folder)
    return {
        OURS: ours(replace(bundle, finder=None), radiograph),
        GATED: ours(bundle, radiograph),
        PLAIN: plain_litert(classifier, radiograph, folder),
        LITERT: exported_litert(bundle, grey),
        ONNX: onnx_runtime(onnx_file, grey),
        OPENVINO: open_vino(onnx_file, grey, {"INFERENCE_PRECISION_HINT": "f32"}),
        OPENVINO_DEFAULT: open_vino(onnx_file, grey, {}),
        USUAL: usual_recipe(classifier, grey),
    }


def ours(bundle: xray_model.Bundle, radiograph: xray_model.Radiograph) -> Contestant:
    """What a page calls: calibrated probability, decision, and the heatmap's values; with a finder the gate before."""

    def run() -> float:
        analysis = xray_model.analyze(radiograph, bundle)
        assert analysis.heatmap.values.size
        return analysis.prediction.logit

    return run


def plain_litert(classifier: keras.Model, radiograph: xray_model.Radiograph, folder: Path) -> Contestant:
    """The network without the tensors that explain it, through the interpreter's shortest way; from the radiograph,
    as `ours`, for both must bring it to the network's size."""
    size = int(classifier.input.shape[1])
    path = folder / "plain.tflite"
    network = keras.Model(classifier.input, {"logit": classifier.get_layer("logit").output})
    write_litert(network, path)
    interpreter = Interpreter(model_path=str(path), num_threads=THREADS)
    interpreter.allocate_tensors()
    source = interpreter.get_input_details()[0]["index"]
    target = interpreter.get_output_details()[0]["index"]

    def run() -> float:
        interpreter.set_tensor(source, radiograph.grey(size)[None])
        interpreter.invoke()
        return float(interpreter.get_tensor(target)[0, 0])

    return run


def exported_litert(bundle: xray_model.Bundle, grey: np.ndarray) -> Contestant:
    """The bundle's network with its three outputs, and nothing made of them."""
    return lambda: float(bundle.runtime.forward(grey).logit[0])


def export_onnx(classifier: keras.Model, grey: np.ndarray, folder: Path) -> Path:
    """The network that the bundle ships, three outputs, as ONNX."""
    path = folder / "model.onnx"
    network = explained_model(classifier)
    network(grey)
    network.export(str(path), format="onnx", verbose=False)
    return path


def onnx_runtime(path: Path, grey: np.ndarray) -> Contestant:
    """ONNX Runtime's own CPU kernels."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = THREADS
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    feed = {session.get_inputs()[0].name: grey}
    return lambda: float(dict(zip(names, session.run(names, feed), strict=True))["logit"].item())


def open_vino(path: Path, grey: np.ndarray, precision: dict[str, str]) -> Contestant:
    """OpenVINO; without a precision it computes in bfloat16 where the processor can."""
    core = openvino.Core()
    model = core.read_model(str(path))
    model.reshape({model.inputs[0].any_name: list(grey.shape)})
    settings = {"INFERENCE_NUM_THREADS": THREADS, "PERFORMANCE_HINT": "LATENCY"}
    request = core.compile_model(model, "CPU", settings | precision).create_infer_request()
    return lambda: float(request.infer([grey])["logit"].item())


def usual_recipe(classifier: keras.Model, grey: np.ndarray) -> Contestant:
    """What most apps do: `predict()`, then Grad-CAM by a tape through the whole network."""
    taped = keras.Model(classifier.input, [classifier.get_layer("pooler").input, classifier.get_layer("logit").output])

    def run() -> float:
        assert classifier.predict(grey, verbose=0).size == 1
        with tf.GradientTape() as tape:
            feature_map, logit = taped(grey)
        weights = tf.reduce_mean(tape.gradient(logit, feature_map), axis=(1, 2), keepdims=True)
        heatmap = tf.nn.relu(tf.reduce_sum(feature_map * weights, axis=-1))
        assert heatmap.numpy().size
        return float(logit[0, 0])

    return run
