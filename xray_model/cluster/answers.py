"""Answers for files, computed on a cluster: only rows and a few numbers come back, never a picture."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

from xray_model.bundles.bundle import Bundle, load_bundle
from xray_model.bundles.folders import WEIGHTS
from xray_model.cluster.places import Place, read_place
from xray_model.cluster.spread import spread
from xray_model.errors import InvalidBundle
from xray_model.imaging.sandbox import decoders
from xray_model.inference.analyze import Analysis
from xray_model.inference.batch import UNREADABLE, NoAnswer, answer_file, table_row
from xray_model.inference.evaluate import Outcome

LOST = NoAnswer(UNREADABLE, "The processes that tried to answer the image were lost. Export it again.")


@dataclass(frozen=True)
class SentBundle:
    """What a machine needs to open its own copy of a bundle: a name or folder, and the cards that it must have."""

    place: str
    card: str
    finder: str

    @classmethod
    def of(cls, bundle: Bundle) -> SentBundle:
        """A bundle in `weights/` goes by its name, as installations lie in different folders; any other by its path."""
        folder = bundle.folder.resolve()
        return cls(folder.name if folder.parent == WEIGHTS.resolve() else str(folder), *_cards(bundle))


TWO = 2  # files that a process has in work: one is with its decoder while the other goes through the network
_turn = threading.Lock()


def opened(sent: SentBundle) -> Bundle:
    """This process's copy, with one thread; raises `InvalidBundle` if this machine has another one of that name."""
    with _turn:
        return _opened(sent)


@cache
def _opened(sent: SentBundle) -> Bundle:
    bundle = load_bundle(sent.place, threads=1)
    if (sent.card, sent.finder) != _cards(bundle):
        raise InvalidBundle(
            f"A machine of the cluster has another bundle {bundle.name}, or another lung finder. "
            "Install the same version of this package on all machines."
        )
    return bundle


def _cards(bundle: Bundle) -> tuple[str, str]:
    return bundle.card.to_json(), bundle.finder.card.to_json() if bundle.finder else ""


@dataclass(frozen=True)
class Question:
    """What is asked of each file."""

    bundle: SentBundle
    operating_point: str | None = None
    prevalence: float | None = None


def rows(
    places: Sequence[Place], bundle: Bundle, operating_point: str | None = None, prevalence: float | None = None
) -> Iterator[dict[str, str]]:
    """A row of the table for each file, in order, as `table_row` writes it."""
    question = Question(SentBundle.of(bundle), operating_point, prevalence)
    return spread(partial(_row, question), map(_named, places), _lost_row, threads=TWO)


def outcomes(places: Sequence[Place], bundle: Bundle) -> Iterator[Outcome]:
    """What `evaluate_outcomes` measures of each file, in order."""
    question = Question(SentBundle.of(bundle))
    return spread(partial(_outcome, question), map(_named, places), _lost_outcome, threads=TWO)


def each_number(work: Callable[[Bundle, int], Any], bundle: Bundle, numbers: Iterable[int]) -> Iterator[Any]:
    """`work(bundle, number)` for each number, in order; each process has a bundle of its own."""
    return spread(partial(_number, work, SentBundle.of(bundle)), numbers, at_once=1)


def _number(work: Callable[[Bundle, int], Any], sent: SentBundle, number: int) -> Any:
    return work(opened(sent), number)


def _named(place: Place) -> tuple[str, Place]:
    """What a file is called in the table, and where any machine finds it."""
    return str(place), place.absolute() if isinstance(place, Path) else place


def _row(question: Question, file: tuple[str, Place]) -> dict[str, str]:
    return table_row(file[0], _answer(question, file))


def _lost_row(file: tuple[str, Place]) -> dict[str, str]:
    return table_row(file[0], LOST)


def _outcome(question: Question, file: tuple[str, Place]) -> Outcome:
    return Outcome.of(_answer(question, file))


def _lost_outcome(_: tuple[str, Place]) -> Outcome:
    return Outcome.of(LOST)


def _answer(question: Question, file: tuple[str, Place]) -> Analysis | NoAnswer:
    name, place = file
    read = partial(read_place, place)
    return answer_file(
        name, read, decoders(TWO), opened(question.bundle), question.operating_point, question.prevalence
    )
