"""One visitor's game: its ten rounds, what was answered, and how long it took."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field

from pages.ui.game.cases import Case, prepare
from pages.ui.game.rounds import Round, deal
from pages.ui.game.scoring import Call, Outcome
from xray_model import LABELS, Bundle


@dataclass
class Match:
    """rounds: as dealt. outcomes: (the player's, the model's) for each round answered. is_open: the truth is on show.

    started: on the monotonic clock. seconds: how long the game took, 0 until it ends. entered: is in the highscores.
    """

    rounds: list[Round] = field(default_factory=lambda: deal(random.SystemRandom()))
    outcomes: list[tuple[Outcome, Outcome]] = field(default_factory=list)
    is_open: bool = False
    started: float = field(default_factory=time.monotonic)
    seconds: float = 0.0
    entered: bool = False

    @property
    def number(self) -> int:
        """Of the round on the board, from 0."""
        return len(self.outcomes) - self.is_open

    @property
    def is_over(self) -> bool:
        """Whether the last round's truth has been seen."""
        return self.number == len(self.rounds)

    @property
    def points(self) -> int:
        """The player's points so far."""
        return sum(mine.points for mine, _ in self.outcomes)

    def case(self, bundle: Bundle) -> Case:
        """The phantom on the board."""
        shown = self.rounds[self.number]
        return prepare(shown.seed, shown.finding, bundle.hash, bundle)

    def answer(self, call: Call, bundle: Bundle) -> None:
        """Take the player's answer to the round on the board, once, and open the truth."""
        if self.is_open or self.is_over:
            return
        case = self.case(bundle)
        self.outcomes.append((case.outcome(call), case.outcome(case.model)))
        self.is_open = True
        if len(self.outcomes) == len(self.rounds):
            self.seconds = time.monotonic() - self.started

    def go_on(self) -> None:
        """Leave the truth for the next round, or for the result."""
        self.is_open = False


def read_call(sent: dict) -> Call:
    """An answer as the browser sends it; raises ValueError for one that the board cannot have sent."""
    place = sent.get("place")
    call = Call(str(sent["label"]), float(sent["sure"]), place and (float(place[0]), float(place[1])))
    if call.label not in LABELS or not 0.5 <= call.sure <= 1 or not all(0 <= at <= 1 for at in call.place or ()):
        raise ValueError(f"no answer of the board's: {call}")
    return call
