"""Where a lesson's heads look: their evidence on a few films, and how often it is strongest on the marker."""

from __future__ import annotations

import base64
from typing import Any

import cv2
import keras
import numpy as np
from numpy.typing import NDArray

from xray_model.bundles.card import POOLED
from xray_model.explanation.lung_pooling import over_lungs
from xray_model.recipes.lessons.lesson import Training
from xray_model.training.lessons.features import Backbones
from xray_model.training.lessons.images import is_on_marker
from xray_model.training.lessons.learn import Matter

FILMS, SHOWN = 40, 3  # PNEUMONIA films whose maps are computed, and shown


def look(training: Training, matter: Matter, network: keras.Model, backbones: Backbones) -> list[dict[str, Any]]:
    """Events: a `measure`, then pictures with their signed evidence, logits per cell."""
    images = backbones.images
    index = [int(i) for i in images.held_out if images.labels[i]][:FILMS]
    evidence = np.stack([_evidence(training, matter, network, backbones, i) for i in index])
    peaks = evidence.reshape(len(index), -1).argmax(axis=1)
    cells = evidence.shape[2]
    share = float(np.mean([is_on_marker(int(peak) // cells, int(peak) % cells, cells) for peak in peaks]))
    pictures = [
        {
            "kind": "picture",
            "png": base64.b64encode(cv2.imencode(".png", images.telling[i])[1].tobytes()).decode("ascii"),
            "shape": list(cell.shape),
            "evidence": [float(f"{value:.3g}") for value in cell.ravel()],
        }
        for i, cell in zip(index[:SHOWN], evidence, strict=False)
    ]
    return [{"kind": "measure", "values": {"peak_on_marker": share}}, *pictures]


def _evidence(
    training: Training, matter: Matter, network: keras.Model, backbones: Backbones, index: int
) -> NDArray[np.float32]:
    """(h, w): what each cell adds to the logit of a film with its marker."""
    images = backbones.images
    found = backbones.maps(training)(images.telling[index : index + 1])[0]
    if training.lungs == POOLED:
        found = over_lungs(found, images.lungs[index : index + 1])
    assert matter.scale is not None
    weights = np.asarray(network.get_layer("logit").kernel)[:, 0] / matter.scale[1]
    return np.asarray((found[0] * weights).sum(axis=-1) / (found.shape[1] * found.shape[2]), np.float32)
