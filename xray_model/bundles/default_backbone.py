"""The default bundle's backbone, as settings: the only one that the start weights "bundled" fit."""

from __future__ import annotations

from typing import Any

from xray_model.bundles.card import CARD_FILE, ModelCard
from xray_model.bundles.folders import find_bundle
from xray_model.errors import InvalidBundle

SHAPE = ("backbone", "last_layer", "alpha")  # the settings that its weights fit
BODY = (*SHAPE, "scaling", "input_size", "lungs")  # and those that it was trained with


def bundled_body() -> dict[str, Any]:
    """The settings in `BODY`, by name, from the card; empty when there is no bundle or its card lacks one of them."""
    try:
        settings = ModelCard.from_file(find_bundle() / CARD_FILE).training.get("config", {})
    except InvalidBundle:
        return {}
    return {name: settings[name] for name in BODY} if all(name in settings for name in BODY) else {}


def body_words() -> str:
    """The backbone in a sentence, such as "MobileNetV2 cut at block_13_expand_relu"."""
    body = bundled_body()
    if not body:
        return "no backbone, as there is no bundle"
    cut = f" cut at {body['last_layer']}" if body["last_layer"] else ""
    width = f", width {body['alpha']}" if body["alpha"] not in (None, 1) else ""
    return f"{body['backbone']}{cut}{width}"


def is_bundled_shape(config: Any) -> bool:
    """True when the settings (a `TrainingConfig`) name the backbone, cut and width that the bundled weights fit."""
    body = bundled_body()
    same = all(getattr(config, name) == body.get(name) for name in ("backbone", "last_layer"))
    return bool(body) and same and (config.alpha or 1) == (body["alpha"] or 1)
