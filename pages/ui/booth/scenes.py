"""What the booth shows by itself: phantoms with the model's evidence, a recorded run, the game's best of the day."""

from __future__ import annotations

from typing import Any

from pages.ui.booth import recording
from pages.ui.game.highscores import highscores
from pages.ui.home import showcase
from pages.ui.shared import viewer, wording
from xray_model import DEFAULT_COLORMAP, NORMAL, Bundle

PHANTOMS = ((12, "lobar"), (14, "none"), (13, "patchy"), (16, "lobar"))  # of those on the Home page
GAME = (13, "patchy")
SHOWN = 5  # best games


def scenes(bundle: Bundle) -> list[dict[str, Any]]:
    """All scenes, in their order."""
    first, second, third, fourth = (phantom(bundle, *one) for one in PHANTOMS)
    return [first, second, recording.scene(), third, fourth, best(bundle)]


def phantom(bundle: Bundle, seed: int, finding: str) -> dict[str, Any]:
    """A phantom, where the evidence lies, and the answer."""
    shown = showcase.exhibit(seed, finding, bundle.hash, bundle)
    drawn = showcase.DRAWN[finding]
    is_clear = shown.label == NORMAL
    return {
        "kind": "phantom",
        "picture": shown.picture,
        "evidence": None if is_clear else viewer.evidence(shown.heatmap, (showcase.SIZE,) * 2, DEFAULT_COLORMAP),
        "name": f"A synthetic chest radiograph, drawn {drawn}",
        "where": wording.region_sentence(shown.heatmap),
        "headline": "Normal" if is_clear else "Pneumonia",
        "value": wording.percent(shown.probability),
        "share": shown.probability * 100,
        "sentence": showcase.sentence(shown).replace("**", ""),
        "caption": "A synthetic phantom, drawn by the computer. The colours show what moved the model.",
    }


def best(bundle: Bundle) -> dict[str, Any]:
    """The game, and its best of today on this server."""
    rows = [
        [str(rank), one.initials, str(one.points), f"{one.right} of 10"]
        for rank, one in enumerate(highscores().today()[:SHOWN], 1)
    ]
    return {
        "kind": "best",
        "headline": "You against the model",
        "sentence": "Ten phantoms, two minutes: pneumonia or not, how sure, and where?",
        "picture": showcase.exhibit(*GAME, bundle.hash, bundle).picture,
        "name": "A synthetic chest radiograph: is it normal?",
        "columns": ["#", "Who", "Points", "Right"],
        "rows": rows,
        "nobody": "Nobody has played yet today. Be the first.",
        "caption": "The best of today on this server: three letters each, gone at midnight (UTC).",
    }
