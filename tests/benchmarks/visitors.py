"""Visitors at once, without browsers: memory of the server, seconds from an upload to its answer, and what went wrong.

Each opens Analyze, uploads a film every twenty seconds, moves a slider after each, and opens Augmentation. The films
are phantoms of 1024 pixels, no two alike, and every answer on every page is compared with the known one. Five of them
come twice more: beside somebody with archives of three hundred images, and beside a training run.
"""

from __future__ import annotations

import io
import tempfile
import zipfile
from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

import xray_model
from tests.support.crowd import Film, Report, distinct_films, play
from tests.support.peak_memory import watched_memory
from tests.support.server import running_server
from tests.support.tab import Tab

CROWDS = (1, 5, 20, 50)  # visitors
FILMS, EVERY = 3, 20.0  # of each visitor; seconds between two
ARCHIVE = 300  # images, as many as one visitor may open
HOST = 690  # MB, all that the smallest host gives
GOAL, SECONDS = 20, 2.0  # visitors whose answers come within so many seconds, nineteen in twenty of them
BESIDE = 5  # visitors beside whom something else happens
SOMEBODY, RUN = "beside somebody with 300 images", "beside a training run"


def measure_visitors(bundle: xray_model.Bundle, files: list[Path]) -> dict[str, Any]:
    """The figures of each crowd, on a server of its own."""
    pictures = [np.asarray(Image.open(file).convert("L")) for file in files]
    films = distinct_films(pictures, max(CROWDS) * FILMS, "jpg")
    found = {str(crowd): _measure(films, bundle, crowd) for crowd in CROWDS}
    found |= {
        f"{BESIDE}, {what}": _measure(films, bundle, BESIDE, beside)
        for what, beside in ((SOMEBODY, partial(_archives, films)), (RUN, _train))
    }
    return {"megabytes_asked": HOST, "seconds_asked": SECONDS, "crowds": found}


def _measure(
    films: list[Film],
    bundle: xray_model.Bundle,
    crowd: int,
    beside: Callable[[str], Coroutine[Any, Any, None]] | None = None,
) -> dict[str, Any]:
    own = [films[number * FILMS : (number + 1) * FILMS] for number in range(crowd)]
    with tempfile.TemporaryDirectory() as place, running_server(Path(place)) as server:
        with watched_memory(server) as memory:
            report = play(server.url, own, bundle, EVERY, beside)
        return _figures(report, max(memory), server.process.poll() is None)


async def _archives(films: list[Film], url: str) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for number in range(ARCHIVE):
            archive.writestr(f"{number:03d}.jpg", films[number % len(films)].data)
    async with Tab(url) as tab:
        await tab.open("analyze")
        while True:
            await tab.upload("films.zip", out.getvalue())
            await tab.open("")  # the first page: on the next visit the upload widget is empty
            await tab.open("analyze")
            await tab.press("Clear all")


async def _train(url: str) -> None:
    async with Tab(url) as tab:
        await tab.open("train")
        await tab.press("Start training")
        await tab.until(lambda: False)  # it watches, as people do, until the others have gone


def _figures(report: Report, megabytes: float, alive: bool) -> dict[str, Any]:
    return {
        "peak_megabytes": round(megabytes),
        "uploads": len(report.uploads),
        "seconds_p50": round(float(np.median(report.uploads)), 2),
        "seconds_p95": round(float(np.quantile(report.uploads, 0.95)), 2),
        "slider_seconds_p95": round(float(np.quantile(report.slides, 0.95)), 2),
        "page_seconds_p95": round(float(np.quantile(report.pages, 0.95)), 2),
        "told_a_place": report.waited,
        "wrong": report.wrong,
        "errors": report.errors,
        "alive": alive,
    }


def rows(figures: dict) -> list[tuple[str, str, str]]:
    """Lines of the table."""
    return [_row(crowd, found, figures) for crowd, found in figures["crowds"].items()]


def _row(name: str, found: dict, figures: dict) -> tuple[str, str, str]:
    trouble = len(found["wrong"]) + len(found["errors"]) + (not found["alive"])
    first, _, beside = name.partition(", ")
    crowd = int(first)
    return (
        f"{crowd} {'visitor' if crowd == 1 else 'visitors at once'}{', ' * bool(beside)}{beside}: peak memory (PSS); "
        "upload to answer, median and 95th percentile; answers that were wrong or missing",
        f"{found['peak_megabytes']} MB; {found['seconds_p50']} s, {found['seconds_p95']} s; "
        f"{trouble} of {found['uploads']}",
        f"≤ {figures['megabytes_asked']} MB; p95 ≤ {figures['seconds_asked']:g} s; none"
        if crowd <= GOAL and not beside
        else "none",
    )
