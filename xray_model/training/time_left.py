"""How long a run will still take: its plan, corrected by how long things took so far."""

from __future__ import annotations

import time

from xray_model.recipes.config import TrainingConfig
from xray_model.recipes.costs import plan

FASTEST, SLOWEST = 0.5, 20.0  # how far a machine may be from the plan
LEAST = 2.0  # seconds of the plan, or of work: less says nothing of the machine


class TimeLeft:
    """The clock of a run in one process, from its first phase on. `idle` tells it of time in which nothing was done.

    An epoch is expected to last as long as those of its phase did, or, before there is one, as the plan says; what is
    yet to come is expected to be slower than planned by as much as what was done.
    """

    def __init__(self, config: TrainingConfig, images: int) -> None:
        self._config, self._images, self._plan = config, images, plan(config, images)
        self._spent, self._planned = 0.0, 0.0  # seconds of what was done, and the plan's
        self._lasted: dict[int, list[float]] = {}  # phase -> seconds of its epochs
        self.begin()

    def begin(self) -> None:
        """Something begins: an epoch, or what comes before the first one of a phase."""
        self._began, self._before, self._last = time.monotonic(), 0, 0

    def idle(self, seconds: float) -> None:
        """Do not count these last seconds: the run was paused."""
        self._began += seconds

    def computing(self, phase: int, done: int) -> float:
        """Seconds left when so many images of a set are computed that the phase computes once, set by set."""
        if done < self._last:
            self._before += self._last  # another set
        self._last = done
        share, (once, _) = min(1.0, (self._before + done) / self._images), self._plan.phases[phase]
        lasted = time.monotonic() - self._began
        whole = lasted / share if lasted > LEAST and share > 0.1 else once * self._slower
        if share == 1:
            self._note(lasted, once)
        return (1 - share) * whole + self._epochs(phase, self._config.phases[phase].epochs) + self._later(phase)

    def within_epoch(self, phase: int, epochs_done: int) -> float:
        """Seconds left within an epoch, of which so many of the phase are done."""
        lasted, whole = time.monotonic() - self._began, self._epochs(phase, 1)
        left = self._config.phases[phase].epochs - epochs_done - 1
        return max(0.0, whole - lasted) + self._epochs(phase, left) + self._later(phase)

    def epoch_done(self, phase: int, epochs_done: int) -> float:
        """Seconds left after an epoch, the last of so many of the phase."""
        lasted = time.monotonic() - self._began
        self._lasted.setdefault(phase, []).append(lasted)
        waited = lasted < 1.2 * self._config.pace  # for the pace: that says nothing of the machine
        if len(self._lasted[phase]) > 1 and not waited:  # nor does the first one, which prepares the network
            self._note(lasted, self._plan.phases[phase][1])
        return self._epochs(phase, self._config.phases[phase].epochs - epochs_done) + self._later(phase)

    def finishing(self, share: float) -> float:
        """Seconds left when this share, in [0, 1], of what follows the last epoch is done."""
        return (1 - share) * self._plan.finish * self._slower

    @property
    def _slower(self) -> float:
        if self._planned < LEAST and self._spent < LEAST:
            return 1.0
        return min(SLOWEST, max(FASTEST, self._spent / max(self._planned, 1e-6)))

    def _note(self, lasted: float, planned: float) -> None:
        self._spent, self._planned = self._spent + lasted, self._planned + planned

    def _epochs(self, phase: int, count: int) -> float:
        """Of so many epochs. The first one of a phase, which prepares the network, is an upper bound while it is alone,
        and does not count later."""
        known = self._lasted.get(phase, [])
        each = max(self._config.pace, self._plan.phases[phase][1] * self._slower)
        if len(known) == 1:
            each = min(known[0], each) if self._planned else known[0]
        elif known:
            latest = known[1:][-3:]
            each = sum(latest) / len(latest)
        return max(0, count) * each

    def _later(self, phase: int) -> float:
        """The phases after this one, and the end."""
        phases = list(zip(self._plan.phases, self._config.phases, strict=True))[phase + 1 :]
        learning = sum(
            once * self._slower + coming.epochs * max(self._config.pace, each * self._slower)
            for (once, each), coming in phases
        )
        return learning + self.finishing(0.0)
