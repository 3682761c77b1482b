"""Golden answers of a bundle: phantoms that anybody can draw again, and what the network said of them when made."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xray_model.imaging.resize import input_grey
from xray_model.phantoms import UPLOAD_SIZE, draw_phantom

GOLDEN_SEEDS = (1, 2, 3, 4, 5, 6)


def golden_inputs(size: int) -> NDArray[np.float32]:
    """The phantoms of `GOLDEN_SEEDS` as grey levels 0-255, float32 (n, size, size)."""
    drawn = [input_grey(draw_phantom(seed, size=UPLOAD_SIZE).pixels, size) for seed in GOLDEN_SEEDS]
    return np.stack(drawn).astype(np.float32)


def golden_text(inputs: NDArray[np.float32], logits: NDArray[np.float32], evidence: NDArray[np.float32]) -> str:
    """`golden.json`: a record per input. The input's mean tells a changed phantom from a changed network."""
    records: list[dict[str, Any]] = [
        {
            "phantom_seed": seed,
            "input_mean": round(float(image.mean()), 3),
            "logit": round(float(logit), 5),
            "evidence_maximum": round(float(cells.max()), 5),
            "evidence_minimum": round(float(cells.min()), 5),
        }
        for seed, image, logit, cells in zip(GOLDEN_SEEDS, inputs, logits, evidence, strict=True)
    ]
    return json.dumps({"phantom_size": UPLOAD_SIZE, "records": records}, indent=2) + "\n"
