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
CLEAR = (
    6000000,
    6000001,
    6000002,
    6000004,
    6000006,
    6000007,
    6000008,
    6000009,
    6000012,
    6000014,
    6000017,
    6000019,
    6000021,
    6000025,
    6000029,
    6000030,
    6000032,
    6000033,
    6000034,
    6000035,
)
PLAIN = (
    (6000020, "lobar"),
    (6000161, "lobar"),
    (6000090, "patchy"),
    (6000102, "patchy"),
    (6000122, "patchy"),
    (6000163, "patchy"),
    (6000005, "interstitial"),
    (6000011, "interstitial"),
    (6000016, "interstitial"),
    (6000018, "interstitial"),
    (6000023, "interstitial"),
)
# Small or faint: less than 3 grey levels of opacity on average over the picture, or found to be hard.
SUBTLE_ONES = (
    (6000060, "patchy"),
    (6300058, "patchy"),
    (6000145, "lobar"),
    (7000056, "patchy"),
    (7000042, "lobar"),
    (7000074, "patchy"),
    (7000015, "lobar"),
    (7000075, "lobar"),
)
# Called wrong by the bundled model, as a test makes sure: `python -m tests.support.find_traps SEED` looks for more.
TRAPS = (
    (6100406, "patchy"),
    (6100486, "patchy"),
    (6100678, "lobar"),
    (6100786, "patchy"),
    (6100969, "interstitial"),
    (6100987, "patchy"),
)


def deal(rng: random.Random) -> list[Round]:
    """Ten rounds, half of them ill, in any order; the trap is one of `HINTS`."""
    trap = Round(*rng.choice(TRAPS), trap=True, hint=True)
    ill = ILL - (trap.finding != "none")
    dealt = [Round(*one) for one in rng.sample(SUBTLE_ONES, SUBTLE) + rng.sample(PLAIN, ill - SUBTLE)]
    dealt += [Round(seed, "none") for seed in rng.sample(CLEAR, ROUNDS - 1 - len(dealt))]
    rng.shuffle(dealt)
    dealt.insert(rng.choice(HINTS), trap)
    return [Round(one.seed, one.finding, one.trap, number in HINTS) for number, one in enumerate(dealt)]
