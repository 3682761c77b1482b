"""The last step of a bundle: its prose card, and the hash of every file in `card.json`."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

from xray_model.bundles.card import CARD_FILE, KERAS_FILE, MODEL_FILE, ModelCard
from xray_model.bundles.card_text import render_model_card
from xray_model.bundles.judged import NOTE, check_judged
from xray_model.bundles.validation_answers import ANSWERS_FILE
from xray_model.errors import InvalidConfig

PROSE = "MODEL_CARD.md"
HASHED = (KERAS_FILE, MODEL_FILE, PROSE, "history.csv", "golden.json", ANSWERS_FILE, "DATA_LICENSE")


def enter_judged(folder: Path, judged: dict[str, Any]) -> ModelCard:
    """Put figures that somebody else measured, {"date", "figures"}, into a bundle's cards; raises `InvalidConfig`."""
    card = ModelCard.from_file(folder / CARD_FILE)
    return seal(replace(card, judged={"note": NOTE} | card.judged | check_judged(judged)), folder)


def enter_audit(folder: Path, figures: dict[str, Any]) -> ModelCard:
    """Put an audit's figures into the cards of the bundle that was audited; raises `InvalidConfig` for another one."""
    card = ModelCard.from_file(folder / CARD_FILE)
    if not card.files.get(MODEL_FILE, "").startswith(figures["hash"]):
        raise InvalidConfig(f"These are figures of {figures['bundle']}, another network than {card.name}'s.")
    return seal(replace(card, audit=figures), folder)


def seal(card: ModelCard, folder: Path) -> ModelCard:
    """Write the prose card, then hash every file into `card.json`; returns the card with the hashes."""
    (folder / PROSE).write_text(render_model_card(card), encoding="utf-8")
    hashes = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in HASHED}
    sealed = replace(card, files=hashes)
    (folder / CARD_FILE).write_text(sealed.to_json(), encoding="utf-8")
    return sealed
