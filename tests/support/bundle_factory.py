"""Makes a small real bundle: a Keras network with random weights, its export, and a card with the right hashes."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from xray_model.bundles.card import ModelCard
from xray_model.evaluation.calibration import Calibration
from xray_model.evaluation.operating_points import OperatingPoint

SIZE = 64  # pixels
CELLS = 4  # of the feature map's side
CHANNELS = 8
POINTS = (("screening", 0.3), ("balanced", 0.5), ("rule-in", 0.7))


def write_tiny_bundle(folder: Path) -> Path:
    """Write a bundle to `folder`, whose name becomes the bundle's."""
    from xray_model.models.export import export_litert

    folder.mkdir(parents=True)
    classifier = tiny_classifier()
    classifier.save(folder / "model.keras")
    export_litert(classifier, folder / "model.tflite")
    write_card(folder, tiny_card(folder.name))
    return folder


def tiny_classifier() -> Any:
    """A small `keras.Model` with the contract's layer names and a feature map."""
    import keras
    from keras import layers

    keras.utils.set_random_seed(7)
    scaled = keras.Input((SIZE, SIZE, 1))
    features = layers.Conv2D(CHANNELS, 16, strides=16, activation="relu")(scaled)
    grey = keras.Input((SIZE, SIZE), name="grey", dtype="float32")
    x = layers.Rescaling(1 / 255)(layers.Reshape((SIZE, SIZE, 1))(grey))
    x = keras.Model(scaled, features, name="backbone")(x)
    x = layers.GlobalAveragePooling2D(name="pooler")(x)
    x = layers.Dense(6, activation="relu")(x)
    logit = layers.Dense(1, name="logit")(x)
    return keras.Model(grey, layers.Activation("sigmoid", name="score")(logit))


def tiny_card(name: str, **changes: Any) -> ModelCard:
    """A card whose files are not hashed yet."""
    fields: dict[str, Any] = {
        "name": name,
        "version": 1,
        "backbone": "tiny",
        "input_size": SIZE,
        "calibration": Calibration(2.0, 0.1),
        "operating_points": tuple(
            OperatingPoint(point, threshold, 0.9, 0.8, (0.85, 0.95), (0.7, 0.9), 100, "random weights: no data")
            for point, threshold in POINTS
        ),
        "default_operating_point": "balanced",
        "evidence_reference": 0.01,
        "population": "nobody: random weights",
        "created": "2026-01-01",
        "licence": "Apache-2.0",
        "data_licence": "none",
    }
    return ModelCard(**(fields | changes))


def with_lungs(source: Path, folder: Path, lungs: str, **fields: Any) -> Path:
    """A copy of a bundle whose card has this `lungs` and these other fields; `card.json` itself is not hashed."""
    shutil.copytree(source, folder)
    edit_card(folder, lambda card: card.update(lungs=lungs, **fields))
    return folder


def write_card(folder: Path, card: ModelCard) -> None:
    """Hash the folder's files into `card.json`."""
    names = sorted(path.name for path in folder.iterdir() if path.name != "card.json")
    hashes = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names}
    (folder / "card.json").write_text(card.to_json(), encoding="utf-8")
    edit_card(folder, lambda fields: fields.update(files=hashes))


def edit_card(folder: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    """Let `change` alter the fields of `card.json` in place."""
    path = folder / "card.json"
    fields = json.loads(path.read_text(encoding="utf-8"))
    change(fields)
    path.write_text(json.dumps(fields), encoding="utf-8")
