"""The arithmetic of the game, the dealing, the highscores."""

from __future__ import annotations

import datetime
import random

import numpy as np
import pytest

from pages.ui.game.highscores import KEPT, NOBODY, Highscores, Score, initials
from pages.ui.game.match import read_call
from pages.ui.game.rounds import CLEAR, HINTS, ILL, PLAIN, ROUNDS, SUBTLE_ONES, TRAPS, deal
from pages.ui.game.scoring import Call, Outcome, tally
from xray_model import FINDINGS, NORMAL, PNEUMONIA


def points(label: str, sure: float, truth: str) -> int:
    return Outcome(Call(label, sure), truth, None).answer_points


def test_a_guess_is_worth_nothing_and_being_sure_and_wrong_costs_three_times_what_being_right_earns():
    assert points(PNEUMONIA, 0.5, NORMAL) == points(NORMAL, 0.5, NORMAL) == 0
    assert points(PNEUMONIA, 1.0, PNEUMONIA) == points(NORMAL, 1.0, NORMAL) == 100
    assert points(PNEUMONIA, 1.0, NORMAL) == points(NORMAL, 1.0, PNEUMONIA) == -300
    assert points(NORMAL, 0.8, NORMAL) == 84


@pytest.mark.parametrize("belief", [0.55, 0.7, 0.9])
def test_whoever_says_what_they_believe_earns_most(belief):
    said = np.round(np.arange(0.5, 1.001, 0.05), 2)
    right, wrong = ([points(PNEUMONIA, sure, truth) for sure in said] for truth in (PNEUMONIA, NORMAL))
    expected = belief * np.array(right) + (1 - belief) * np.array(wrong)
    assert said[expected.argmax()] == belief


def test_the_tally_says_how_much_surer_than_right_somebody_was():
    outcomes = [
        Outcome(Call(PNEUMONIA, 0.9, (0.2, 0.2)), PNEUMONIA, True),
        Outcome(Call(NORMAL, 0.7, (0.2, 0.2)), PNEUMONIA, True),  # the place is paid all the same
        Outcome(Call(PNEUMONIA, 0.8), NORMAL, None),
        Outcome(Call(NORMAL, 1.0), PNEUMONIA, False),
    ]
    found = tally(outcomes)
    assert (found.right, found.rounds, found.found, found.ill) == (1, 4, 2, 3)
    assert found.points == 96 + 50 - 96 + 50 - 156 - 300
    assert found.over_sure == pytest.approx(0.85 - 0.25)


def test_ten_rounds_are_dealt_half_of_them_ill_with_one_trap_that_the_model_speaks_first_in():
    everything = [*((seed, "none") for seed in CLEAR), *PLAIN, *SUBTLE_ONES, *TRAPS]
    assert len({seed for seed, _ in everything}) == len(everything)
    assert {finding for _, finding in everything} <= set(FINDINGS)
    for seed in range(30):
        dealt = deal(random.Random(seed))
        assert len({one.seed for one in dealt}) == len(dealt) == ROUNDS
        assert sum(one.finding != "none" for one in dealt) == ILL
        assert [number for number, one in enumerate(dealt) if one.hint] == list(HINTS)
        (trap,) = (one for one in dealt if one.trap)
        assert trap.hint


@pytest.mark.parametrize(
    "sent",
    [
        {"label": "ILL", "sure": 0.8, "place": None},
        {"label": NORMAL, "sure": 0.4, "place": None},
        {"label": NORMAL, "sure": float("nan"), "place": None},
        {"label": NORMAL, "sure": 0.8, "place": [0.5, 1.2]},
    ],
)
def test_what_the_board_cannot_send_is_refused(sent):
    with pytest.raises(ValueError, match="no answer"):
        read_call(sent)


def test_highscores_are_few_sorted_and_gone_the_next_day():
    scores, day = Highscores(), datetime.date(2026, 3, 1)
    for number in range(2 * KEPT):
        scores.add(Score("ABC", number, 5), day)
    assert [one.points for one in scores.today(day)] == list(range(2 * KEPT - 1, KEPT - 1, -1))
    assert scores.today(day + datetime.timedelta(days=1)) == []


def test_initials_are_three_letters_and_nothing_else():
    assert initials("a b-c9d") == "ABC"
    assert {initials("<b>"), initials(""), initials("42"), initials("kkk"), initials("äöü")} == {NOBODY}
