"""The time that a run still takes: steady while the run is as planned, right once the run is slower than planned."""

from __future__ import annotations

from itertools import pairwise

import pytest

from xray_model.recipes.config import Phase, TrainingConfig
from xray_model.recipes.costs import Plan
from xray_model.training import time_left
from xray_model.training.time_left import TimeLeft

CONFIG = TrainingConfig("MobileNetV2", phases=(Phase("head", 2, 1e-3), Phase("fine-tune", 10, 1e-4)), pace=0.0)
PLAN = Plan(((10.0, 1.0), (10.0, 4.0)), 8.0)  # 70 seconds
IMAGES = 400


class Clock:
    """Time that a test turns on."""

    now = 0.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch) -> Clock:
    found = Clock()
    monkeypatch.setattr(time_left, "time", found)
    monkeypatch.setattr(time_left, "plan", lambda *_: PLAN)
    return found


def told(clock: Clock, slower: float, trace: float = 0.0, pause: float = 0.0) -> list[tuple[float, float]]:
    """(time, seconds left) at every moment that a run would tell, `slower` times slower than planned. trace: what the
    first batch of a phase takes more. pause: in the middle of an epoch."""
    left, moments = TimeLeft(CONFIG, IMAGES), []

    def tell(seconds: float) -> None:
        moments.append((clock.now, seconds))

    for phase, (once, each) in enumerate(PLAN.phases):
        left.begin()
        for images in (80, 320):
            for done in range(16, images + 1, 16):
                clock.now += slower * once * 16 / IMAGES
                tell(left.computing(phase, done))
        for epoch in range(CONFIG.phases[phase].epochs):
            left.begin()
            clock.now += 0.0 if epoch else trace
            for batch in range(20):
                clock.now += slower * each / 20
                if pause and (phase, epoch, batch) == (1, 4, 10):
                    clock.now += pause
                    left.idle(pause)
                tell(left.within_epoch(phase, epoch))
            tell(left.epoch_done(phase, epoch + 1))
    for step in range(4):
        tell(left.finishing(step / 4))
        clock.now += slower * PLAN.finish / 4
    return moments


def test_a_run_as_planned_is_told_to_the_second(clock):
    assert all(seconds == pytest.approx(70 - now, abs=0.6) for now, seconds in told(clock, 1.0))


@pytest.mark.parametrize("slower", [0.5, 3.0, 8.0])
def test_a_slower_or_faster_machine_is_known_after_a_fifth_of_what_comes_first(clock, slower):
    moments = told(clock, slower)
    end = clock.now
    for now, seconds in moments[len(moments) // 10 :]:
        assert seconds == pytest.approx(end - now, rel=0.15, abs=0.05 * end)


def test_the_first_batch_of_a_phase_which_takes_long_throws_it_off_by_less_than_half(clock):
    moments = told(clock, 1.0, trace=6.0)
    end = clock.now
    assert all(0.5 * (end - now) - 4 < seconds < 1.6 * (end - now) + 4 for now, seconds in moments)
    jumps = [after[1] - before[1] for before, after in pairwise(moments)]
    assert max(jumps) < 0.35 * end, "12 seconds are not followed by 18 minutes"


def test_a_pause_does_not_count(clock):
    moments = told(clock, 1.0, pause=600.0)
    assert max(seconds for _, seconds in moments) < 75
    assert moments[-1][1] == pytest.approx(PLAN.finish / 4, abs=0.5)
