"""A network's answers to many images, through Keras or LiteRT: logits and signed evidence."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import keras
import numpy as np
from numpy.typing import NDArray

from xray_model.bundles.card import POOLED
from xray_model.bundles.litert import Runtime
from xray_model.explanation.heatmap import signed_evidence
from xray_model.models.export import explained_model
from xray_model.recipes.config import TrainingConfig
from xray_model.training.lung_fields import pool_all

CHUNK = 16
Answer: TypeAlias = tuple[NDArray[np.float32], NDArray[np.float32]]  # logits (n,), signed evidence (n, h, w)
Network: TypeAlias = Callable[[NDArray[np.float32]], Answer]  # of images (n, size, size)


def keras_answers(model: keras.Model) -> Network:
    """The classifier itself, in its present state."""
    network = explained_model(model)

    def answer(grey: NDArray[np.float32]) -> Answer:
        out = {name: np.asarray(value) for name, value in network.predict_on_batch(grey).items()}
        return out["logit"][:, 0], signed_evidence(out["feature_map"], out["pooler_gradient"])

    return answer


def litert_answers(file: Path) -> Network:
    """An exported network: what ships, and faster than Keras."""
    runtime = Runtime(file)

    def answer(grey: NDArray[np.float32]) -> Answer:
        out = runtime.forward(grey)
        return out.logit, out.evidence()

    return answer


def answer_images(network: Network, grey: NDArray[Any]) -> Answer:
    """(logits (n,), signed evidence (n, h, w)) of (n, size, size) images, a chunk at a time."""
    chunks = [grey[start : start + CHUNK].astype(np.float32) for start in range(0, len(grey), CHUNK)]
    logits, evidence = zip(*map(network, chunks), strict=True)
    return np.concatenate(logits), np.concatenate(evidence)


def pooled_answers(network: Network, grey: NDArray[Any], config: TrainingConfig) -> Answer:
    """`answer_images` as the app answers: over the lungs alone where the settings say so."""
    logits, evidence = answer_images(network, grey)
    return pool_all(grey, logits, evidence) if config.lungs == POOLED else (logits, evidence)
