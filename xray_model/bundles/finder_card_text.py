"""The lung finder's card in words: `finder_card.md` filled in from `finder.json`."""

from __future__ import annotations

from pathlib import Path

from xray_model.bundles.finder_card import KERAS, LITERT, FinderCard
from xray_model.notice import NOTICE

TEMPLATE = Path(__file__).with_name("finder_card.md")


def render_finder_card(card: FinderCard) -> str:
    """The text of `FINDER_CARD.md`."""
    text = TEMPLATE.read_text(encoding="utf-8")
    return text.format(card=card, notice=NOTICE, keras=KERAS, litert=LITERT, **card.evaluation)
