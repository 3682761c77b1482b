"""The phantoms of the game, and how ten of them are dealt."""

from __future__ import annotations

import random
from dataclasses import dataclass

ROUNDS = 10
ILL = 5  # of the ten
SUBTLE = 2  # of the ill ones
HINTS = (6, 7, 8)  # rounds, from 0, in which the model speaks first; one of them is the trap


@dataclass(frozen=True)
class Round:
    """A phantom to be dealt. trap: one that the model gets wrong. hint: the model's answer is shown first."""

    seed: int
    finding: str
    trap: bool = False
    hint: bool = False


EXAMPLE = Round(12, "lobar")
CLEAR = (6000001,)
PLAIN = ((6000002, "lobar"),)
SUBTLE_ONES = ((6000067, "interstitial"),)
TRAPS = ((6000060, "patchy"),)


def deal(rng: random.Random) -> list[Round]:
    """Ten rounds, half of them ill, in any order; the trap is one of `HINTS`."""
    trap = Round(*rng.choice(TRAPS), trap=True, hint=True)
    ill = ILL - (trap.finding != "none")
    dealt = [Round(*one) for one in rng.sample(SUBTLE_ONES, SUBTLE) + rng.sample(PLAIN, ill - SUBTLE)]
    dealt += [Round(seed, "none") for seed in rng.sample(CLEAR, ROUNDS - 1 - len(dealt))]
    rng.shuffle(dealt)
    dealt.insert(rng.choice(HINTS), trap)
    return [Round(one.seed, one.finding, one.trap, number in HINTS) for number, one in enumerate(dealt)]
