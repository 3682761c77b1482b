"""What a run costs by backbone, for `xray_model.recipes.costs`: `python -m tests.benchmarks.costs [BACKBONE ...]`.

Each measurement is a process of its own: work an image in GFLOP of this machine's own matrix product on one core (so
that a busy machine gives about the numbers of an idle one), and the peak of its memory, writing the bundle included.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

MODES = {"frozen": (16, "none"), "last": (16, ""), "all 4": (4, "all"), "all 16": (16, "all")}
SIDE, STEPS = 512, 4


def product_seconds() -> float:
    """Processor seconds of one GFLOP of a float32 matrix product."""
    import numpy as np

    matrix = np.ones((SIDE, SIDE), np.float32)
    _ = matrix @ matrix
    began = time.process_time()
    for _ in range(40):
        _ = matrix @ matrix
    return (time.process_time() - began) / 40 / (2 * SIDE**3 / 1e9)


def measure(backbone: str, mode: str) -> dict[str, float | str]:
    """One measurement, in this process."""
    from xray_model.training.worker import prepare_process

    prepare_process()
    from xray_model.datasets.phantom_sets import phantom_images
    from xray_model.recipes.config import UNFREEZE_BLOCKS, Phase, TrainingConfig
    from xray_model.training import write_bundle
    from xray_model.training.features import FeatureStore, keras_maps
    from xray_model.training.lung_fields import LungFields
    from xray_model.training.setup import compile_model, set_freedom, start_model

    batch, unfreeze = MODES[mode]
    phase = Phase("x", 1, 1e-4, unfreeze=unfreeze or next(iter(UNFREEZE_BLOCKS[backbone].values())))
    config = TrainingConfig(backbone, None, phases=(phase,), batch=batch, cached_features=unfreeze == "none")
    images = phantom_images(range(8), 224)
    model = start_model(config)
    set_freedom(model, phase)
    compile_model(model, phase, config, 1)
    chosen = [i % len(images) for i in range(batch)]
    grey, labels = images.grey[chosen].astype("float32"), images.labels[chosen, None].astype("float32")
    if unfreeze == "none":
        store = FeatureStore(keras_maps(model), images.take(chosen), config, LungFields(images.grey[chosen]))
        work = _work(lambda: store.plain(), batch)
    else:
        work = _work(lambda: model.train_on_batch(grey, labels), batch)
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "history.csv").write_text("epoch\n", encoding="utf-8")
        began = time.monotonic()
        making = write_bundle.Making("", range(2))
        write_bundle.write_bundle(model, Path(folder), config, (images, images), making)
        ended = time.monotonic() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    return {"backbone": backbone, "mode": mode, "work": round(work, 2), "mb": round(peak), "bundle_s": round(ended, 1)}


def _work(step: Callable[[], object], images: int) -> float:
    """GFLOP of this machine's matrix product an image, the least of some rounds."""
    step()
    found = []
    for _ in range(STEPS):
        before = product_seconds()
        began = time.process_time()
        step()
        spent = time.process_time() - began
        found.append(spent / images / ((before + product_seconds()) / 2))
    return min(found)


def main() -> None:
    """Measure what is asked for; without a mode, everything in processes of its own."""
    if len(sys.argv) == 3 and sys.argv[2] in MODES:
        print(json.dumps(measure(*sys.argv[1:])))  # noqa: T201
        return
    from xray_model.recipes.config import BACKBONE_NAMES

    for backbone in sys.argv[1:] or BACKBONE_NAMES:
        for mode in MODES:
            command = [sys.executable, "-m", "tests.benchmarks.costs", backbone, mode]
            subprocess.run(
                command, check=True, stderr=subprocess.DEVNULL, env=os.environ | {"OPENBLAS_NUM_THREADS": "1"}
            )


if __name__ == "__main__":
    main()
