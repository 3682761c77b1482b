"""Racing several ways of doing the same thing on a machine that is never quite idle."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from statistics import median

ROUNDS = 30
TURN_SECONDS = 0.1  # how long one contestant runs in one round; a slow one runs at least once
WARM_CALLS = 2  # at the start of a turn: the processor's caches still hold the other contestants' weights

Rounds = dict[str, list[float]]


def race(contestants: dict[str, Callable[[], object]], rounds: int = ROUNDS, warm_calls: int = WARM_CALLS) -> Rounds:
    """Seconds a call for each contestant, the median of each round; the order is drawn anew in each round.

    A disturbance then strikes all of them alike, and the rounds can be compared in pairs.
    """
    order = list(contestants)
    shuffle = random.Random(0).shuffle
    result: Rounds = {name: [] for name in order}
    for _ in range(rounds):
        shuffle(order)
        for name in order:
            result[name].append(_turn(contestants[name], warm_calls))
    return result


def milliseconds(rounds: Rounds, name: str) -> float:
    """The contestant's median over all rounds."""
    return round(median(rounds[name]) * 1000, 3)


def ratio(rounds: Rounds, name: str, other: str) -> float:
    """How many times the other's time `name` takes: the median over rounds of the ratio within a round."""
    return round(median(mine / theirs for mine, theirs in zip(rounds[name], rounds[other], strict=True)), 3)


def _turn(call: Callable[[], object], warm_calls: int) -> float:
    for _ in range(warm_calls):
        call()
    times: list[float] = []
    while sum(times) < TURN_SECONDS:
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return median(times)
