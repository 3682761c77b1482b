"""Visitors at once, without browsers: memory of the server, seconds from an upload to its answer, and what went wrong.

Each opens Analyze, uploads a film every twenty seconds, moves a slider after each, and opens Augmentation. The films
are phantoms of 1024 pixels, no two alike, and every answer on every page is compared with the known one.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

import xray_model
from tests.support.crowd import Report, distinct_films, play
from tests.support.peak_memory import watched_memory
from tests.support.server import running_server

CROWDS = (1, 5, 20, 50)  # visitors
FILMS, EVERY = 3, 20.0  # of each visitor; seconds between two
HOST = 690  # MB, all that the smallest host gives
GOAL, SECONDS = 20, 2.0  # visitors whose answers come within so many seconds, nineteen in twenty of them


def measure_visitors(bundle: xray_model.Bundle, files: list[Path]) -> dict[str, Any]:
    """The figures of each crowd, on a server of its own."""
    pictures = [np.asarray(Image.open(file).convert("L")) for file in files]
    films = distinct_films(pictures, max(CROWDS) * FILMS, "jpg")
    found = {}
    for crowd in CROWDS:
        own = [films[number * FILMS : (number + 1) * FILMS] for number in range(crowd)]
        with tempfile.TemporaryDirectory() as place, running_server(Path(place)) as server:
            with watched_memory(server) as memory:
                report = play(server.url, own, bundle, EVERY)
            found[str(crowd)] = _figures(report, max(memory), server.process.poll() is None)
    return {"megabytes_asked": HOST, "seconds_asked": SECONDS, "crowds": found}


def _figures(report: Report, megabytes: float, alive: bool) -> dict[str, Any]:
    return {
        "peak_megabytes": round(megabytes),
        "uploads": len(report.uploads),
        "seconds_p50": round(float(np.median(report.uploads)), 2),
        "seconds_p95": round(float(np.quantile(report.uploads, 0.95)), 2),
        "slider_seconds_p95": round(float(np.quantile(report.slides, 0.95)), 2),
        "page_seconds_p95": round(float(np.quantile(report.pages, 0.95)), 2),
        "wrong": report.wrong,
        "errors": report.errors,
        "alive": alive,
    }


def rows(figures: dict) -> list[tuple[str, str, str]]:
    """Lines of the table."""
    return [_row(int(crowd), found, figures) for crowd, found in figures["crowds"].items()]


def _row(crowd: int, found: dict, figures: dict) -> tuple[str, str, str]:
    trouble = len(found["wrong"]) + len(found["errors"]) + (not found["alive"])
    return (
        f"{crowd} {'visitor' if crowd == 1 else 'visitors at once'}: peak memory (PSS); upload to answer, median and "
        "95th percentile; answers that were wrong or missing",
        f"{found['peak_megabytes']} MB; {found['seconds_p50']} s, {found['seconds_p95']} s; "
        f"{trouble} of {found['uploads']}",
        f"≤ {figures['megabytes_asked']} MB; p95 ≤ {figures['seconds_asked']:g} s; none" if crowd <= GOAL else "none",
    )
