"""After ten rounds: who won, whether the player was as sure as right, and what the trap was."""

from __future__ import annotations

import streamlit as st

from pages.ui.game import play, share, start
from pages.ui.game.highscores import Score, highscores, initials
from pages.ui.game.match import Match
from pages.ui.game.scoring import Tally, tally
from pages.ui.shared import wording

CLOSE = 0.1  # between how sure and how right: with ten rounds, less than that is luck


def show(match: Match) -> None:
    """Draw the result, the card to take away and the highscores."""
    mine, models = (tally([pair[player] for pair in match.outcomes]) for player in (0, 1))
    figures, beside = st.columns([3, 2], gap="large")
    with figures:
        st.subheader(headline(mine, models), anchor=False)
        st.html(_table(match, mine, models))
        st.markdown(calibration_sentence(mine))
        st.markdown(trap_sentence(match))
        st.caption(
            "The model has learned from phantoms like these, and is at home here. On real films it is wrong more often."
        )
    with beside:
        with st.container(horizontal=True):
            st.button("Play again", icon=":material/replay:", type="primary", key="again", on_click=play.begin)
            st.download_button(
                "Card (PNG)",
                share.card(mine, models, match.seconds),
                "you-against-the-model.png",
                "image/png",
                icon=":material/download:",
                on_click="ignore",
            )
        if not match.entered:
            _ask_initials(match, mine)
        start.best()


def headline(mine: Tally, models: Tally) -> str:
    """Who won, in a few words."""
    if mine.points == models.points:
        return f"A draw: {mine.points} points each"
    winner = "You win" if mine.points > models.points else "The model wins"
    return f"{winner}, {max(mine.points, models.points)} to {min(mine.points, models.points)}"


def calibration_sentence(mine: Tally) -> str:
    """Whether the player was as sure as right."""
    facts = f"You were {wording.percent(mine.sure)} sure on average, and right in {mine.right} of {mine.rounds}."
    if mine.over_sure > CLOSE:
        return f"**Surer than right.** {facts}"
    if mine.over_sure < -CLOSE:
        return f"**Righter than sure.** {facts} You may trust yourself more."
    return f"**As sure as right.** {facts} That is called well calibrated."


def trap_sentence(match: Match) -> str:
    """What the trap was, and whether the player walked into it; empty should the model have got it right."""
    number = next(number for number, one in enumerate(match.rounds) if one.trap)
    mine, models = match.outcomes[number]
    if models.right:
        return ""
    told = f"In round {number + 1} the model spoke first, about a phantom chosen because the model gets it wrong."
    if mine.call.label == models.call.label:
        return f"**A trap.** {told} You answered as it did. Trusting it more than the picture is called over-trust."
    return f"**A trap.** {told} You kept your own judgement."


def _ask_initials(match: Match, mine: Tally) -> None:
    with st.form("initials", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        typed = st.text_input("Three letters for today's list", max_chars=3, key="letters", width=200)
        if st.form_submit_button("Enter"):
            highscores().add(Score(initials(typed), mine.points, mine.right))
            match.entered = True
            st.rerun(scope="fragment")


def _table(match: Match, mine: Tally, models: Tally) -> str:
    """HTML of both players' figures and rounds. Only numbers and our own words: nothing to escape."""
    rows: list[tuple[str, ...]] = [("", "You", "Model"), ("Points", f"{mine.points}", f"{models.points}")]
    rows += [("Right", *(f"{one.right} of {one.rounds}" for one in (mine, models)))]
    rows += [("Sure, on average", *(wording.percent(one.sure) for one in (mine, models)))]
    rows += [("Places found", *(f"{one.found} of {one.ill}" for one in (mine, models)))]
    rows += [("Time", share.clock(match.seconds), "under 1 s")]
    rows += [("Rounds", *("".join("✓" if pair[player].right else "✗" for pair in match.outcomes) for player in (0, 1)))]
    head = "<td></td>" + "".join(f'<th scope="col">{player}</th>' for player in rows[0][1:])
    body = "".join(
        f'<tr><th scope="row">{name}</th>' + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"
        for name, *cells in rows[1:]
    )
    return f'<table class="duel" data-testid="duel"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
