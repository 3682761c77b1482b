"""A game against the bundled model: what it really gets wrong, an answer that counts once, the card."""

from __future__ import annotations

import io

import pytest
from PIL import Image

import xray_model
from pages.ui.game import result, share
from pages.ui.game.cases import prepare
from pages.ui.game.match import Match
from pages.ui.game.rounds import TRAPS, Round
from pages.ui.game.scoring import Call, tally
from tests.pages.conftest import open_page, text_of
from xray_model import NORMAL, PNEUMONIA


@pytest.fixture(scope="module")
def bundle():
    return xray_model.load_bundle()


@pytest.mark.parametrize(("seed", "finding"), TRAPS)
def test_the_model_really_gets_a_trap_wrong(seed, finding, bundle):
    case = prepare(seed, finding, bundle.hash, bundle)
    assert case.model.label != case.truth


def test_an_answer_counts_once_and_the_truth_is_measured_on_the_mask(bundle):
    trap = Round(*TRAPS[0], trap=True, hint=True)
    match = Match([trap, Round(12, "lobar")])
    trusting = Call(match.case(bundle).model.label, 0.9)
    match.answer(trusting, bundle)
    match.answer(trusting, bundle)
    assert (match.number, match.is_open, len(match.outcomes)) == (0, True, 1)
    assert "over-trust" in result.trap_sentence(match)
    match.go_on()
    rows, columns = match.case(bundle).mask.nonzero()
    match.answer(Call(PNEUMONIA, 1.0, (columns[0] / 448, rows[0] / 448)), bundle)
    assert match.seconds > 0
    match.go_on()
    assert match.is_over
    mine, models = (tally([pair[player] for pair in match.outcomes]) for player in (0, 1))
    assert (mine.right, mine.found, mine.ill) == (1, 1, 2)
    assert mine.points == -224 + 150
    assert models.right == 1
    assert result.calibration_sentence(mine).startswith("**Surer than right.**")
    assert Image.open(io.BytesIO(share.card(mine, models, 112))).size == share.SIZE
    assert share.clock(112) == "1 min 52 s"


def test_a_clear_chest_has_no_place_to_find(bundle):
    case = prepare(14, "none", bundle.hash, bundle)
    assert case.outline == []
    assert case.outcome(Call(NORMAL, 0.9, (0.5, 0.5))).points == 96


def test_the_page_explains_the_game_and_play_deals_it():
    app = open_page("pages/game.py")
    assert "Ten chests" in text_of(app)
    app.button(key="play").click().run()
    assert not app.exception
    assert "Ten chests" not in text_of(app)
    assert len(app.session_state["match"].rounds) == 10
