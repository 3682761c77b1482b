"""A bundle whose layers have lost what they learned, from the top down: what is left of its maps then?

Adebayo et al., NeurIPS 2018: a map that looks the same for a network with random weights explains nothing. Here each
layer's weights are shuffled, which keeps their distribution, in the exported file itself: Keras is not needed.
"""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np

from xray_model.bundles.bundle import Bundle
from xray_model.bundles.card import MODEL_FILE
from xray_model.bundles.litert import Runtime, layer_weights


def shuffled(bundle: Bundle, layers: int | None = None, seed: int = 0) -> Bundle:
    """The bundle with the weights of its last `layers` layers shuffled, the head being the last; None: of all."""
    path = bundle.folder / MODEL_FILE
    content, rng = bytearray(path.read_bytes()), np.random.default_rng(seed)
    for start, length in layer_weights(path)[::-1][:layers]:
        weights = np.frombuffer(bytes(content[start : start + length]), np.float32)
        content[start : start + length] = rng.permutation(weights).tobytes()
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / MODEL_FILE
        copy.write_bytes(content)
        return replace(bundle, runtime=Runtime(copy))
