"""The card to share: a game's figures as a PNG, without anything of the player but these."""

from __future__ import annotations

import io

from PIL import Image, ImageDraw, ImageFont

from pages.ui.game.scoring import Tally
from xray_model import NOTICE_SHORT

SIZE = (1200, 630)  # pixels: what messengers and social networks show whole
BACK, INK, DIM, YOU, MODEL = "#0e1319", "#e4eaf0", "#a9b4bf", "#7cc4f0", "#ffb454"


def card(mine: Tally, models: Tally, seconds: float) -> bytes:
    """Both players' points, and the player's figures, as the bytes of a PNG of `SIZE`."""
    picture = Image.new("RGB", SIZE, BACK)
    draw = ImageDraw.Draw(picture)
    _write(draw, (60, 48), "You against the model", 56, INK)
    _write(draw, (60, 122), "Pneumonia or not, on ten synthetic chest radiographs", 30, DIM)
    for left, name, one, colour in ((60, "You", mine, YOU), (640, "Model", models, MODEL)):
        _write(draw, (left, 200), name, 36, colour)
        _write(draw, (left, 240), f"{one.points}", 130, colour)
        _write(draw, (left, 395), f"{one.right} of {one.rounds} right, {one.sure:.0%} sure on average", 30, INK)
        _write(draw, (left, 440), f"{one.found} of {one.ill} places found", 30, INK)
    _write(draw, (60, 500), f"In {clock(seconds)}", 30, INK)
    _write(draw, (60, 565), f"{NOTICE_SHORT}.", 26, DIM)
    out = io.BytesIO()
    picture.save(out, "PNG", optimize=True)
    return out.getvalue()


def clock(seconds: float) -> str:
    """A time such as "1 min 52 s"."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def _write(draw: ImageDraw.ImageDraw, at: tuple[int, int], text: str, size: int, colour: str) -> None:
    draw.text(at, text, colour, ImageFont.load_default(size))
