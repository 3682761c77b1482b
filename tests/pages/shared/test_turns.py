"""The queue that visitors share: who is served when, and what they are told."""

import threading

import pytest

from pages.ui.shared import turns
from pages.ui.shared.turns import Turns
from tests.support.server import wait_for


def test_a_visitor_with_many_images_takes_turns_with_the_others():
    queue, served = Turns(1), []

    def visit(name: str, images: int) -> None:
        for _ in range(images):
            with queue.turn():
                served.append(name)

    visitors = [threading.Thread(target=visit, args=who) for who in (("many", 6), ("one", 1), ("one", 1))]
    with queue.turn():  # until all of them wait
        for place, visitor in enumerate(visitors, start=1):
            visitor.start()
            wait_for(lambda place=place: len(queue._line) == place, "the visitor")
    for visitor in visitors:
        visitor.join()
    assert served == ["many", "one", "one", *["many"] * 5]


def test_who_waits_is_told_the_place_and_who_leaves_keeps_nobody_waiting(monkeypatch):
    monkeypatch.setattr(turns, "PATIENCE", 0.01)
    queue, told, served = Turns(1), [], []

    class Gone(Exception):
        pass

    def leave(place: int) -> None:
        told.append(place)
        raise Gone

    def stay() -> None:
        with queue.turn(told.append):
            served.append("stayed")

    with queue.turn():
        with pytest.raises(Gone), queue.turn(leave):
            served.append("left")
        waiting = threading.Thread(target=stay)
        waiting.start()
        wait_for(lambda: told == [1, 1], "the place")
        with pytest.raises(Gone), queue.turn(leave):
            served.append("left")
        assert told == [1, 1, 2]
    waiting.join(10)
    assert served == ["stayed"]
    with queue.turn():
        pass
