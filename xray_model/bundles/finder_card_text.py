"""The lung finder's card in words: `finder_card.md` filled in from `finder.json`."""

from __future__ import annotations

from pathlib import Path

from xray_model.bundles.finder_card import KERAS, LITERT, FinderCard
from xray_model.explanation.lung_signs import ALARM as SIGN_ALARM
from xray_model.notice import NOTICE

TEMPLATE = Path(__file__).with_name("finder_card.md")


def render_finder_card(card: FinderCard) -> str:
    """The text of `FINDER_CARD.md`."""
    warned = ", ".join(f"{sign} {count}" for sign, count in card.evaluation["adults_warned"].items())
    figures = {"keras": KERAS, "litert": LITERT, "sign_alarm": SIGN_ALARM, "warned": warned, **card.evaluation}
    return TEMPLATE.read_text(encoding="utf-8").format(card=card, notice=NOTICE, **figures)
