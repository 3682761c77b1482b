"""One radiograph: probability and heatmap, beside the plain network, other runtimes and the usual recipe."""

from __future__ import annotations

import tempfile
from pathlib import Path

import xray_model
from tests.benchmarks.contestants import THREADS, contestants
from tests.benchmarks.names import GATED, LITERT, ONNX, OPENVINO, OURS, PLAIN, USUAL
from tests.benchmarks.timing import milliseconds, race, ratio
from xray_model.imaging.resize import SIDE

SAME_LOGIT = 1e-2  # what float32 in another order of summation may differ by


def measure_passes(bundle: xray_model.Bundle) -> dict[str, object]:
    """Milliseconds a call, and how the contestants compare within the rounds."""
    radiograph = xray_model.Radiograph.from_array(xray_model.draw_phantom(1, size=SIDE).pixels)
    with tempfile.TemporaryDirectory() as folder:
        runners = contestants(bundle, radiograph, Path(folder))
        logits = {name: run() for name, run in runners.items()}
        apart = {name: logit - logits[OURS] for name, logit in logits.items()}
        assert all(abs(apart[name]) < SAME_LOGIT for name in (PLAIN, LITERT, ONNX, OPENVINO, USUAL)), (
            f"not the same network: {logits}"
        )
        rounds = race(runners)
    best = min((ONNX, OPENVINO), key=lambda name: milliseconds(rounds, name))
    return {
        "threads": THREADS,
        "milliseconds": {name: milliseconds(rounds, name) for name in runners},
        "logit_difference": {name: round(difference, 6) for name, difference in apart.items()},
        "ours_to_plain": ratio(rounds, OURS, PLAIN),
        "gated_to_plain": ratio(rounds, GATED, PLAIN),
        "usual_to_ours": ratio(rounds, USUAL, OURS),
        "best_other_runtime": best,
        "litert_to_best_other": ratio(rounds, LITERT, best),
        "ours_to_best_other": ratio(rounds, OURS, best),
    }
