"""Before a game: the rules in three lines, and the best of the day."""

from __future__ import annotations

import streamlit as st

from pages.ui.game import play
from pages.ui.game.cases import prepare
from pages.ui.game.highscores import highscores
from pages.ui.game.rounds import EXAMPLE
from xray_model import Bundle


def show(bundle: Bundle) -> None:
    """Draw the rules beside a phantom, the button and the highscores."""
    rules, picture = st.columns([3, 2], gap="large")
    with rules:
        st.markdown(
            "Ten chests, drawn by the computer, about half with pneumonia. Each time:\n"
            "1. **Where?** Tap the place. Found: 50 points.\n"
            "2. **How sure?** From 50 % (a guess) to 100 %. Sure and right: 100 points. Sure and wrong: minus 300.\n"
            "3. **Pneumonia or normal?** Then you see the truth, and what the model said."
        )
        st.button("Play", icon=":material/play_arrow:", type="primary", key="play", on_click=play.begin)
        best()
    with picture:
        example = prepare(EXAMPLE.seed, EXAMPLE.finding, bundle.hash, bundle)
        st.html(f'<img class="game-example" alt="A synthetic phantom" src="{example.picture}">')


def best() -> None:
    """The best games of the day on this server."""
    scores = highscores().today()
    if scores:
        st.markdown("**Today's best on this server**")
        rows = "".join(
            f"<tr><td>{rank}</td><td>{one.initials}</td><td>{one.points}</td><td>{one.right} of 10</td></tr>"
            for rank, one in enumerate(scores, 1)
        )
        head = "<tr><th>#</th><th>Who</th><th>Points</th><th>Right</th></tr>"
        st.html(f'<table class="duel"><thead>{head}</thead><tbody>{rows}</tbody></table>')
