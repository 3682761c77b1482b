"""Many visitors at once, each with films of their own, and every answer on their pages compared with the known one."""

from __future__ import annotations

import asyncio
import io
import time
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from websockets.exceptions import WebSocketException

import xray_model
from pages.ui.shared import viewer, wording
from tests.support.tab import Tab

SLIDER = "How common is pneumonia among the people you photograph?"
PERCENT = 20  # where it is moved to
AUGMENTED = "sheet"  # the component with the draws
MOST_VISITORS, MOST_SECONDS = 60, 300.0
TROUBLE = (OSError, LookupError, StopIteration, AssertionError, TimeoutError, WebSocketException)


@dataclass(frozen=True)
class Film:
    """A file that a visitor uploads, with the answer that they must get."""

    name: str
    data: bytes

    @cached_property
    def radiograph(self) -> xray_model.Radiograph:
        """As it is decoded."""
        return xray_model.Radiograph.from_bytes(self.data)

    @cached_property
    def picture(self) -> str:
        """As the page shows it."""
        return viewer.encode(self.radiograph)

    def probability(self, bundle: xray_model.Bundle, percent: int | None = None) -> float:
        """The answer at a prevalence, None for the card's."""
        key = (bundle.hash, percent)
        if key not in self._answers:
            share = None if percent is None else percent / 100
            self._answers[key] = xray_model.analyze(self.radiograph, bundle, None, share).prediction.probability
        return self._answers[key]

    @cached_property
    def _answers(self) -> dict[tuple[str, int | None], float]:
        return {}


@dataclass
class Report:
    """What a crowd met. Seconds: of each upload, move of the slider and page, until the page was complete."""

    uploads: list[float] = field(default_factory=list)
    slides: list[float] = field(default_factory=list)
    pages: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    waited: int = 0  # visitors who were told a place in the queue


def distinct_films(pictures: Sequence[NDArray[np.uint8]], count: int, suffix: str = "png") -> list[Film]:
    """`count` films from fewer pictures: each further round of them is a little darker, so that its answers differ."""
    films = []
    for number in range(count):
        out, darker = io.BytesIO(), 1 - 0.05 * (number // len(pictures))
        pixels = np.rint(pictures[number % len(pictures)] * darker).astype(np.uint8)
        Image.fromarray(pixels).save(out, {"jpg": "jpeg"}.get(suffix, suffix), quality=92)
        films.append(Film(f"film-{number:03d}.{suffix}", out.getvalue()))
    return films


def play(
    url: str,
    films: Sequence[Sequence[Film]],
    bundle: xray_model.Bundle,
    every: float,
    beside: Callable[[str], Coroutine[Any, Any, None]] | None = None,
) -> Report:
    """Each visitor opens Analyze, uploads a film every so many seconds, moves a slider, and opens Augmentation.

    films: those of each visitor. They come one after the other, spread over the first `every` seconds. beside: what
    somebody else does at the server's address meanwhile, until the others have gone.
    """
    assert len(films) <= MOST_VISITORS
    for film in (film for own in films for film in own):  # known before anybody comes
        film.probability(bundle)
        film.probability(bundle, PERCENT)
        assert film.picture
    report = Report()

    async def all_of_them() -> None:
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(len(films) + 1))
        other = asyncio.create_task(beside(url)) if beside else None
        async with asyncio.timeout(MOST_SECONDS):
            coming = (_visit(url, own, bundle, every, i * every / len(films), report) for i, own in enumerate(films))
            await asyncio.gather(*coming)
        if other:
            report.errors += _end(other)

    with ThreadPoolExecutor(1) as own:  # a thread that has no event loop, whatever other tests have left in this one
        own.submit(lambda: asyncio.run(all_of_them())).result()
    return report


async def _visit(
    url: str, films: Sequence[Film], bundle: xray_model.Bundle, every: float, comes: float, report: Report
) -> None:
    await asyncio.sleep(comes)
    try:
        async with Tab(url) as tab:
            report.pages.append(await _timed(tab.open("analyze")))
            for number in range(1, len(films) + 1):
                began = time.perf_counter()
                report.uploads.append(await _timed(tab.upload(films[number - 1].name, films[number - 1].data)))
                _compare(tab, films[:number], bundle, None if number == 1 else PERCENT, report)
                report.slides.append(await _timed(tab.slide(SLIDER, PERCENT)))
                _compare(tab, films[:number], bundle, PERCENT, report)
                await asyncio.sleep(max(0.0, every - (time.perf_counter() - began)))
            report.waited += any("served first" in text for text in tab.seen)
            report.pages.append(await _timed(tab.open("augmentation")))
            if not (tab.component(AUGMENTED) or {}).get("pictures"):
                report.wrong.append("the Augmentation page has no draws")
    except TROUBLE as error:
        report.errors.append(f"{type(error).__name__}: {error}")


def _end(other: asyncio.Task[None]) -> list[str]:
    """Break off what somebody else does; why it ended before, if it failed."""
    if not other.done():
        other.cancel()
        return []
    return [repr(error)] if (error := other.exception()) else []


async def _timed(work: Coroutine[Any, Any, None]) -> float:
    began = time.perf_counter()
    await work
    return time.perf_counter() - began


def _compare(tab: Tab, films: Sequence[Film], bundle: xray_model.Bundle, percent: int | None, report: Report) -> None:
    """Note what the page shows and should not: the likeliest film's answer and picture, and the list of all."""
    report.errors += tab.errors()
    known = {film.name: wording.percent(film.probability(bundle, percent)) for film in films}
    first = max(films, key=lambda film: film.probability(bundle))
    shown = (tab.component("viewer") or {}).get("film") or {}
    rows = {row["name"]: row["percent"] for row in (tab.component("worklist") or {}).get("rows", [])}
    found = {
        "name": (shown.get("name"), first.name),
        "picture": (shown.get("radiograph"), first.picture),
        "probability": (tab.part("probability"), known[first.name]),
        "list": (rows, known if len(known) > 1 else {}),
    }
    for what, (seen, expected) in found.items():
        if seen != expected:
            report.wrong.append(f"{what}: {str(seen)[:80]} instead of {str(expected)[:80]}")
