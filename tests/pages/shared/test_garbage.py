"""Garbage is looked for after some work and at rest, and not after every run of a page."""

import gc
import weakref

import pytest
import streamlit as st

from pages.ui.shared import garbage


class Clock:
    """Seconds of work, as a test says."""

    def __init__(self) -> None:
        self.seconds = 10.0

    def __call__(self) -> float:
        return self.seconds


class Knot:
    """Holds itself, so that only a search finds that nobody else does."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def slow(clock, monkeypatch):
    """A search takes a second."""

    def collect() -> int:
        clock.seconds += 1
        return 0

    monkeypatch.setattr(gc, "collect", collect)


def test_after_some_work_it_finds_what_holds_itself(clock):
    collector, knot = garbage.Collector(clock), weakref.ref(Knot())
    assert not collector.look()
    clock.seconds += 1
    assert collector.look()
    assert knot() is None
    assert not collector.look()


@pytest.mark.usefixtures("slow")
def test_looking_takes_a_fifth_of_the_work(clock):
    collector, looks = garbage.Collector(clock), 0
    for _ in range(100):
        clock.seconds += 0.9  # of each second
        looks += collector.look()
    assert 0.8 * garbage.SHARE < looks / 90 <= garbage.SHARE


@pytest.mark.usefixtures("slow")
def test_what_a_last_visitor_leaves_is_found_at_rest_and_nothing_after_that(clock):
    collector = garbage.Collector(clock)
    clock.seconds += 1
    assert collector.look()
    clock.seconds += 0.5
    assert not collector.look()
    looks = []
    for _ in range(10):
        clock.seconds += 0.001
        looks.append(collector.look())
    assert looks == [True] + [False] * 9


def test_streamlit_leaves_it_to_this():
    assert st.get_option("runner.postScriptGC") is False
