"""The game's arithmetic: what an answer is worth, and what ten of them say about a player."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xray_model import NORMAL, PNEUMONIA

FULL = 100  # points for an answer that is right and entirely sure
FOUND = 50  # points for a place that is right


@dataclass(frozen=True)
class Call:
    """One player's answer to one phantom.

    sure: that the label is right, in [0, 1]; 0.5 is a guess. place: (x, y) in [0, 1] from the picture's left and top.
    """

    label: str
    sure: float
    place: tuple[float, float] | None = None

    @property
    def probability(self) -> float:
        """What the answer says of PNEUMONIA."""
        return self.sure if self.label == PNEUMONIA else 1 - self.sure


@dataclass(frozen=True)
class Outcome:
    """A call beside the truth. found: whether the place is right; None where there is nothing to find."""

    call: Call
    truth: str
    found: bool | None

    @property
    def right(self) -> bool:
        """Whether the label is the true one."""
        return self.call.label == self.truth

    @property
    def answer_points(self) -> int:
        """100 - 400 (p - y)**2 for the probability p of PNEUMONIA, where y is 1 for PNEUMONIA and 0 for NORMAL.

        This is the Brier score (Brier, Monthly Weather Review 1950), turned so that a guess earns 0, a sure and right
        answer 100, a sure and wrong one -300. The score is strictly proper: whoever says what they believe earns most.
        """
        return round(FULL * (1 - 4 * (self.call.probability - (self.truth == PNEUMONIA)) ** 2))

    @property
    def place_points(self) -> int:
        """The place is paid whatever the label was, so that it gives no reason to call a phantom ill."""
        return FOUND if self.found else 0

    @property
    def points(self) -> int:
        """All points of the round."""
        return self.answer_points + self.place_points


@dataclass(frozen=True)
class Tally:
    """One player's game. accuracy, sure (mean), hit_rate: in [0, 1]; hit_rate over the phantoms with pneumonia."""

    points: int
    right: int
    rounds: int
    sure: float
    found: int
    ill: int

    @property
    def accuracy(self) -> float:
        """Share of the phantoms called right."""
        return self.right / self.rounds

    @property
    def over_sure(self) -> float:
        """How much surer the player was, on average, than right; negative for one who was less sure."""
        return self.sure - self.accuracy


def tally(outcomes: Sequence[Outcome]) -> Tally:
    """Add up the rounds of one player; there must be at least one."""
    return Tally(
        points=sum(outcome.points for outcome in outcomes),
        right=sum(outcome.right for outcome in outcomes),
        rounds=len(outcomes),
        sure=sum(outcome.call.sure for outcome in outcomes) / len(outcomes),
        found=sum(bool(outcome.found) for outcome in outcomes),
        ill=sum(outcome.truth != NORMAL for outcome in outcomes),
    )
