"""The population check: a linear score that flags outsiders, and few of its own."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pytest

from xray_model.evaluation.population import ALARM, PopulationCheck, fit_population_check


def people(seed: int, n: int, shift: float = 0.0) -> np.ndarray:
    """(n, 6) features of very different spread, of which two tell outsiders."""
    rng = np.random.default_rng(seed)
    offset = np.array([shift, shift, 0, 0, 0, 0])
    return (rng.normal(0, 1, (n, 6)) + offset) * [1, 50, 0.01, 1, 1, 1] + [0, 300, 0, 5, 0, 0]


@pytest.fixture(scope="module")
def check() -> PopulationCheck:
    return fit_population_check(people(1, 600), people(2, 90, 3.0), people(3, 400))


def flagged(check: PopulationCheck, features: np.ndarray) -> float:
    return float(np.mean([check.is_outside(one) for one in features]))


def test_new_outsiders_are_flagged_and_new_insiders_are_not(check):
    assert flagged(check, people(4, 400, 3.0)) > 0.9
    assert flagged(check, people(5, 400)) < 2.5 * ALARM


def test_the_alarm_is_set_on_the_held_out(check):
    assert flagged(check, people(3, 400)) == pytest.approx(ALARM, abs=1 / 400)


def test_people_that_cannot_be_told_apart_do_not_raise_more_alarm():
    check = fit_population_check(people(1, 300), people(2, 300), people(3, 400))
    assert flagged(check, people(4, 2000)) == pytest.approx(ALARM, abs=0.02)


def test_both_sides_weigh_the_same_whatever_their_number():
    """A tenth of the outsiders moves the middle between both sides by little."""
    many, few = (fit_population_check(people(1, 600), people(2, n, 3.0), people(3, 400)) for n in (600, 60))
    insiders, outsiders = people(4, 2000), people(5, 2000, 3.0)
    for check in (many, few):
        middle = (check.score(insiders).mean() + check.score(outsiders).mean()) / 2
        assert abs(middle) < 0.15 * (check.score(outsiders).mean() - check.score(insiders).mean())


def test_rank_is_the_share_of_the_held_out_that_is_less_unusual(check):
    held_out = people(3, 400)
    order = np.argsort(check.score(held_out))
    for share in (0.1, 0.5, 0.9):
        assert check.rank(held_out[order[int(share * 400)]]) == pytest.approx(share, abs=0.01)
    assert check.rank(people(6, 1, 30.0)[0]) == 1.0
    assert check.rank(people(6, 1, -30.0)[0]) == 0.0


def test_whoever_is_flagged_is_more_unusual_than_the_others(check):
    some = people(7, 300, 1.5)
    flags, ranks = [check.is_outside(one) for one in some], [check.rank(one) for one in some]
    assert 30 < sum(flags) < 270
    assert min(rank for rank, flag in zip(ranks, flags, strict=True) if flag) >= 1 - ALARM - 1e-6
    assert max(rank for rank, flag in zip(ranks, flags, strict=True) if not flag) <= 1 - ALARM + 1e-6


def test_the_score_is_linear_and_plain_numbers_say_it_all(check):
    again = PopulationCheck(**asdict(check))
    some = people(8, 5, 1.0)
    assert again.score(some) == pytest.approx(check.score(some))
    assert all(isinstance(value, float) for value in (*check.weights, *check.quantiles, check.bias, check.threshold))
    mean = some.mean(axis=0)
    assert float(check.score(mean)) == pytest.approx(float(check.score(some).mean()))
