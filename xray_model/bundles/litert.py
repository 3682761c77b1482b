"""The exported network, run by LiteRT: grey levels in; feature map, head gradient and logit out."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter, SignatureRunner
from numpy.typing import NDArray

from xray_model.errors import InvalidBundle
from xray_model.explanation.heatmap import signed_evidence

SIGNATURE = "serving_default"  # the name that Keras gives it
INPUT = "grey"
MOST_THREADS = 8  # a container's quota is often far below the cores that it sees
OUTPUTS = ("feature_map", "pooler_gradient", "logit")
LAYERS = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED")  # steps with weights, their second input


@dataclass(frozen=True, eq=False)
class Forward:
    """One pass over n images. feature_map: (n, h, w, c). pooler_gradient: (n, c), of the logit. logit: (n,)."""

    feature_map: NDArray[np.float32]
    pooler_gradient: NDArray[np.float32]
    logit: NDArray[np.float32]

    def evidence(self) -> NDArray[np.float32]:
        """Signed evidence (n, h, w), logits per cell: see `signed_evidence`."""
        return signed_evidence(self.feature_map, self.pooler_gradient)


def usable_cores() -> int:
    """Cores that this process may use, at most `MOST_THREADS`; in a container they may be fewer than the machine's."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(cores, MOST_THREADS)


class Runtime:
    """A `model.tflite` ready to run, safe to share between threads.

    Images go through one by one, whatever their number: measured on MobileNet and MobileNetV2, batches of 2 to 32 are
    no faster, cost memory, and an image's answer would depend on its neighbours in the last digits.
    """

    def __init__(self, path: Path, threads: int | None = None) -> None:
        """path: an exported network, else `InvalidBundle`. threads: without a number the cores, at most 8."""
        self._name = path.name
        self._runner = open_signature(path, threads, OUTPUTS)
        self._lock = threading.Lock()
        self.input_size = int(self._runner.get_input_details()[INPUT]["shape"][1])

    def forward(self, grey: NDArray[np.float32]) -> Forward:
        """Run float32 (n, size, size) grey levels 0-255 through the network, n at least 1."""
        expected = (len(grey), self.input_size, self.input_size)
        if grey.shape != expected or not len(grey):
            raise ValueError(f"Got a batch of shape {grey.shape}; expected {expected} with at least one image.")
        passes = [self._run(grey[i : i + 1]) for i in range(len(grey))]
        feature_map, gradient, logit = (np.concatenate([outputs[name] for outputs in passes]) for name in OUTPUTS)
        if not np.isfinite(logit).all():
            raise InvalidBundle(f"{self._name} answers with something that is no number. Fetch the bundle again.")
        return Forward(feature_map, gradient, logit[:, 0])

    def _run(self, grey: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
        with self._lock:  # held for one image only: nobody waits for somebody else's hundred
            return self._runner(**{INPUT: grey.astype(np.float32, copy=False)})


def open_signature(path: Path, threads: int | None, outputs: tuple[str, ...]) -> SignatureRunner:
    """The one signature of an exported network, which takes `grey`, float32 (1, size, size), and gives `outputs`.

    threads: without a number the cores, at most 8. Raises `InvalidBundle` for any other file.
    """
    try:
        interpreter = Interpreter(model_path=str(path), num_threads=threads or usable_cores())
        interpreter.allocate_tensors()
        runner = interpreter.get_signature_runner(SIGNATURE)
    except (ValueError, RuntimeError) as error:
        raise InvalidBundle(f"{path.name} is not an exported network. Fetch the bundle again.") from error
    takes, gives = runner.get_input_details(), set(runner.get_output_details())
    if set(takes) != {INPUT} or gives != set(outputs):
        raise InvalidBundle(
            f"{path.name} takes {sorted(takes)} and gives {sorted(gives)}; expected {INPUT} and {sorted(outputs)}."
        )
    if len(takes[INPUT]["shape"]) != 3 or takes[INPUT]["dtype"] != np.float32:
        raise InvalidBundle(f"{path.name} takes an input of another kind; expected float32 (n, size, size).")
    return runner


def layer_weights(path: Path) -> list[tuple[int, int]]:
    """(start, length) in bytes of each convolution's and dense layer's float32 weights, in the order of execution.

    A layer is left out whose weights are all alike, or are not found in the file exactly once.
    """
    interpreter, content = Interpreter(model_path=str(path)), path.read_bytes()
    interpreter.allocate_tensors()
    places: list[tuple[int, int]] = []
    for step in interpreter._get_ops_details():  # the only list of steps that LiteRT gives
        if step["op_name"] in LAYERS:
            weights = interpreter.get_tensor(int(step["inputs"][1]))
            place = (content.find(weights.tobytes()), weights.nbytes)
            if np.ptp(weights) > 0 and content.count(weights.tobytes()) == 1 and place not in places:
                places.append(place)
    return places
