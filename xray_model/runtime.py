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
from xray_model.heatmap import signed_evidence

SIGNATURE = "serving_default"  # the name that Keras gives it
INPUT = "grey"
BATCH = 16  # images a pass when there are many: larger batches are no faster and cost memory
OUTPUTS = ("feature_map", "pooler_gradient", "logit")


@dataclass(frozen=True, eq=False)
class Forward:
    """One pass over n images. feature_map: (n, h, w, c). pooler_gradient: (n, c), of the logit. logit: (n,)."""

    feature_map: NDArray[np.float32]
    pooler_gradient: NDArray[np.float32]
    logit: NDArray[np.float32]

    def evidence(self) -> NDArray[np.float32]:
        """Signed evidence (n, h, w), logits per cell: see `signed_evidence`."""
        return signed_evidence(self.feature_map, self.pooler_gradient)


class Runtime:
    """A `model.tflite` ready to run, safe to share between threads.

    It keeps two interpreters, for one image and for `BATCH` images; what does not fill a batch is padded.
    """

    def __init__(self, path: Path, threads: int | None = None) -> None:
        self._path = path
        self._threads = threads or os.cpu_count() or 1
        self._lock = threading.Lock()
        self._runners: dict[int, SignatureRunner] = {}
        self.input_size = int(self._runner(1).get_input_details()[INPUT]["shape"][1])

    def forward(self, grey: NDArray[np.float32]) -> Forward:
        """Run float32 (n, size, size) grey levels 0-255 through the network, n at least 1."""
        expected = (len(grey), self.input_size, self.input_size)
        if grey.shape != expected or not len(grey):
            raise ValueError(f"Got a batch of shape {grey.shape}; expected {expected} with at least one image.")
        step = 1 if len(grey) == 1 else BATCH
        parts = [self._run(grey[start : start + step], step) for start in range(0, len(grey), step)]
        feature_map, gradient, logit = (np.concatenate([part[name] for part in parts]) for name in OUTPUTS)
        return Forward(feature_map, gradient, logit[:, 0])

    def _run(self, grey: NDArray[np.float32], batch: int) -> dict[str, NDArray[np.float32]]:
        padded = np.zeros((batch, *grey.shape[1:]), np.float32)
        padded[: len(grey)] = grey
        with self._lock:
            outputs = self._runner(batch)(**{INPUT: padded})
        return {name: outputs[name][: len(grey)] for name in OUTPUTS}

    def _runner(self, batch: int) -> SignatureRunner:
        if batch not in self._runners:
            self._runners[batch] = _open(self._path, batch, self._threads)
        return self._runners[batch]


def _open(path: Path, batch: int, threads: int) -> SignatureRunner:
    try:
        interpreter = Interpreter(model_path=str(path), num_threads=threads)
        size = int(interpreter.get_input_details()[0]["shape"][1])
        interpreter.resize_tensor_input(interpreter.get_input_details()[0]["index"], (batch, size, size))
        interpreter.allocate_tensors()
        runner = interpreter.get_signature_runner(SIGNATURE)
    except (ValueError, RuntimeError) as error:
        raise InvalidBundle(f"{path.name} is not an exported network. Fetch the bundle again.") from error
    if set(runner.get_output_details()) != set(OUTPUTS):
        raise InvalidBundle(f"{path.name} gives {sorted(runner.get_output_details())}; expected {sorted(OUTPUTS)}.")
    return runner
